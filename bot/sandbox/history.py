"""What `git diff-tree --raw --numstat -z` says, as values. No I/O."""

from dataclasses import replace

from bot.sandbox.shapes import FileChange

_STATUS = {"A": "added", "D": "removed"}  # all else is "modified": no renames are looked for


def parse_changes(raw: bytes) -> list[FileChange]:
    """The changes in git's order; `raw` holds first all `:` records, then all line counts."""
    words = raw.decode("utf-8", "replace").split("\0")
    found: dict[str, FileChange] = {}
    at = 0
    while at < len(words) and words[at]:
        if words[at].startswith(":"):
            found[words[at + 1]] = _parse_record(words[at], words[at + 1])
            at += 2
        else:
            added, deleted, path = words[at].split("\t", 2)
            found[path] = replace(found[path], additions=_count(added), deletions=_count(deleted))
            at += 1
    return list(found.values())


def _parse_record(record: str, path: str) -> FileChange:
    _, _, old, new, status = record.split(" ")
    return FileChange(path, _STATUS.get(status[0], "modified"), old if status[0] == "D" else new)


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 0  # "-" for a binary file
