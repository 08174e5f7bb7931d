"""Versions that are in the stage, and when they leave it. No I/O.

`Record.staged_at` in the lock says since when a version is listed by outputs with `stage: true` alone. A
line without it is public, and stays so: neither a new stage nor a deleted decision takes it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.catalog import Catalog, find_channel
from bot.decisions import Decision, Decisions, Kind, seconds
from bot.records import Record
from bot.source.allowed import was_listed
from bot.source.listing import View, view_of
from bot.source.waiting import is_same_file


def stage_records(
    catalog: Catalog, records: Iterable[Record], lines: Mapping[str, Record], decisions: Decisions, now: float
) -> list[Record]:
    """The records as staged or public now, as far as nothing else keeps them out (`unstage_unlisted`).

    `lines` are those of the lock at the head, by key; `decisions` those in force; `now` is in seconds since
    1970.
    """
    stages = [view_of(output) for output in catalog.outputs if output.stage]
    promotions = decisions.of(Kind.PROMOTE)
    return [
        _staged(
            record,
            _since(catalog, record, lines, promotions, now) if _lists(stages, catalog, record) else None,
        )
        for record in records
    ]


def unstage_unlisted(records: Iterable[Record]) -> tuple[Record, ...]:
    """A version is in the stage from when it is listed there: what is refused, or waits, is not."""
    return tuple(record if was_listed(record.verdict) else _staged(record, None) for record in records)


def _lists(stages: Sequence[View], catalog: Catalog, record: Record) -> bool:
    """Whether a stage would list it: nobody could try there what its channels and apps leave out."""
    app = catalog.app(record.app) if stages else None
    if app is None:
        return False
    channel = find_channel(app, tag=record.tag, prerelease=record.prerelease)
    return any(
        (view.apps is None or app.id.lower() in view.apps)
        and (channel is None or channel in view.channels.union(*(names for _, names in view.tracks)))
        for view in stages
    )


def next_public(catalog: Catalog, records: Iterable[Record]) -> list[float]:
    """When versions leave the stage by themselves, in seconds since 1970."""
    after = catalog.promote_after
    if after is None:
        return []
    return [seconds(record.staged_at) + after for record in records if record.staged_at is not None]


def _since(
    catalog: Catalog, record: Record, lines: Mapping[str, Record], promotions: Sequence[Decision], now: float
) -> str | None:
    """What the lock says; a version that is new to it begins now, or began when this was planned before.

    So every version is in the stage for one commit at least.
    """
    promoted = [seconds(one.at) for one in promotions if _is_about(one, record)]
    line = lines.get(record.key)
    if line is None or not was_listed(line.verdict) or not is_same_file(line, record):
        return record.staged_at or _begin(promoted, int(now))
    since = line.staged_at
    if since is None or any(at >= seconds(since) for at in promoted):
        return None
    after = catalog.promote_after
    return None if after is not None and now >= seconds(since) + after else since


def _begin(promoted: Sequence[float], now: int) -> str | None:
    """After every promotion, so that the next plan finds nothing to do; one of the future promotes it now."""
    if any(at >= now + 1 for at in promoted):
        return None
    start = now + 1 if any(at >= now for at in promoted) else now
    return datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_about(promotion: Decision, record: Record) -> bool:
    return promotion.app is None or promotion.app.lower() == record.app.lower()


def _staged(record: Record, since: str | None) -> Record:
    return record if record.staged_at == since else record.model_copy(update={"staged_at": since})
