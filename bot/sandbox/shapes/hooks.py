"""No I/O. Webhooks, and the logs of their deliveries."""

import json

from bot.sandbox.model import HookDelivery, Repository, RepositoryHook
from bot.sandbox.shapes.urls import Json, Urls


def render_hook_delivery(delivery: HookDelivery, *, full: bool = False) -> Json:
    """A row of GET /app/hook/deliveries; with `full`, GET /app/hook/deliveries/ID."""
    row: Json = {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": None,
    }
    if not full:
        return row
    request = {"headers": dict(delivery.request_headers), "payload": json.loads(delivery.request_body)}
    return row | {"request": request, "response": {"headers": {}, "payload": delivery.response_body}}


def render_hook_config(url: str, content_type: str = "json", insecure_ssl: str = "0") -> Json:
    """GET /app/hook/config, and the `config` of a hook: the secret is never shown."""
    return {"content_type": content_type, "insecure_ssl": insecure_ssl, "secret": "********", "url": url}


def render_repository_hook(
    urls: Urls, repository: Repository, hook: RepositoryHook, last: HookDelivery | None
) -> Json:
    """GET /repos/O/R/hooks/ID; `last` is its newest delivery."""
    own = f"{urls.repo(repository)}/hooks/{hook.id}"
    unused = {"code": None, "status": "unused", "message": None}
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": render_hook_config(hook.url, hook.content_type, hook.insecure_ssl),
        "created_at": hook.created_at,
        "updated_at": hook.updated_at,
        "url": own,
        "test_url": f"{own}/test",
        "ping_url": f"{own}/pings",
        "deliveries_url": f"{own}/deliveries",
        "last_response": _last_response(last) if last else unused,
    }


def _last_response(last: HookDelivery) -> Json:
    status = "active" if last.status_code < 300 else "invalid_http_response"
    return {"code": last.status_code, "status": status, "message": last.status}
