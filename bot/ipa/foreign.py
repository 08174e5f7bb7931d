"""What a file is that is no zip archive, told by its first bytes. No I/O."""

HEAD = 512  # bytes that are looked at

_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"{")
_KINDS = (
    (b"PK\3\4", "it is cut off, and its end is missing"),
    (b"PK\7\x08", "it is one part of several"),
    (b"version https://git-lfs", "it is a pointer of Git LFS, not the file that this names"),
    (b"Rar!\x1a\7", "it is a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive"),
    (b"\x1f\x8b", "it is packed with gzip"),
    (b"BZh", "it is packed with bzip2"),
    (b"\xfd7zXZ", "it is packed with xz"),
    (b"\x28\xb5\x2f\xfd", "it is packed with zstd"),
    (b"!<arch>\ndebian", "it is a Debian package"),
    (b"xar!", "it is a package for macOS"),
    (b"AA01", "it is an Apple Archive"),
    (b"\xcf\xfa\xed\xfe", "it is an executable"),
    (b"\xca\xfe\xba\xbe", "it is an executable"),
    (b"MZ", "it is an executable for Windows"),
)


def describe_foreign(head: bytes) -> str:
    """A clause such as "it is a RAR archive"; `head` are the first bytes of the file."""
    if not head:
        return "it is empty"
    for magic, told in _KINDS:
        if head.startswith(magic):
            return told
    if head[257:262] == b"ustar":
        return "it is a tar archive"
    if head.lstrip().lower().startswith(_PAGES):
        return "it is a web page or another text, perhaps an error message"
    return "it has no directory"
