"""The dashboard's own stylesheet, script and picture, cached by what is in them."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from flask import Blueprint, Response, url_for
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
files = Blueprint("files", __name__)


@files.get("/assets/<name>")
def show(name: str) -> Response:
    data = load(name)
    if data is None:
        raise NotFound
    answer = Response(data, mimetype=TYPES[Path(name).suffix])
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@files.app_template_global("asset")
def address_of(name: str) -> str:
    """With the digest, so that a new version is another address."""
    return url_for("dashboard.files.show", name=name, v=digest_of(name))


@cache
def digest_of(name: str) -> str:
    return hashlib.sha256(load(name) or b"").hexdigest()[:12]


@lru_cache(maxsize=64)
def load(name: str) -> bytes | None:
    """Read once a process; None for what is no file of ours."""
    known = {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}
    return known[name].read_bytes() if name in known else None
