"""What `scripts/deploy` is made of; Python's standard library alone."""
