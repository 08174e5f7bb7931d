"""What a source is, and how it is built, compared and planned. No I/O."""
