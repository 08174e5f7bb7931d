"""Other bytes under a version that is published already. No I/O.

What was published is read from the lock at the head that is committed on, so the answer is the same after the
loss of every database: its accepted lines, and those that it keeps of files that are gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog
from bot.lock import Lock, Removed
from bot.records import ACCEPTED, Record, Verdict
from bot.source.allowed import was_listed
from bot.source.select import reopen
from bot.source.waiting import is_waiting

CODE = "changed_bytes"
MOST_REMOVED = 50  # lines of an app that the lock keeps of files that are gone: the newest
_Version = tuple[str, str, str]  # app, version, build


@dataclass(frozen=True, slots=True)
class ChangedBytes:
    """A file whose version was published with other bytes."""

    record: Record  # the new file, with its verdict
    before: Removed  # what was published
    app: App

    @property
    def refused(self) -> bool:
        return not self.record.verdict.accepted and not self.waits

    @property
    def waits(self) -> bool:
        """At a gate of the app's: neither the new bytes nor the old ones are published."""
        return is_waiting(self.record.verdict)


def judge_changed(
    catalog: Catalog, records: Sequence[Record], lock: Lock | None
) -> tuple[list[Record], tuple[ChangedBytes, ...]]:
    """The records with verdicts by their app's rule, and what is new to the lock and worth an alarm."""
    published = _published(lock) if lock else {}
    lines = {line.key: line for line in lock.records} if lock else {}
    apps = {app.id.lower(): app for app in catalog.apps}
    judged: list[Record] = []
    changes: list[ChangedBytes] = []
    for record in records:
        app = apps.get(record.app.lower())
        new = record if app is None else _reconsider(app, record, lines.get(record.key))
        before = None if app is None else _find_other(published, lines, new)
        if app is not None and before is not None:
            new = _refuse(new, before) if app.changed_files == "refuse" else new
            changes.append(ChangedBytes(new, before, app))
        judged.append(new)
    return judged, tuple(changes)


def keep_removed(catalog: Catalog, lock: Lock | None, records: Iterable[Record]) -> tuple[Removed, ...]:
    """The lock's lines for files that are gone: one a version that no file here is published with."""
    if lock is None:
        return ()
    here = {record.key: record for record in records}
    listed = {_version(record) for record in here.values() if record.verdict.accepted and record.facts}
    gone = [*lock.removed, *(_line(line) for line in lock.records if _was_published(line))]
    newest: dict[_Version, Removed] = {}
    for line in sorted(gone, key=lambda line: line.asset_id):
        if line.key not in here and (line.app, line.version, line.build) not in listed:
            newest[line.app, line.version, line.build] = line
    by_app: dict[str, list[Removed]] = {app.id: [] for app in catalog.apps}
    for line in sorted(newest.values(), key=lambda line: -line.asset_id):
        by_app.get(line.app, []).append(line)
    return tuple(line for lines in by_app.values() for line in lines[:MOST_REMOVED])


def _reconsider(app: App, record: Record, line: Record | None) -> Record:
    """A refusal holds as long as the app's rule, also one that only the lock tells of (a publish died)."""
    if record.verdict.code == CODE:
        return record if app.changed_files == "refuse" else record.model_copy(update={"verdict": ACCEPTED})
    refused = line is not None and line.verdict.code == CODE and _same_bytes(_line(line), record)
    if refused and line is not None and app.changed_files == "refuse":
        return record.model_copy(update={"verdict": line.verdict})
    return record


def _find_other(
    published: Mapping[_Version, Sequence[Removed]], lines: Mapping[str, Record], record: Record
) -> Removed | None:
    """What the record's version was published with, when that was something else."""
    if record.facts is None or not reopen(record).verdict.accepted:
        return None
    line = lines.get(record.key)
    if line is not None and line.facts is not None and _same_bytes(_line(line), record):
        return None  # the lock knows it
    known = published.get(_version(record), ())
    return known[-1] if known and not any(_same_bytes(one, record) for one in known) else None


def _published(lock: Lock) -> dict[_Version, list[Removed]]:
    found: dict[_Version, list[Removed]] = {}
    lines = [*lock.removed, *(_line(line) for line in lock.records if _was_published(line))]
    for line in sorted(lines, key=lambda line: line.asset_id):
        found.setdefault((line.app, line.version, line.build), []).append(line)
    return found


def _was_published(line: Record) -> bool:
    """Also what is only out of sight was."""
    return line.facts is not None and was_listed(line.verdict)


def _version(record: Record) -> _Version:
    assert record.facts is not None
    return record.app, record.facts.version, record.facts.build_version


def _line(record: Record) -> Removed:
    app, version, build = _version(record)
    return Removed(
        repository_id=record.repository_id, repository=record.repository, asset_id=record.asset_id, app=app,
        version=version, build=build, size=record.ipa_size, sha256=record.ipa_sha256,
    )  # fmt: skip


def _same_bytes(before: Removed, record: Record) -> bool:
    """By the digests; where one is not known, by the asset's id and size."""
    if before.size != record.ipa_size:
        return False
    if before.sha256 and record.ipa_sha256:
        return before.sha256 == record.ipa_sha256
    return before.key == record.key


def _refuse(record: Record, before: Removed) -> Record:
    assert record.facts is not None
    now, then = _told(record.ipa_sha256, record.ipa_size), _told(before.sha256, before.size)
    reason = (
        f"{record.asset_name} has the version {record.facts.version} ({record.facts.build_version}), which "
        f"was published with other bytes: {then} before, {now} now. Publish a higher version or build."
    )
    return record.model_copy(update={"verdict": Verdict(accepted=False, code=CODE, reason=reason)})


def _told(sha256: str | None, size: int) -> str:
    return f"SHA-256 {sha256}" if sha256 else f"{size} bytes without a known SHA-256"
