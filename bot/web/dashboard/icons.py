"""The apps' icons out of our own store: no page asks a foreign host for a picture."""

import re

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from bot.web.dashboard.desk import find_desk

SHA256 = re.compile(r"[0-9a-f]{64}")
PNG = b"\x89PNG\r\n\x1a\n"
icons = Blueprint("icons", __name__)


@icons.get("/icons/<sha256>.png")
def show(sha256: str) -> Response:
    """A picture that was found in an IPA; whatever is no PNG is not shown."""
    data = find_desk().context.store.blobs.get(f"sha256:{sha256}") if SHA256.fullmatch(sha256) else None
    if data is None or not data.startswith(PNG):
        raise NotFound("No such icon is stored.")
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(data, mimetype="image/png", headers=headers)
