"""The built-in MongoDB and Redis, and the configuration of what supervises everything."""
