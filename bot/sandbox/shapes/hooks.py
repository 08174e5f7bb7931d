"""No I/O. The App's log of webhook deliveries."""

import json

from bot.sandbox.model import HookDelivery
from bot.sandbox.shapes.urls import Json


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


def render_hook_config(url: str) -> Json:
    """GET /app/hook/config: the secret is never shown."""
    return {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url}
