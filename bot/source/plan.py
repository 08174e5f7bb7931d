"""Decide what to commit. No I/O.

`plan_publish` renders the whole desired state of a site and compares it with what is there: nothing
changed, or one commit. It never asks what happened: a lost event costs time, not correctness.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot import decisions as decisionsfile
from bot import lock as lockfile
from bot.catalog import Catalog
from bot.clients import Problem
from bot.decisions import Decisions
from bot.lock import Lock
from bot.records import Cause, DecisionRequest, Record
from bot.source.changed import ChangedBytes, judge_changed, keep_removed
from bot.source.codec import render_source
from bot.source.diff import Change, ChangeKind, diff_documents
from bot.source.gate import Gated, gate_outputs, shown_icons
from bot.source.message import build_body, build_subject
from bot.source.model import Source
from bot.source.requested import apply_requests
from bot.source.site import SiteContext

Current = Mapping[str, bytes | str | None]  # by path: the bytes, or the git blob's SHA-1, or None: not there


@dataclass(frozen=True, slots=True)
class _Outcome:
    records: tuple[Record, ...]  # those that differ from what was given: their verdict, or their app's id
    rejected: tuple[Record, ...]  # of these, the newly rejected: to be told where the developer looks
    problems: tuple[Problem, ...]  # no record is to blame: to be told to the maintainer
    missing_icons: tuple[str, ...]  # `IconFile.path`s that are neither in the tree nor at hand
    changed_bytes: tuple[ChangedBytes, ...] = ()  # published versions with other bytes: an alarm each


@dataclass(frozen=True, slots=True)
class Unchanged(_Outcome):
    """All files are as they should be."""


@dataclass(frozen=True, slots=True)
class Commit(_Outcome):
    """One commit: `files` by path, None removes one. `body` ends with the trailers."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    subject: str = ""
    body: str = ""
    changes: tuple[str, ...] = ()  # what was decided among them
    decided: tuple[DecisionRequest, ...] = ()  # the requests that it holds

    @property
    def message(self) -> str:
        return f"{self.subject}\n\n{self.body}\n" if self.body else f"{self.subject}\n"


def plan_publish(
    *,
    site: SiteContext,
    catalog: Catalog,
    decisions: Decisions,
    records: Sequence[Record],
    lock: Lock | None,
    current: Current,
    icons: Mapping[str, bytes],
    causes: Sequence[Cause],
    now: float,
    requests: Sequence[DecisionRequest] = (),
) -> Unchanged | Commit:
    """What to commit to the site.

    `records` is all that is known of the site's assets. Of `lock` what was adopted is read, and which bytes
    were published. `current`
    has an entry for the lock, every output and every icon that is in the tree. `icons` are pictures at hand,
    by `IconFile.path`. `now` is in seconds since 1970. The outcome is the same for any order of `records`.
    `requests` are made on the decisions, which are then part of the commit.
    """
    adopted = lock.adopted if lock else ()
    requested = apply_requests(decisions, requests, now)
    judged, changed_bytes = judge_changed(catalog, _sorted(records), lock)
    gated = gate_outputs(catalog, judged, adopted, site, requested.decisions.active(now))
    removed = keep_removed(catalog, lock, gated.records)
    outputs = {path: render_source(built.source) if built else None for path, built in gated.built.items()}
    desired: dict[str, bytes | None] = {
        **outputs,
        lockfile.PATH: lockfile.render_lock(Lock(records=gated.records, adopted=adopted, removed=removed)),
    }
    if requested.made:
        desired[decisionsfile.PATH] = decisionsfile.render_decisions(requested.decisions)
    pictures, missing = _icons(catalog, gated, current, icons)
    files = {path: data for path, data in desired.items() if not _same(current.get(path), data)} | pictures
    changed, rejected = _compared(records, gated.records)
    if not files:
        return Unchanged(changed, rejected, gated.problems, missing, changed_bytes)
    changes = _changes(gated, current, files)
    made = requested.made
    told = (*(request.sentence for request in made), *(change.sentence for change in changes))
    sentences = tuple(dict.fromkeys(told))
    subject = build_subject(changes, rejected, made)
    body = build_body(sentences, rejected, causes, made)
    return Commit(
        changed, rejected, gated.problems, missing, changed_bytes, files, subject, body, sentences, made
    )


def blob_sha(data: bytes) -> str:
    """Git's name for a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _sorted(records: Sequence[Record]) -> list[Record]:
    """The lock's order, so that the outcome does not depend on the order of arrival."""
    return sorted(records, key=lambda record: (record.repository_id, record.asset_id))


def _same(current: bytes | str | None, desired: bytes | None) -> bool:
    if isinstance(current, str):
        return desired is not None and current == blob_sha(desired)
    return current == desired


def _icons(
    catalog: Catalog, gated: Gated, current: Current, icons: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """New pictures that the published documents show, and those that nobody has."""
    wanted = shown_icons(catalog, gated)
    absent = {path: name for path, name in sorted(wanted.items()) if current.get(path) is None}
    found = {path: icons[name] for path, name in absent.items() if name in icons}
    return found, tuple(name for path, name in absent.items() if path not in found)


def _compared(
    before: Sequence[Record], after: Sequence[Record]
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """The records that changed, and the newly rejected among them."""
    old = {record.key: record for record in before}
    changed = tuple(record for record in after if record != old[record.key])
    return changed, tuple(r for r in changed if not r.verdict.accepted and r.verdict != old[r.key].verdict)


def _changes(gated: Gated, current: Current, files: Mapping[str, bytes | None]) -> list[Change]:
    """What readers of the outputs will notice, over all outputs."""
    changes: list[Change] = []
    for path, built in gated.built.items():
        if path in files:
            old = current.get(path)
            new = built.source if built else Source(name="", apps=[])
            found = diff_documents(old if isinstance(old, bytes) else None, new)
            changes += found if built else [c for c in found if c.kind is ChangeKind.REMOVED]
    return list(dict.fromkeys(changes))
