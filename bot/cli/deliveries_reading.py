"""What `altpress deliveries` looks up: one by its first letters, its work, and what that waits for."""

from collections.abc import Sequence
from itertools import islice

from bot.cli.deliveries_text import Shown
from bot.context import Context
from bot.enqueue.waits import find_wait
from bot.errors import BadSettings, Unavailable
from bot.records import Delivery

SHORTEST = 6  # letters that may stand for a GUID; commits and answers show eight
MOST_CANDIDATES = 5
MOST_ASKED = 100  # jobs whose reasons a list asks the queue for


def full_guid(context: Context, given: str) -> str:
    """The delivery that is meant; `given` itself where none is. Raises BadSettings for several."""
    deliveries = context.store.deliveries
    if len(given) < SHORTEST or deliveries.find(given) is not None:
        return given
    found = deliveries.find_guids(given, MOST_CANDIDATES + 1)
    if len(found) < 2:
        return found[0] if found else given
    more = ", …" if len(found) > MOST_CANDIDATES else ""
    raise BadSettings(
        f"{given[:60]!r} may be any of {', '.join(found[:MOST_CANDIDATES])}{more}: give more of its letters."
    )


def look_up(context: Context, guid: str) -> Shown:
    """Raises BadSettings when there is none."""
    deliveries = context.store.deliveries
    delivery = deliveries.find(guid)
    if delivery is None:
        raise BadSettings(
            f"No delivery {guid[:60]!r} is in the ledger: `altpress deliveries list` shows those."
        )
    kept = deliveries.load(guid)
    return Shown(
        delivery=delivery,
        headers=kept.headers if kept else None,
        body=kept.body if kept else None,
        jobs={token: _job_state(context, token, guid) for token in delivery.open},
        publications=context.store.publications.of_delivery(guid),
    )


def find_waits(context: Context, deliveries: Sequence[Delivery]) -> dict[str, str]:
    """Why work was put off, by GUID; empty where the queue does not answer."""
    tokens = ((one.guid, token) for one in deliveries for token in one.open if _is_job(token))
    try:
        found = [(guid, find_wait(context.queue, token, guid)) for guid, token in islice(tokens, MOST_ASKED)]
    except Unavailable:
        return {}
    return {guid: reason for guid, reason in reversed(found) if reason}


def _job_state(context: Context, token: str, guid: str) -> str:
    if not _is_job(token):
        return "the site's next publication"
    try:
        state = context.queue.state_of(token, guid)
        reason = find_wait(context.queue, token, guid)
    except Unavailable:
        return "not known: the queue does not answer"
    if state is None:
        return "lost: the next sweep starts it again"
    return f"waits: {reason}" if reason else state.value


def _is_job(token: str) -> bool:
    return not token.startswith("publish:")
