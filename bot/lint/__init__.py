"""What `altpress lint` says about a document, and what it repairs. No I/O."""
