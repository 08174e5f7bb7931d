"""What `scripts/smoke` is made of; Python's standard library alone."""
