"""The log of a webhook's deliveries as GitHub pages and forgets it: by cursor, and after three days.

https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook
"""

from typing import Any

from flask import Response, request

from bot.sandbox import shapes
from bot.sandbox.http import ApiError, answer, not_found
from bot.sandbox.model import HookDelivery
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.state import State, iso
from bot.sandbox.table import Table

KEPT = 3 * 86_400  # seconds; Enterprise Server keeps them for seven days
_PAGE = 200
_CURSOR = "v1_"


def answer_log(table: Table[Any], **equals: Any) -> Response:
    """The page that `?per_page=&cursor=` asks for; `Link: …; rel="next"` has the next one's cursor."""
    size = min(max(request.args.get("per_page", 30, int), 1), 100)
    rows = _select(table, _read_cursor(), size + 1, **equals)
    rows = [row for row in rows if row.delivered_at >= _oldest(find_world().state)]
    more = len(rows) > size
    url = f"{request.base_url}?per_page={size}&cursor={_CURSOR}{rows[size - 1].id}" if more else ""
    payload = [shapes.render_hook_delivery(row) for row in rows[:size]]
    return answer(payload, headers={"Link": f'<{url}>; rel="next"'} if more else None)


def check_age(state: State, row: HookDelivery) -> None:
    """Raise ApiError 404 for a delivery that GitHub has forgotten."""
    if row.delivered_at < _oldest(state):
        raise not_found()


def _oldest(state: State) -> str:
    return iso(state.clock() - KEPT)


def _select(table: Table[Any], below: int | None, limit: int, **equals: Any) -> list[Any]:
    """The newest rows with smaller ids."""
    found: list[Any] = []
    newest = table.select(newest_first=True, limit=1)
    # the ids of all have no gaps; of those of one hook, at most as many are above the cursor
    offset = max(0, newest[0].id - below + 1) if newest and below is not None and not equals else 0
    while len(found) < limit:
        page = table.select(newest_first=True, limit=_PAGE, offset=offset, **equals)
        found += [row for row in page if below is None or row.id < below]
        offset += len(page)
        if len(page) < _PAGE:
            break
    return found[:limit]


def _read_cursor() -> int | None:
    text = request.args.get("cursor")
    if text is None:
        return None
    number = text.removeprefix(_CURSOR)
    if not number.isascii() or not number.isdigit():
        raise ApiError(422, "Invalid cursor.")
    return int(number)
