"""Webhooks: of a repository, for its administrators alone; and where the App's leads."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from bot.sandbox import shapes
from bot.sandbox.http import ApiError, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import HookDelivery, Repository, RepositoryHook
from bot.sandbox.routes.hook_log import answer_log, check_age
from bot.sandbox.routes.lookups import find_actor, find_caller, find_repository, find_world
from bot.sandbox.webhooks import Hook

api = Blueprint("hooks", __name__)
_BASE = "/repos/<owner>/<name>/hooks"
_ONE = f"{_BASE}/<int:number>"
MOST_OF_AN_EVENT = 20  # hooks of one repository that listen to the same event


@api.get(_BASE)
def list_hooks(owner: str, name: str) -> Response:
    repository = _find(owner, name)
    return answer_page(
        find_world().state.hooks.select(repository=repository.id), lambda h: _render(repository, h)
    )


@api.post(_BASE)
def add_hook(owner: str, name: str) -> Response:
    """It gets a `ping` at once."""
    repository, world, body = _find(owner, name), find_world(), read_json()
    values = {**_read_config(body), "events": _read_events(body, ["push"])}
    known = world.state.hooks.select(repository=repository.id)
    if any((hook.url, set(hook.events)) == (values["url"], set(values["events"])) for hook in known):
        raise invalid("Hook", "hook", "custom", "Hook already exists on this repository")
    if len(known) >= MOST_OF_AN_EVENT:
        raise invalid("Hook", "hook", "custom", f"The number of hooks is limited to {MOST_OF_AN_EVENT}")
    now, active = world.state.now(), read_field(body, "active", bool, "Hook", default=True)
    hook = world.state.hooks.add(
        repository=repository.id, active=active, created_at=now, updated_at=now, **values
    )
    world.announcer.ping_repository(repository, hook, find_actor())
    return answer(_render(repository, hook), 201)


@api.get(_ONE)
def show_hook(owner: str, name: str, number: int) -> Response:
    repository = _find(owner, name)
    return answer(_render(repository, _find_hook(repository, number)))


@api.patch(_ONE)
def edit_hook(owner: str, name: str, number: int) -> Response:
    """A `config` replaces the old one whole: without `secret` there is none any more."""
    repository, world, body = _find(owner, name), find_world(), read_json()
    hook = _find_hook(repository, number)
    changes: dict[str, Any] = _read_config(body) if "config" in body else {}
    events = {*_read_events(body, hook.events), *_read_events(body, (), "add_events")}
    changes["events"] = tuple(sorted(events - {*_read_events(body, (), "remove_events")}))
    changes["active"] = read_field(body, "active", bool, "Hook", default=hook.active)
    hook = world.state.hooks.update(hook.id, updated_at=world.state.now(), **changes)
    return answer(_render(repository, hook))


@api.delete(_ONE)
def remove_hook(owner: str, name: str, number: int) -> Response:
    repository = _find(owner, name)
    find_world().state.hooks.remove(id=_find_hook(repository, number).id)
    return Response(status=204)


@api.post(f"{_ONE}/pings")
def ping_hook(owner: str, name: str, number: int) -> Response:
    repository = _find(owner, name)
    find_world().announcer.ping_repository(repository, _find_hook(repository, number), find_actor())
    return Response(status=204)


@api.get(f"{_ONE}/deliveries")
def list_deliveries(owner: str, name: str, number: int) -> Response:
    """Newest first, a page at a time by `?cursor=`."""
    hook = _find_hook(_find(owner, name), number)
    return answer_log(find_world().state.hook_deliveries, hook=hook.id)


@api.get(f"{_ONE}/deliveries/<int:delivery>")
def show_delivery(owner: str, name: str, number: int, delivery: int) -> Response:
    hook = _find_hook(_find(owner, name), number)
    return answer(shapes.render_hook_delivery(_find_delivery(hook, delivery), full=True))


@api.post(f"{_ONE}/deliveries/<int:delivery>/attempts")
def redeliver(owner: str, name: str, number: int, delivery: int) -> Response:
    """202 at once; the attempt carries the same GUID."""
    hook = _find_hook(_find(owner, name), number)
    guid = _find_delivery(hook, delivery).guid
    with suppress(KeyError):  # by now this sandbox sends nothing
        find_world().announcer.hooks.redeliver(hook, guid)
    return answer({}, 202)


@api.patch("/app/hook/config")
def edit_app_hook() -> Response:
    """Until the sandbox is started again, which points the App's webhook at its bot."""
    world, body = find_world(), read_json()
    world.auth.require_app(find_caller())
    if world.outbox is None:
        raise not_found()
    hook = world.outbox.hook
    changes = _read_config({"config": {"url": hook.url, **body}})
    secret = changes["secret"] if "secret" in body else hook.secret
    form = changes["content_type"] == "form"
    world.outbox.hook = replace(hook, url=changes["url"], secret=secret, form=form)
    return answer(shapes.render_hook_config(changes["url"], changes["content_type"], changes["insecure_ssl"]))


def _find(owner: str, name: str) -> Repository:
    """Reading, too, is for administrators: a hook's address may hold a secret."""
    return find_repository(owner, name, "repository_hooks", "write", role="admin")


def _find_hook(repository: Repository, number: int) -> RepositoryHook:
    hook = find_world().state.hooks.find(id=number, repository=repository.id)
    if hook is None:
        raise not_found()
    return hook


def _find_delivery(hook: RepositoryHook, number: int) -> HookDelivery:
    row = find_world().state.hook_deliveries.find(id=number, hook=hook.id)
    if row is None:
        raise not_found()
    check_age(find_world().state, row)
    return row


def _render(repository: Repository, hook: RepositoryHook) -> dict[str, Any]:
    world = find_world()
    last = world.announcer.hooks.find_last(hook)
    return shapes.render_repository_hook(world.urls, repository, hook, last)


def _read_config(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of `config`; raises ApiError 422, also for an address outside this machine."""
    config = read_field(body, "config", dict, "Hook")
    found = {
        "url": read_field(config, "url", str, "Hook"),
        "content_type": read_field(config, "content_type", str, "Hook", default="form"),
        "insecure_ssl": str(config.get("insecure_ssl", "0")),
        "secret": read_field(config, "secret", str, "Hook", default=""),
    }
    if found["content_type"] not in {"json", "form"}:
        raise invalid("Hook", "content_type")
    try:
        Hook(found["url"], found["secret"], id=0)
    except ValueError as error:
        raise ApiError(422, str(error)) from None
    return found


def _read_events(body: dict[str, Any], default: Any, name: str = "events") -> tuple[str, ...]:
    events = read_field(body, name, list, "Hook", default=list(default))
    if not all(isinstance(event, str) and event for event in events):
        raise invalid("Hook", name)
    return tuple(sorted(set(events)))
