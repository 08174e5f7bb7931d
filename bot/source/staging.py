"""Versions that are in the stage, and when they leave it. No I/O.

`Record.staged_at` in the lock says since when a version is listed by outputs with `stage: true` alone. A
line without it is public, and stays so: neither a new stage nor a deleted decision takes it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.catalog import App, Catalog, find_channel
from bot.decisions import Decisions, Kind, seconds, stamp
from bot.records import Record
from bot.source.allowed import was_let_through, was_listed, was_refused
from bot.source.let_through import is_same_file
from bot.source.listing import View, shows, view_of


@dataclass(frozen=True)
class Stage:
    """What it goes by."""

    catalog: Catalog
    lines: Mapping[str, Record]  # of the lock at the head, by `Record.key`
    decisions: Decisions  # in force
    now: float  # seconds since 1970

    def divide(self, records: Iterable[Record]) -> list[Record]:
        """The records as staged or public now, as far as nothing else keeps them out."""
        views = self._views
        if not views:
            return [_staged(record, None) for record in records]
        listed = ((record, _lists(views, self._apps.get(record.app.lower()), record)) for record in records)
        return [_staged(record, self._since(record) if is_listed else None) for record, is_listed in listed]

    def settle(self, records: Iterable[Record]) -> tuple[Record, ...]:
        """The same once they are judged: a version is in the stage from when it is listed there."""
        return tuple(self._settle(record) for record in records)

    def _settle(self, record: Record) -> Record:
        if record.staged_at is None or was_refused(record.verdict):
            return record
        if not was_listed(record.verdict):
            return _staged(record, None)
        line = self._line(record)
        mended = line is not None and was_refused(line.verdict)
        return _staged(record, self._begin(record)) if mended else record

    def _since(self, record: Record) -> str | None:
        """What the lock says; a version that is new to it begins now, or began when this was planned before.

        So every version is in the stage for one commit at least. One that is refused stays where it was.
        """
        line = self._line(record)
        if line is None or not was_let_through(line.verdict):
            return record.staged_at or self._begin(record)
        if line.staged_at is None:
            return self._begin(record) if self._is_new_here(line, record) else None
        if was_refused(line.verdict):
            return line.staged_at
        since, after = seconds(line.staged_at), self.catalog.promote_after
        over = after is not None and self.now >= since + after
        return None if over or any(at >= since for at in self._promoted(record)) else line.staged_at

    def _is_new_here(self, line: Record, record: Record) -> bool:
        """Whether the file was public elsewhere alone, where no stage lists it: as another app's, or in
        another channel. Its developer decides on both, by its name and its release. What an output goes on
        to list stays public.
        """
        before, now = self._apps.get(line.app.lower()), self._apps.get(record.app.lower())
        if before is None or now is None or _lists(self._views, before, line):
            return False
        return not any(_lists([v], before, line) and _lists([v], now, record) for v in self._public)

    @cached_property
    def _apps(self) -> dict[str, App]:
        return {app.id.lower(): app for app in self.catalog.apps}

    @cached_property
    def _views(self) -> list[View]:
        return [view_of(output) for output in self.catalog.outputs if output.stage]

    @cached_property
    def _public(self) -> list[View]:
        return [view_of(output) for output in self.catalog.outputs if not output.stage]

    def _begin(self, record: Record) -> str | None:
        """After every promotion, so that the next plan finds nothing to do; a later one promotes it now."""
        start, promoted = int(self.now), self._promoted(record)
        if any(at >= start + 1 for at in promoted):
            return None
        start += any(at >= start for at in promoted)
        return stamp(start)

    def _promoted(self, record: Record) -> list[float]:
        found = self.decisions.of(Kind.PROMOTE)
        return [seconds(one.at) for one in found if one.app is None or one.app.lower() == record.app.lower()]

    def _line(self, record: Record) -> Record | None:
        line = self.lines.get(record.key)
        return line if line is not None and is_same_file(line, record) else None


def _lists(views: Sequence[View], app: App | None, record: Record) -> bool:
    """Whether a stage would list it: nobody could try there what its channels and apps leave out.

    What no app takes stays where it was.
    """
    if app is None:
        return True
    channel = find_channel(app, tag=record.tag, prerelease=record.prerelease)
    return any(view.names(app) if channel is None else shows(view, app, channel) for view in views)


def next_public(catalog: Catalog, records: Iterable[Record]) -> list[float]:
    """When versions leave the stage by themselves, in seconds since 1970."""
    after = catalog.promote_after
    if after is None:
        return []
    return [seconds(r.staged_at) + after for r in records if r.staged_at is not None and r.verdict.accepted]


def _staged(record: Record, since: str | None) -> Record:
    return record if record.staged_at == since else record.model_copy(update={"staged_at": since})
