"""Commit objects <-> values. No I/O."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.sandbox.shapes import CommitObject, Signature

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<seconds>-?\d+) (?P<zone>[+-]\d{4})")


def parse_commit(sha: str, data: bytes) -> CommitObject:
    """A commit object's bytes; headers that GitHub's JSON does not show (`gpgsig`, …) are left out."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    headers = [line.split(" ", 1) for line in head.split("\n") if " " in line]
    values = {name: value for name, value in headers if name}
    return CommitObject(
        sha=sha,
        tree=values["tree"],
        parents=tuple(value for name, value in headers if name == "parent"),
        author=_parse_person(values["author"]),
        committer=_parse_person(values["committer"]),
        message=message.removesuffix("\n"),
    )


def render_commit(
    tree: str, parents: Sequence[str], author: Signature, committer: Signature, message: str
) -> bytes:
    """A commit object's bytes."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_render_person(author)}", f"committer {_render_person(committer)}", "", message]
    return "\n".join(lines).encode("utf-8", "replace")


def _parse_person(line: str) -> Signature:
    found = _PERSON.fullmatch(line)
    if not found:
        return Signature(line, "", "1970-01-01T00:00:00Z")
    when = datetime.fromtimestamp(int(found["seconds"]), UTC)
    return Signature(found["name"], found["email"], when.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _render_person(person: Signature) -> str:
    name = re.sub(r"[<>\n\0]", "", person.name).strip() or "unknown"
    email = re.sub(r"[<>\n\0 ]", "", person.email)
    when = datetime.fromisoformat(person.date)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return f"{name} <{email}> {int(when.timestamp())} {when.strftime('%z')[:5]}"
