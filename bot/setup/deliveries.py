"""What GitHub's log of deliveries says about a webhook. No I/O."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.setup.findings import Finding, error, ok, warning

# what a status most often means, and what to do about it
_MEANINGS = {
    400: ("the content type or the payload is not understood", "set the content type to application/json"),
    401: (
        "altpress did not accept the signature",
        "set the webhook's secret to one of ALTPRESS_WEBHOOK_SECRETS",
    ),
    404: ("nothing of altpress's is at that address", "the address must end in /webhooks/github"),
    413: ("the payload was too large for a proxy", "allow bodies of 25 MB in the proxy"),
    415: ("the content type is not understood", "set the content type to application/json"),
    502: ("the host could not be reached", "see that DNS, firewall, TLS and proxy let GitHub in"),
    503: ("altpress could not store it", "see what MongoDB's line says"),
    504: ("no answer came in time", "see that the host is up and its proxy passes requests on"),
}
_REDIRECTED = ("the address redirects, which GitHub does not follow", "use the address that it leads to")
_OTHER = ("altpress, or a proxy in front of it, refused it", "look into altpress's log")


class DeliveryLike(Protocol):
    """What is asked of a delivery: `bot.github.hooks.HookDelivery` has it."""

    @property
    def event(self) -> str: ...
    @property
    def delivered_at(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def status_code(self) -> int: ...


def check_deliveries(subject: str, rows: Sequence[DeliveryLike], page: str) -> Iterator[Finding]:
    """`rows` newest first; `page` is where they can be sent again."""
    failed = [row for row in rows if not is_delivered(row)]
    if not rows:
        yield ok("hook.deliveries", subject, "nothing was delivered yet")
    elif not failed:
        yield ok("hook.deliveries", subject, f"the last {len(rows)} deliveries arrived")
    else:
        newest = failed[0]
        meaning, fix = explain_status(newest.status_code)
        what = f"{newest.event} at {newest.delivered_at}: {newest.status_code} {newest.status}"
        again = f"{fix}; then redeliver what failed ({page})"
        told = f"{len(failed)} of the last {len(rows)} deliveries failed, the newest {what} ({meaning})"
        tell = error if newest is rows[0] else warning
        yield tell("hook.deliveries", subject, told, again)


def is_delivered(row: DeliveryLike) -> bool:
    return 200 <= row.status_code < 300


def explain_status(code: int) -> tuple[str, str]:
    """(What it means, what to do.) 0 is what GitHub writes where there was no answer at all."""
    if 300 <= code < 400:
        return _REDIRECTED
    return _MEANINGS.get(502 if code == 0 else code, _OTHER)
