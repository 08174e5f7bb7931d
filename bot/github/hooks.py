"""Webhooks, the App itself and its installations: what a set-up is made of.

Repository hooks need administration (`webhooks: write` of a fine-grained token); GitHub answers 403 or 404
without it, which become NotAllowed and NotFound. A secret goes out and never comes back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bot.errors import Conflict, NotAllowed, NotFound, Rejected
from bot.github.access import PER_PAGE, quote
from bot.github.client import Client
from bot.github.said import parse_expiry

APP_HOOK = "app"
MOST_HOOKS = 100  # GitHub allows 20 of each event
NO_COMMIT = "0" * 40
WRITES = {  # right of a token -> what it takes to be asked, with a body that says nothing
    "contents": "/git/refs",
    "issues": "/issues",
    "pull_requests": "/pulls",
    "statuses": f"/statuses/{NO_COMMIT}",
}


@dataclass(frozen=True, slots=True)
class RepositoryHook:
    """A repository's webhook, without its secret."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    content_type: str  # "json" or "form"
    checks_certificate: bool


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One attempt to deliver, as GitHub's log has it."""

    id: int
    guid: str
    event: str
    action: str | None
    delivered_at: str
    status: str  # "OK", "timed out", …
    status_code: int


@dataclass(frozen=True, slots=True)
class AppFacts:
    """A GitHub App and what it asks for."""

    id: int
    slug: str
    page: str
    permissions: dict[str, str]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstallationFacts:
    """Where an App is installed, and what it was granted there; what it asks for may be more by now."""

    id: int
    account: str
    page: str
    permissions: dict[str, str]
    events: tuple[str, ...]
    suspended: bool


class Hooks:
    """Reads and sets webhooks; reads what the App is and may."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # ---- of repositories ----

    def list_hooks(self, repository: str) -> list[RepositoryHook]:
        what = f"{repository}: webhooks"
        return [
            parse_hook(data)
            for data in islice(self._client.pages(repository, "/hooks", what=what), MOST_HOOKS)
        ]

    def create_hook(self, repository: str, url: str, secret: str, events: Sequence[str]) -> RepositoryHook:
        body = {"name": "web", "active": True, "events": list(events), "config": _config(url, secret)}
        what = f"{repository}: webhook"
        return parse_hook(self._client.call("POST", repository, "/hooks", what=what, body=body))

    def update_hook(
        self, repository: str, hook: int, url: str, secret: str, events: Sequence[str]
    ) -> RepositoryHook:
        body = {"active": True, "events": list(events), "config": _config(url, secret)}
        what = f"{repository}: webhook"
        return parse_hook(self._client.call("PATCH", repository, f"/hooks/{hook}", what=what, body=body))

    def fetch_hook_deliveries(self, repository: str, hook: int, limit: int) -> list[HookDelivery]:
        """The newest, at most `limit` (up to 100)."""
        rows = self._client.call(
            "GET", repository, f"/hooks/{hook}/deliveries", what=f"{repository}: deliveries",
            parameters={"per_page": limit},
        )  # fmt: skip
        return [parse_delivery(row) for row in rows[:limit]]

    def fetch_log(self, hook: str, cursor: str | None) -> tuple[list[HookDelivery], str | None]:
        """A page of a webhook's log, newest first, and where the next one begins.

        `hook` is `APP_HOOK`, or `owner/name#id` of a repository's own.
        """
        repository, path = _place(hook)
        after = f"&cursor={quote(cursor)}" if cursor else ""
        rows, following = self._client.call_paged(
            f"{path}?per_page={PER_PAGE}{after}", what=f"{hook}: deliveries", repository=repository
        )
        return [parse_delivery(row) for row in rows], following

    def redeliver(self, hook: str, delivery: int) -> None:
        """Have GitHub send it again, under the same GUID. Raises NotFound for one that is too old."""
        repository, path = _place(hook)
        self._client.ask(f"{path}/{delivery}/attempts", what=f"{hook}: delivery", repository=repository)

    # ---- of the App ----

    @property
    def is_app(self) -> bool:
        """Whether altpress is a GitHub App here, and not a token, nor nobody."""
        return self._client.access.app_requester() is not None

    def fetch_app(self) -> AppFacts:
        data = self._client.as_app("/app", what="the GitHub App")
        return AppFacts(
            data["id"], data["slug"], data["html_url"], dict(data["permissions"]), tuple(data["events"])
        )

    def stream_installations(self) -> Iterator[InstallationFacts]:
        for data in self._client.app_pages("/app/installations", what="the App's installations"):
            yield InstallationFacts(
                id=data["id"], account=(data.get("account") or {}).get("login", "?"), page=data["html_url"],
                permissions=dict(data["permissions"]), events=tuple(data["events"]),
                suspended=bool(data.get("suspended_at")),
            )  # fmt: skip

    def fetch_app_hook(self) -> str | None:
        """The address that the App's events go to; None when it has none."""
        return self._client.as_app("/app/hook/config", what="the App's webhook").get("url") or None

    def update_app_hook(self, url: str, secret: str) -> None:
        self._client.as_app(
            "/app/hook/config", what="the App's webhook", verb="PATCH", body=_config(url, secret)
        )

    def fetch_app_deliveries(self, limit: int) -> list[HookDelivery]:
        """The newest, at most `limit` (up to 100)."""
        path = f"/app/hook/deliveries?per_page={limit}"
        rows = self._client.as_app(path, what="the App's deliveries")
        return [parse_delivery(row) for row in rows[:limit]]

    # ---- of the token ----

    def fetch_token_expiry(self) -> datetime | None:
        """When the token ends; None for one that does not."""
        ends = parse_expiry(self._client.headers("/user", what="the token's user"))
        return None if ends is None else datetime.fromtimestamp(ends, UTC)

    def may_push(self, repository: str) -> bool | None:
        """Whether the token's user may write there; None when GitHub does not say."""
        data = self._client.call("GET", repository, "", what=repository)
        push = (data.get("permissions") or {}).get("push")
        return push if isinstance(push, bool) else None

    def probe_rights(self, repository: str) -> dict[str, bool]:
        """Which of `WRITES` the token may do there.

        GitHub tells nobody what a fine-grained token may do. Asked to write nothing at all, it refuses one
        that may not (403, 404) before it finds that the request says nothing (422): nothing is ever written.
        """
        return {right: self._may_write(repository, path) for right, path in WRITES.items()}

    def _may_write(self, repository: str, path: str) -> bool:
        try:
            self._client.call("POST", repository, path, what=repository, body={})
        except (NotAllowed, NotFound):
            return False
        except (Rejected, Conflict):
            return True
        return True


def _place(hook: str) -> tuple[str | None, str]:
    """The repository (None: the App), and the path of the log."""
    if hook == APP_HOOK:
        return None, "/app/hook/deliveries"
    repository, _, number = hook.rpartition("#")
    return repository, f"/hooks/{int(number)}/deliveries"


def parse_hook(data: dict[str, Any]) -> RepositoryHook:
    config = data.get("config") or {}
    return RepositoryHook(
        id=data["id"],
        url=str(config.get("url") or ""),
        events=tuple(data["events"]),
        active=bool(data["active"]),
        content_type=str(config.get("content_type") or "form"),
        checks_certificate=str(config.get("insecure_ssl") or "0") == "0",
    )


def parse_delivery(data: dict[str, Any]) -> HookDelivery:
    return HookDelivery(
        id=data["id"], guid=data["guid"], event=data["event"], action=data.get("action"),
        delivered_at=data["delivered_at"], status=data["status"], status_code=data["status_code"],
    )  # fmt: skip


def _config(url: str, secret: str) -> dict[str, str]:
    return {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
