"""What may happen to a delivery in the ledger. No I/O.

    PENDING --queue--> QUEUED --last token settled--> DONE
       |                  |
       +--ignore--> IGNORED    any job --fail--> FAILED
                       |                            |
                       |                            +--its work succeeds after all--> QUEUED, DONE
                       +--the same GUID again, or replay--> PENDING

`open` holds one token for each piece of work under way. Jobs are quicker than bookkeeping: a token that is
settled while the delivery is still PENDING is remembered in `early`, and `queue` does not open it any more.
`failed` holds those that failed: a publish that fails is done again with the next trigger, and takes in all
that it owes. It is empty where nobody knows what would have to be done: that is for a replay.
Each function returns the changed entry, or the same object when nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.records import DeliveryState


@dataclass(frozen=True, slots=True)
class Entry:
    """The part of a delivery that changes."""

    state: DeliveryState
    open: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    reason: str | None = None
    attempts: int = 1
    settled_ms: int | None = None
    publications: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def queue(entry: Entry, tokens: Sequence[str]) -> Entry:
    """Its jobs are in Redis. Those that are through already are not waited for."""
    if entry.state is not DeliveryState.PENDING:
        return entry
    waiting = _union(entry.open, [token for token in tokens if token not in entry.early])
    return _close(replace(entry, state=DeliveryState.QUEUED, open=waiting, early=()), entry.settled_ms)


def ignore(entry: Entry, reason: str, now_ms: int) -> Entry:
    if entry.state is not DeliveryState.PENDING:
        return entry
    return replace(entry, state=DeliveryState.IGNORED, reason=reason, settled_ms=now_ms, early=())


def add_tokens(entry: Entry, tokens: Sequence[str]) -> Entry:
    """More work follows from it. One that is through, or failed, stays so."""
    if entry.state not in (DeliveryState.PENDING, DeliveryState.QUEUED):
        return entry
    early = tuple(token for token in entry.early if token not in tokens)
    opened = _union(entry.open, tokens)
    return entry if (opened, early) == (entry.open, entry.early) else replace(entry, open=opened, early=early)


def settle(entry: Entry, token: str, now_ms: int, publication: str | None, note: str | None = None) -> Entry:
    """One piece of work is through; the last one makes it DONE. Twice is the same as once.

    `note` says how it ended where there is no commit; what is published at last takes it away. What
    had failed before is mended by it.
    """
    if token in entry.failed:
        entry = _mend(entry, token)
    if entry.state is not DeliveryState.FAILED and (note or publication) and note != entry.reason:
        entry = replace(entry, reason=note)
    if publication is not None and publication not in entry.publications:
        entry = replace(entry, publications=(*entry.publications, publication))
    if token in entry.open:
        entry = replace(entry, open=tuple(t for t in entry.open if t != token))
    if entry.state is DeliveryState.PENDING and token not in entry.early:
        return replace(entry, early=(*entry.early, token), settled_ms=now_ms)
    return _close(entry, now_ms)


def fail(entry: Entry, token: str, reason: str, now_ms: int) -> Entry:
    """A piece of work ended for good without success. The first reason stays."""
    if entry.state in (DeliveryState.DONE, DeliveryState.IGNORED):
        return entry
    left = tuple(t for t in entry.open if t != token)
    if entry.state is DeliveryState.FAILED:
        known = not entry.failed or token in entry.failed
        return entry if known else replace(entry, open=left, failed=(*entry.failed, token))
    # before it is queued, nobody knows what else is owed
    failed = (token,) if entry.state is DeliveryState.QUEUED else ()
    return replace(
        entry,
        state=DeliveryState.FAILED,
        open=left,
        early=(),
        reason=reason,
        settled_ms=now_ms,
        failed=failed,
    )


def restart(entry: Entry) -> Entry:
    """From the beginning; what it has published stays on record."""
    return replace(
        entry, state=DeliveryState.PENDING, open=(), early=(), reason=None, settled_ms=None,
        attempts=entry.attempts + 1, failed=(),
    )  # fmt: skip


def _mend(entry: Entry, token: str) -> Entry:
    """Under way again, until what is open is through; FAILED while something else has failed."""
    left = tuple(t for t in entry.failed if t != token)
    if left:
        return replace(entry, failed=left)
    return replace(entry, state=DeliveryState.QUEUED, failed=(), reason=None, settled_ms=None)


def _close(entry: Entry, now_ms: int | None) -> Entry:
    """DONE when nothing is open any more."""
    if entry.state is not DeliveryState.QUEUED:
        return entry
    if entry.open:
        return entry if entry.settled_ms is None else replace(entry, settled_ms=None)
    return replace(entry, state=DeliveryState.DONE, settled_ms=now_ms)


def _union(have: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*have, *more]))
