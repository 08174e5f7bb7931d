"""The words of a commit. No I/O.

Foreign text in a commit can do things on GitHub: `[skip ci]` stops Pages, `fixes #1` closes issues (as does
`fixes https://…/issues/1`), `@name` calls people, a line of its own could pass for a trailer. So all of it
is one line, and defused. `bot/source/history.py` reads it backwards.
"""

import re
from collections.abc import Collection, Sequence

from bot.records import Cause, CauseKind, DecisionRequest, Record
from bot.source.diff import Change, ChangeKind
from bot.source.text import clean_line

SUBJECT_LIMIT = 72
MAX_LISTED = 50
MAX_IDS = 10  # deliveries in one line
MAX_TRAILERS = 100  # of each kind
_BECAUSE, _REFUSED, _WAITING = "Because of:", "Not published:", "Not published yet:"
_WORDS = {ChangeKind.ADDED: "Publish", ChangeKind.REMOVED: "Remove", ChangeKind.CHANGED: "Update"}


def build_subject(
    changes: Sequence[Change], rejected: Sequence[Record], decided: Sequence[DecisionRequest] = (),
    waiting: Sequence[Record] = (),
) -> str:  # fmt: skip
    """`Publish Acme 1.2.0 and 3 more`; what was added leads, then what was removed, then the rest.

    Beside a version only versions are counted: that an app's icon came along is for the body to say. What
    was decided leads all of that (`Yank Acme 1.2.0`), and only other decisions and new versions are counted.
    """
    if decided:
        titles = list(dict.fromkeys(request.title for request in decided))
        added = {c.what for c in changes if c.version and c.kind is ChangeKind.ADDED}
        others = len(titles) - 1 + len({what for what in added if not any(what in title for title in titles)})
        return _bounded(defuse(titles[0]), f" and {others} more" if others else "")
    ranks = list(_WORDS)
    ordered = sorted(changes, key=lambda c: (ranks.index(c.kind), not c.version))
    if not ordered:
        quiet = [("Reject", rejected), ("Wait with", waiting)]
        told = next((f"{word} {defuse(_label(found[0]))}" for word, found in quiet if found), None)
        return _bounded(told) if told else "Update the lock"
    lead = ordered[0]
    others = len({c.what for c in changes if c.version >= lead.version} - {lead.what, "the source"})
    return _bounded(f"{_WORDS[lead.kind]} {defuse(lead.what)}", f" and {others} more" if others else "")


def build_body(
    changes: Sequence[str], rejected: Sequence[Record], causes: Sequence[Cause],
    decided: Sequence[DecisionRequest] = (), waiting: Sequence[Record] = (),
) -> str:  # fmt: skip
    """What changed, what was refused, what waits, why it was looked at; then the trailers."""
    parts = [_list("", [defuse(change, 300) for change in changes])]
    refused = [f"{defuse(_label(r))}: {defuse(r.verdict.reason, 300)}" for r in rejected]
    parts.append(_list(f"{_REFUSED}\n", refused))
    parts.append(_list(f"{_WAITING}\n", [defuse(r.verdict.reason, 300) for r in waiting]))
    parts.append(_list(f"{_BECAUSE}\n", _because(causes)))
    parts.append("\n".join(_trailers(causes, decided)))
    return "\n\n".join(part for part in parts if part)


def defuse(text: str | None, limit: int = 100) -> str:
    """Foreign text as one line without effect on GitHub."""
    line = clean_line(text, limit).replace("[", "(").replace("]", ")")
    return re.sub(
        r"#(?=\d)|(?i:\bGH-)(?=\d)|(?<!\w)@(?=\w)|:(?=//)",
        lambda found: found[0] + "\N{ZERO WIDTH SPACE}",
        line,
    )


def _bounded(text: str, end: str = "") -> str:
    room = SUBJECT_LIMIT - len(end)
    return (text if len(text) <= room else text[: room - 1].rstrip() + "…") + end


def _list(title: str, lines: Sequence[str]) -> str:
    shown = [f"- {line}" for line in lines[:MAX_LISTED]]
    if len(lines) > MAX_LISTED:
        shown.append(f"- and {len(lines) - MAX_LISTED} more")
    return title + "\n".join(shown) if shown else ""


def _label(record: Record) -> str:
    version = record.facts.version if record.facts else record.tag
    return f"{record.app} {version}"


def _because(causes: Sequence[Cause]) -> list[str]:
    """A line a cause, with the beginnings of the deliveries that brought it; the trailers have them whole."""
    told: dict[str, list[str]] = {}
    for cause in causes:
        ids = told.setdefault(_cause(cause), [])
        guid = short_id(_token(cause.delivery)) if cause.delivery else _token(cause.origin)
        if guid and guid not in ids[:MAX_IDS]:
            ids.append(guid)
    return [f"{line} ({', '.join(ids[:MAX_IDS])})" if ids else line for line, ids in told.items()]


def short_id(guid: str) -> str:
    """The beginning of a delivery's GUID, as people are shown it."""
    return guid[:8]


def describe_cause(cause: Cause) -> str:
    """What happened, as plain text that may hold foreign words: neither defused nor escaped."""
    where = f"{cause.repository or ''}{'@' + cause.tag if cause.tag else ''}"
    return {
        CauseKind.RELEASE: f"release {where}",
        CauseKind.CATALOG: "the catalog",
        CauseKind.COMMAND: f"the command {cause.text or ''}",
        CauseKind.SWEEP: "a comparison with GitHub",
        CauseKind.TIME: "a time that has come",
        CauseKind.PULL: cause.text or "a pull request",
    }[cause.kind]


def _cause(cause: Cause) -> str:
    """One line: what happened, by whom, where to look."""
    by = f" by {cause.actor}" if cause.actor else ""
    url = f": {_token(cause.url)}" if cause.url else ""
    return f"{defuse(describe_cause(cause) + by, 200)}{url}"


def _trailers(causes: Sequence[Cause], decided: Sequence[DecisionRequest]) -> list[str]:
    """`Altpress-Cause` (their kinds), `-Decision`, `-Delivery`, `-Release`: each once, sorted, counted."""
    kinds = {cause.kind.value for cause in causes}
    deliveries = {_token(cause.delivery) for cause in causes if cause.delivery}
    releases = {_token(f"{c.repository}@{c.tag}") for c in causes if c.repository and c.tag}
    origins = {_token(cause.origin) for cause in causes if cause.origin}
    requests = {_token(request.id) for request in decided}
    found = {"Cause": kinds, "Decision": requests, "Delivery": deliveries, "Origin": origins}
    found["Release"] = releases
    return [line for name, values in found.items() for line in _trailer(f"Altpress-{name}", values)]


def _trailer(name: str, values: Collection[str]) -> list[str]:
    lines = [f"{name}: {value}" for value in sorted(values)[:MAX_TRAILERS]]
    more = len(values) - len(lines)
    return lines + ([f"{name}: and {more} more"] if more else [])


def names_cause(message: str, cause: Cause) -> bool:
    """Whether a commit's message says that it was made because of this, among others."""
    lines = frozenset(message.splitlines())
    if cause.delivery:  # two deliveries of one release are told in the same words
        return f"Altpress-Delivery: {_token(cause.delivery)}" in lines
    said = f"- {_cause(cause)}"
    return _BECAUSE in lines and any(line == said or line.startswith(f"{said} (") for line in lines)


def names_request(message: str, request_id: str) -> bool:
    """Whether a commit's message says that it holds this decision."""
    return f"Altpress-Decision: {_token(request_id)}" in message.splitlines()


def _token(text: str | None) -> str:
    """A word of printable ASCII: an id, an address, a tag."""
    return "".join(c if "!" <= c <= "~" and c not in "[]" else "_" for c in clean_line(text, 500).strip())
