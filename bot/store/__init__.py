"""MongoDB: one module a collection."""
