"""Deliveries as the pages show them. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.records import Delivery, DeliveryState
from bot.web.dashboard.view_links import Badge, GitHubPages, Link
from bot.web.dashboard.view_times import Moment, build_moment

BADGES = {
    DeliveryState.PENDING: Badge("Pending", "busy"),
    DeliveryState.QUEUED: Badge("Working", "busy"),
    DeliveryState.DONE: Badge("Done", "good"),
    DeliveryState.IGNORED: Badge("Ignored", "quiet"),
    DeliveryState.FAILED: Badge("Failed", "bad"),
}
MEANS = {
    DeliveryState.PENDING: "stored, waits to be routed",
    DeliveryState.QUEUED: "its work is under way, or waits for files",
    DeliveryState.DONE: "everything that followed from it is done",
    DeliveryState.IGNORED: "nothing follows from it",
    DeliveryState.FAILED: "its work ended without success",
}
REPLAYED = {DeliveryState.FAILED: "Retry", DeliveryState.DONE: "Replay", DeliveryState.QUEUED: "Replay"}


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One row, or one page."""

    guid: str
    event: str  # "release: published"
    repository: Link | None
    badge: Badge
    means: str
    received: Moment | None
    settled: Moment | None
    attempts: int
    reason: str | None
    waits_for: tuple[str, ...]
    commits: int
    replay: str | None  # the button's word; None: it cannot be done again
    is_settled: bool


def build_delivery(delivery: Delivery, pages: GitHubPages, now_ms: int) -> DeliveryView:
    state = delivery.state
    name = delivery.repository
    return DeliveryView(
        guid=delivery.guid,
        event=": ".join(filter(None, (delivery.event, delivery.action))).replace("_", " "),
        repository=Link(name, pages.repository(name)) if name else None,
        badge=BADGES[state],
        means=MEANS[state],
        received=build_moment(delivery.received_ms, now_ms),
        settled=build_moment(delivery.settled_ms, now_ms),
        attempts=delivery.attempts,
        reason=delivery.reason,
        waits_for=tuple(map(tell_token, delivery.open)),
        commits=len(delivery.publications),
        replay=REPLAYED.get(state),
        is_settled=state not in {DeliveryState.PENDING, DeliveryState.QUEUED},
    )


def tell_token(token: str) -> str:
    """What a piece of open work is, in words."""
    match token.split(":"):
        case ["ingest", site, repository, release, *_]:
            return f"reading release {release} of {repository} for {site}"
        case ["publish", site, *_]:
            return f"publishing {site}"
        case ["proposal", site, number, *_]:
            return f"looking at pull request {number} of {site}"
        case ["command", repository, issue, *_]:
            return f"answering a comment in {repository}#{issue}"
        case [("scan" | "sync") as name, site, *_]:
            return f"{'comparing' if name == 'scan' else 'reading'} {site}"
        case _:
            return token


def is_of_site(delivery: Delivery, site_key: str, repositories: Sequence[str]) -> bool:
    """Whether a delivery concerns a site: by its open work, or by where it came from (lower-case names)."""
    if any(site_key in token.split(":")[1:2] for token in delivery.open):
        return True
    return (delivery.repository or "").lower() in repositories


def render_state(delivery: DeliveryView) -> dict[str, object]:
    """For the script that waits for the end."""
    waits = f"{delivery.waits_for[0].capitalize()} …" if delivery.waits_for else f"{delivery.badge.label} …"
    ended = {"Done": "Done." if not delivery.commits else "Done, and published."}
    text = delivery.reason or ended.get(delivery.badge.label, "") if delivery.is_settled else waits
    return {
        "settled": delivery.is_settled, "label": delivery.badge.label, "tone": delivery.badge.tone,
        "text": text, "link": None,
    }  # fmt: skip
