"""Commit objects <-> values. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<seconds>-?\d+) (?P<zone>[+-]\d{4})")


@dataclass(frozen=True, slots=True)
class Person:
    """An author or committer line; `date` in ISO 8601, as GitHub shows it (UTC)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


def parse_commit(sha: str, data: bytes) -> Commit:
    """A commit object's bytes; headers that GitHub's JSON does not show (`gpgsig`, …) are left out."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    headers = [line.split(" ", 1) for line in head.split("\n") if " " in line]
    values = {name: value for name, value in headers if name}
    return Commit(
        sha=sha,
        tree=values["tree"],
        parents=tuple(value for name, value in headers if name == "parent"),
        author=_parse_person(values["author"]),
        committer=_parse_person(values["committer"]),
        message=message.removesuffix("\n"),
    )


def render_commit(
    tree: str, parents: Sequence[str], author: Person, committer: Person, message: str
) -> bytes:
    """A commit object's bytes."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_render_person(author)}", f"committer {_render_person(committer)}", "", message]
    return "\n".join(lines).encode("utf-8", "replace")


def _parse_person(line: str) -> Person:
    found = _PERSON.fullmatch(line)
    if not found:
        return Person(line, "", "1970-01-01T00:00:00Z")
    when = datetime.fromtimestamp(int(found["seconds"]), UTC)
    return Person(found["name"], found["email"], when.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _render_person(person: Person) -> str:
    name = re.sub(r"[<>\n\0]", "", person.name).strip() or "unknown"
    email = re.sub(r"[<>\n\0 ]", "", person.email)
    when = datetime.fromisoformat(person.date)
    when = when if when.tzinfo else when.replace(tzinfo=timezone(timedelta()))
    return f"{name} <{email}> {int(when.timestamp())} {when.strftime('%z')[:5]}"
