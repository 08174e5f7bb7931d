"""What `/retry` started, as Markdown. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.records import Delivery, DeliveryState
from bot.replies.ages import render_age
from bot.replies.text import bullets, code, count, inline

NOTHING = "Nothing has failed here: there is nothing to run again."


@dataclass(frozen=True, slots=True)
class Retried:
    """What was started for one site."""

    deliveries: tuple[Delivery, ...] = ()
    lost: tuple[Delivery, ...] = ()  # that failed, and whose payload is gone
    releases: int = 0  # with a file that was not read, which are read again
    publishes: bool = False  # a publication was due
    failed: tuple[str, ...] = ()  # why something could not be started: public sentences

    @property
    def nothing(self) -> bool:
        return not (self.deliveries or self.lost or self.releases or self.publishes or self.failed)


def render_retried(found: Sequence[Retried], now_ms: int) -> str:
    """Over all sites; a delivery that several share is named once."""
    if all(one.nothing for one in found):
        return NOTHING
    deliveries = {d.guid: d for one in found for d in one.deliveries}
    lost = {d.guid: d for one in found for d in one.lost if d.guid not in deliveries}
    lines = [_say(delivery, now_ms) for delivery in deliveries.values()]
    if releases := sum(one.releases for one in found):
        lines.append(f"{count(releases, 'release')} with files that were not read: read again")
    if any(one.publishes for one in found):
        lines.append("the publication that is due")
    parts = [f"Started again:\n\n{bullets(lines, 'piece of work')}"] if lines else []
    if lost:
        listed = bullets([_say(delivery, now_ms) for delivery in lost.values()], "delivery")
        parts.append(f"Cannot be run again, since what GitHub sent is no longer kept:\n\n{listed}")
    if failed := dict.fromkeys(reason for one in found for reason in one.failed):
        parts.append(bullets([inline(reason) for reason in failed], "problem"))
    parts.append("`/status` tells what comes of it." if lines else "`/rebuild` reads all releases again.")
    return "\n\n".join(parts)


def render_retried_delivery(delivery: Delivery, replayed: bool, now_ms: int) -> str:
    """One that was named."""
    if delivery.state is not DeliveryState.FAILED:
        return f"The delivery {code(delivery.guid)} has not failed: it is {delivery.state.value}."
    if not replayed:
        return (
            f"What GitHub sent with {_say(delivery, now_ms)} is no longer kept; `/rebuild` reads all again."
        )
    return f"Started again: {_say(delivery, now_ms)}. `/status` tells what comes of it."


def render_which_delivery(prefix: str, found: int) -> str:
    """None, or several, begin so."""
    if found:
        return f"Several deliveries begin with {code(prefix)}: write more of it."
    return f"No delivery of these repositories begins with {code(prefix)}; `/status` names those that failed."


def _say(delivery: Delivery, now_ms: int) -> str:
    where = f" of {code(delivery.repository)}" if delivery.repository else ""
    why = f": {inline(delivery.reason)}" if delivery.reason else ""
    age = render_age(delivery.received_ms, now_ms)
    return f"{code(delivery.name)}{where}, delivery {code(delivery.guid[:8])} of {age}{why}"
