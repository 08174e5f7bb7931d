"""What AltStore PAL asks of a catalog. No I/O.

PAL refuses a source with an app that has no marketplace id, and all others refuse one with an app that has:
so a document is for PAL alone, or not for PAL.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.catalog.model import PAL

_MIXED = (
    "`altstore-pal` needs an output of its own: it and the others refuse each other's documents; "
    "add a second output with `clients: [altstore-pal]`"
)
_ID = "needs `marketplace-id`, Apple's id of the app"
_URL = "needs `adp-url`: where the ADP of each version is"
_NO_APP = "names `altstore-pal`, but no app has a `marketplace-id`"


def check_marketplace(
    apps: Sequence[dict[str, Any]], outputs: Sequence[dict[str, Any]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Paths into the catalog, and what is wrong there. Values of wrong types are told elsewhere."""
    for index, app in enumerate(apps):
        if "marketplace-id" in app and "adp-url" not in app:
            yield ("apps", index, "marketplace-id"), _URL
        if "adp-url" in app and "marketplace-id" not in app:
            yield ("apps", index, "adp-url"), _ID
    for index, output in enumerate(outputs):
        clients = output.get("clients")
        if not isinstance(clients, tuple) or PAL not in clients:
            continue
        if any(client != PAL for client in clients):
            yield ("outputs", index, "clients"), _MIXED
        elif apps and not any("marketplace-id" in app for app in apps):  # without any, it was made by hand
            yield ("outputs", index, "clients"), _NO_APP
