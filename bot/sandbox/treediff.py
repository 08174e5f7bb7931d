"""Which files differ between two trees, without a process: only folders that differ are read."""

from bot.sandbox.objects import Objects
from bot.sandbox.shapes import TreeEntry


def diff_trees(objects: Objects, old: str | None, new: str | None, prefix: str = "") -> dict[str, str]:
    """Path -> `added`, `removed` or `modified`, of files; None stands for an empty tree."""
    before, after = _by_name(objects, old), _by_name(objects, new)
    found: dict[str, str] = {}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was and now and (was.sha, was.mode) == (now.sha, now.mode):
            continue
        found |= diff_trees(objects, _folder(was), _folder(now), f"{prefix}{name}/")
        if status := _status(was, now):
            found[prefix + name] = status
    return found


def _status(was: TreeEntry | None, now: TreeEntry | None) -> str | None:
    held, holds = (entry is not None and entry.type != "tree" for entry in (was, now))
    if held and holds:
        return "modified"
    return "added" if holds else "removed" if held else None


def _folder(entry: TreeEntry | None) -> str | None:
    return entry.sha if entry and entry.type == "tree" else None


def _by_name(objects: Objects, sha: str | None) -> dict[str, TreeEntry]:
    return {entry.path: entry for entry in objects.read_tree(sha)} if sha else {}
