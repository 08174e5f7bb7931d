"""Decide what to commit. No I/O.

`plan_publish` renders the whole desired state of a site and compares it with what is there: nothing
changed, or one commit. It never asks what happened: a lost event costs time, not correctness.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot import decisions as decisionsfile
from bot import lock as lockfile
from bot.catalog import Catalog
from bot.clients import Problem
from bot.decisions import Decisions
from bot.lock import Lock
from bot.records import Cause, DecisionRequest, Record
from bot.records.blobs import blob_id
from bot.source.changed import ChangedBytes, judge_changed, keep_removed
from bot.source.codec import render_source
from bot.source.diff import Change, ChangeKind, diff_documents, merge_changes
from bot.source.due import next_due
from bot.source.gate import Gated, gate_outputs, shown_icons
from bot.source.let_through import find_gates
from bot.source.listing import view_of
from bot.source.message import build_body, build_subject
from bot.source.model import Source
from bot.source.requested import Requested, apply_requests
from bot.source.select import name_apps
from bot.source.site import SiteContext
from bot.source.staging import Stage
from bot.source.waiting import Wait, is_waiting

Current = Mapping[str, bytes | str | None]  # by path: the bytes, or the git blob's SHA-1, or None: not there


@dataclass(frozen=True, slots=True)
class _Outcome:
    records: tuple[Record, ...]  # those that differ from what was given: their verdict, or their app's id
    rejected: tuple[Record, ...]  # of these, the newly rejected: to be told where the developer looks
    problems: tuple[Problem, ...]  # no record is to blame: to be told to the maintainer
    missing_icons: tuple[str, ...]  # `IconFile.path`s that are neither in the tree nor at hand
    changed_bytes: tuple[ChangedBytes, ...] = ()  # published versions with other bytes: an alarm each
    waiting: tuple[Wait, ...] = ()  # the versions that wait anew: to be announced
    due: float | None = None  # seconds since 1970: when all this changes by time alone


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
    were published, let through and staged. `current` has an entry for the lock, every output and every icon
    that is in the tree. `icons` are pictures at hand, by `IconFile.path`. `now` is in seconds since 1970. The
    outcome is the same for any order of `records`. `requests` are made on the decisions, which are then part
    of the commit.
    """
    requested = apply_requests(decisions, requests, now)
    judged, changed_bytes = judge_changed(catalog, name_apps(catalog, _sorted(records), site), lock)
    gated = _gate(site, (catalog, requested.decisions.active(now)), judged, lock, now)
    desired = _render(catalog, gated, lock, requested)
    pictures, missing = _icons(catalog, gated, current, icons)
    files = {path: data for path, data in desired.items() if not _same(current.get(path), data)} | pictures
    changed, rejected = _compared(records, gated.records)
    waiting, held = _new_waits(records, gated.waits), {wait.record.key: wait.record for wait in gated.waits}
    changed_bytes = tuple(replace(c, record=held.get(c.record.key, c.record)) for c in changed_bytes)
    due = next_due(catalog, gated.records, requested.decisions, now)
    outcome = changed, rejected, gated.problems, missing, changed_bytes, waiting, due
    if not files:
        return Unchanged(*outcome)
    changes = _changes(catalog, gated, current, files)
    words = _say(changes, rejected, requested.made, [wait.record for wait in waiting], causes)
    return Commit(*outcome, files, *words, requested.made)


def _say(
    changes: Sequence[Change], rejected: Sequence[Record], made: Sequence[DecisionRequest],
    waiting: Sequence[Record], causes: Sequence[Cause],
) -> tuple[str, str, tuple[str, ...]]:  # fmt: skip
    """The commit's subject, its body, and the sentences of what changes: decisions first."""
    told = (*(request.sentence for request in made), *(change.sentence for change in changes))
    sentences = tuple(dict.fromkeys(told))
    body = build_body(sentences, rejected, causes, made, waiting)
    return build_subject(changes, rejected, made, waiting), body, sentences


def _gate(
    site: SiteContext, decided: tuple[Catalog, Decisions], records: Sequence[Record], lock: Lock | None,
    now: float,
) -> Gated:  # fmt: skip
    """What may be published now, and where; the decisions are those in force."""
    catalog, decisions = decided
    gates = find_gates(catalog, lock, now)
    stage = Stage(catalog, gates.lines, decisions, now)
    adopted = lock.adopted if lock else ()
    gated = gate_outputs(catalog, stage.divide(records), adopted, site, decisions, gates=gates)
    return replace(gated, records=stage.settle(gated.records))


def _render(
    catalog: Catalog, gated: Gated, lock: Lock | None, requested: Requested
) -> dict[str, bytes | None]:
    """The outputs, the lock, and the decisions where they are changed."""
    adopted, removed = lock.adopted if lock else (), keep_removed(catalog, lock, gated.records)
    locked = Lock(records=gated.records, adopted=adopted, removed=removed)
    desired = {path: render_source(built.source) if built else None for path, built in gated.built.items()}
    desired[lockfile.PATH] = lockfile.render_lock(locked)
    if requested.made:
        desired[decisionsfile.PATH] = decisionsfile.render_decisions(requested.decisions)
    return desired


def _sorted(records: Sequence[Record]) -> list[Record]:
    """The lock's order, so that the outcome does not depend on the order of arrival."""
    return sorted(records, key=lambda record: (record.repository_id, record.asset_id))


def _same(current: bytes | str | None, desired: bytes | None) -> bool:
    if isinstance(current, str):
        return desired is not None and current == blob_id(desired)
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
    """The records that changed, and the newly rejected among them; what waits is not rejected."""
    old = {record.key: record for record in before}
    changed = tuple(record for record in after if record != old[record.key])
    refused = [r for r in changed if not r.verdict.accepted and not is_waiting(r.verdict)]
    return changed, tuple(r for r in refused if r.verdict != old[r.key].verdict)


def _new_waits(before: Sequence[Record], waits: Sequence[Wait]) -> tuple[Wait, ...]:
    """Those that did not wait for the same until now."""
    old = {record.key: record.verdict.code for record in before}
    return tuple(wait for wait in waits if wait.record.verdict.code != old[wait.record.key])


def _changes(
    catalog: Catalog, gated: Gated, current: Current, files: Mapping[str, bytes | None]
) -> list[Change]:
    """What readers of the outputs will notice, over all outputs."""
    by_path: dict[str, list[Change]] = {output.path: [] for output in catalog.outputs}
    for path, built in gated.built.items():
        if path in files:
            old = current.get(path)
            new = built.source if built else Source(name="", apps=[])
            found = diff_documents(old if isinstance(old, bytes) else None, new)
            by_path[path] = found if built else [c for c in found if c.kind is ChangeKind.REMOVED]
    views = {view_of(output) for output in catalog.outputs}
    return merge_changes(by_path, named=len(views) > 1)
