"""Everything that can go wrong, at once: `make chaos`."""
