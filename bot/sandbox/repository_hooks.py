"""Webhooks of single repositories, beside the App's: each has its own address, secret, events and log.

`altpress sandbox deliveries` shows the App's log; these are at `/repos/O/R/hooks/ID/deliveries`.
"""

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.model import HookDelivery, Repository, RepositoryHook
from bot.sandbox.shapes import Json, Urls
from bot.sandbox.shapes.payloads import Scene
from bot.sandbox.state import State
from bot.sandbox.webhooks import Hook, Outbox


class RepositoryHooks:
    """Sends events to the webhooks of repositories (`outbox` None: a sandbox that sends nothing)."""

    def __init__(self, state: State, urls: Urls, outbox: Outbox | None) -> None:
        self._state, self._urls, self._outbox = state, urls, outbox

    def send(self, event: str, payload: Json, repository: Repository) -> list[str]:
        """The GUIDs of what was sent to the repository's active hooks that listen to the event."""
        whole = {key: value for key, value in payload.items() if key != "installation"}
        hooks = self._state.hooks.select(repository=repository.id)
        wanted = [hook for hook in hooks if hook.active and {event, "*"} & set(hook.events)]
        return [guid for hook in wanted if (guid := self._send(hook, event, whole))]

    def ping(self, scene: Scene, hook: RepositoryHook) -> list[str]:
        """A hook's first event, and whenever it is asked for."""
        shown = shapes.render_repository_hook(self._urls, scene.repository, hook, self.find_last(hook))
        body = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": shown}
        guid = self._send(hook, "ping", replace(scene, installation=None).wrap(self._urls, body))
        return [guid] if guid else []

    def redeliver(self, hook: RepositoryHook, guid: str) -> Future[HookDelivery]:
        """Send a logged delivery again in the background; KeyError: unknown, or nothing is sent."""
        outbox = self._open(hook)
        if outbox is None:
            raise KeyError(guid)
        return outbox.redeliver(guid)

    def find_last(self, hook: RepositoryHook) -> HookDelivery | None:
        rows = self._state.hook_deliveries.select(hook=hook.id, newest_first=True, limit=1)
        return rows[0] if rows else None

    def _send(self, hook: RepositoryHook, event: str, payload: Json) -> str | None:
        outbox = self._open(hook)
        return outbox.send(event, payload, repository=hook.repository) if outbox else None

    def _open(self, hook: RepositoryHook) -> Outbox | None:
        if self._outbox is None:
            return None
        form = hook.content_type == "form"
        way = Hook(hook.url, hook.secret, hook.id, form=form, repository=hook.repository)
        return self._outbox.beside(_Log(self._state, hook.id), way)


class _Log:
    """The deliveries of one hook."""

    def __init__(self, state: State, hook: int) -> None:
        self._table, self._hook = state.hook_deliveries, hook

    def add(self, **values: Any) -> HookDelivery:
        return self._table.add(**values, hook=self._hook)

    def select(self, *, newest_first: bool = False, limit: int = -1, **equals: Any) -> list[HookDelivery]:
        return list(self._table.select(newest_first=newest_first, limit=limit, **equals, hook=self._hook))
