"""Setting altpress up, and finding out what is not set up right. No I/O.

`files` and `plan` turn a repository's releases into apps of a catalog, and `draft` writes it; `findings`,
`rights` and `checks` say what is well, and what to do about the rest.
"""
