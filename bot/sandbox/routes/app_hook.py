"""The App's webhook: where it leads, the log of its deliveries, and sending one again."""

from flask import Blueprint, Response

from bot.sandbox import shapes
from bot.sandbox.http import answer, not_found
from bot.sandbox.model import HookDelivery
from bot.sandbox.routes.hook_log import answer_log, check_age
from bot.sandbox.routes.lookups import find_caller, find_world
from bot.sandbox.world import World

api = Blueprint("app_hook", __name__)


@api.get("/app/hook/config")
def show_hook() -> Response:
    world = _open()
    return answer(shapes.render_hook_config(world.outbox.hook.url if world.outbox else ""))


@api.get("/app/hook/deliveries")
def list_deliveries() -> Response:
    """Newest first, a page at a time by `?cursor=`."""
    return answer_log(_open().state.deliveries)


@api.get("/app/hook/deliveries/<int:number>")
def show_delivery(number: int) -> Response:
    return answer(shapes.render_hook_delivery(_find(_open(), number), full=True))


@api.post("/app/hook/deliveries/<int:number>/attempts")
def redeliver(number: int) -> Response:
    """202 at once; the attempt carries the same GUID."""
    world = _open()
    row = _find(world, number)
    if world.outbox is None:
        raise not_found()
    world.outbox.redeliver(row.guid)  # the answer does not wait for the bot's
    return answer({}, 202)


def _open() -> World:
    world = find_world()
    world.auth.require_app(find_caller())
    return world


def _find(world: World, number: int) -> HookDelivery:
    """Raises ApiError 404 for what GitHub has forgotten, too."""
    row = world.state.deliveries.find(id=number)
    if row is None:
        raise not_found()
    check_age(world.state, row)
    return row
