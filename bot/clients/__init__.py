"""How each client reads a source. No I/O."""
