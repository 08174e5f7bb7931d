"""A small GitHub on your own machine: real HTTP, real git repositories; for trying and testing."""
