"""What `git diff-tree --raw --numstat -z` says, as values. No I/O."""

from dataclasses import dataclass, replace

_STATUS = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed", "C": "copied"}


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a difference, in GitHub's words."""

    path: str
    status: str  # "added", "removed", "modified", "renamed", "changed", "copied"
    sha: str  # of the blob: the new one, or the removed one
    additions: int = 0  # lines; 0 for a binary file
    deletions: int = 0
    previous_path: str | None = None


def parse_changes(raw: bytes) -> list[Change]:
    """The changes in git's order; `raw` holds first all `:` records, then all line counts."""
    words = raw.decode("utf-8", "replace").split("\0")
    found: dict[str, Change] = {}
    at = 0
    while at < len(words) and words[at]:
        if words[at].startswith(":"):
            change, at = _parse_record(words, at)
            found[change.path] = change
        else:
            added, deleted, path = words[at].split("\t", 2)
            at += 1
            if not path:  # of a rename: both paths follow
                path, at = words[at + 1], at + 2
            found[path] = replace(found[path], additions=_count(added), deletions=_count(deleted))
    return list(found.values())


def _parse_record(words: list[str], at: int) -> tuple[Change, int]:
    _, _, old, new, status = words[at].split(" ")
    kind = status[0]
    if kind in "RC":
        return Change(words[at + 2], _STATUS[kind], new, previous_path=words[at + 1]), at + 3
    return Change(words[at + 1], _STATUS.get(kind, "modified"), old if kind == "D" else new), at + 2


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 0  # "-" for a binary file
