"""Which failed deliveries GitHub is asked to send again, and when. No I/O.

GitHub sends nothing again by itself. Whoever asks gets the same GUID, for three days:
https://docs.github.com/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.events import EVENTS
from bot.github.hooks import HookDelivery
from bot.records import FailedDelivery
from bot.setup.deliveries import is_delivered

KEPT_MS = 3 * 86_400_000  # Enterprise Server keeps them for seven days
OVERLAP_MS = 600_000  # of two readings of a log: an attempt is written down when it is over
FIRST_PAUSE_MS = 300_000
LONGEST_PAUSE_MS = 6 * 3_600_000
WANTED = frozenset(EVENTS) - {"ping"}  # nothing follows from a ping


def sort_attempts(
    hook: str, rows: Iterable[HookDelivery], known: Mapping[str, FailedDelivery], now_ms: int
) -> tuple[list[FailedDelivery], list[str]]:
    """What failed, and the GUIDs of what has arrived after all.

    One attempt that got through is enough. What is `known` keeps its pause.
    """
    attempts: dict[str, list[HookDelivery]] = {}
    for row in rows:
        if row.event in WANTED:
            attempts.setdefault(row.guid.lower(), []).append(row)
    arrived = [guid for guid, tries in attempts.items() if any(map(is_delivered, tries))]
    failed = [
        _failed(hook, guid, tries, known.get(guid), now_ms)
        for guid, tries in attempts.items()
        if guid not in arrived
    ]
    return [one for one in failed if not is_forgotten(one, now_ms)], arrived


def is_forgotten(failed: FailedDelivery, now_ms: int) -> bool:
    """Whether GitHub would not send it any more."""
    return now_ms - failed.failed_ms >= KEPT_MS


def note_asked(failed: FailedDelivery, now_ms: int) -> FailedDelivery:
    """It was asked for now: not again before a pause that doubles each time."""
    pause = min(FIRST_PAUSE_MS * 2 ** min(failed.asked, 20), LONGEST_PAUSE_MS)
    return failed.model_copy(update={"asked": failed.asked + 1, "next_ms": now_ms + pause})


def delivered_ms(row: HookDelivery) -> int:
    return int(datetime.fromisoformat(row.delivered_at).timestamp() * 1000)


def _failed(
    hook: str, guid: str, tries: list[HookDelivery], known: FailedDelivery | None, now_ms: int
) -> FailedDelivery:
    newest = max(tries, key=lambda row: (delivered_ms(row), row.id))
    first_ms = min(map(delivered_ms, tries))
    if known is not None:
        return known.model_copy(update={"id": newest.id, "failed_ms": min(first_ms, known.failed_ms)})
    return FailedDelivery(
        guid=guid, hook=hook, id=newest.id, event=newest.event, action=newest.action, failed_ms=first_ms,
        next_ms=now_ms,
    )  # fmt: skip
