"""Deliveries whose work failed and that nothing has made good since."""

from bot.context import Context
from bot.records import Delivery, DeliveryState, SiteState

MOST = 100  # that are looked through


def find_failures(ctx: Context, state: SiteState) -> list[Delivery]:
    """Of the site and its apps, after the last publish (before it, that has made them good); newest first.

    A publish that found nothing to change is one, too.
    """
    last = ctx.store.publications.latest(state.site.key)
    since_ms = max(last.at_ms if last else 0, state.last_publish_ms or 0)
    page = ctx.store.deliveries.page(MOST, state=DeliveryState.FAILED)
    return [one for one in page if one.received_ms > since_ms and _concerns(state, one)]


def _concerns(state: SiteState, delivery: Delivery) -> bool:
    name = (delivery.repository or "").lower()
    return name == state.site.repository.lower() or state.feeds(name)
