"""How this installation differs from another."""
