"""The whole ledger, a page at a time."""

from collections.abc import Iterator

from bot.records import Delivery, DeliveryState
from bot.store.deliveries import Deliveries

PAGE = 200


def walk_newest(
    deliveries: Deliveries, state: DeliveryState | None = None, since_ms: int = 0, page: int = PAGE
) -> Iterator[Delivery]:
    """Newest first, each once, down to that time.

    A page begins with the millisecond that the one before ended in: many may have come in it.
    """
    before: int | None = None
    last = set[str]()
    while rows := deliveries.page(page, before, state):
        fresh = [row for row in rows if row.guid not in last]
        yield from (row for row in fresh if row.received_ms >= since_ms)
        if len(rows) < page or rows[-1].received_ms < since_ms:
            return
        # a millisecond that fills a whole page is left, or the walk would never end
        before = rows[-1].received_ms + (1 if fresh else 0)
        last = {row.guid for row in rows}
