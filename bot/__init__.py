"""altpress: turns GitHub releases into AltStore sources, by itself."""

__version__ = "0.1.0"
