"""Chat commands: the grammar, and one module a command. No I/O but through the ports handed in."""
