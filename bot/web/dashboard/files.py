"""The dashboard's own stylesheet, script and picture, cached by what is in them."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory, url_for
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent / "static"
files = Blueprint("files", __name__)


@files.get("/assets/<name>")
def show(name: str) -> Response:
    if digest_of(name) is None:
        raise NotFound
    answer = send_from_directory(FOLDER, name, max_age=31_536_000)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@files.app_template_global("asset")
def address_of(name: str) -> str:
    """With the digest, so that a new version is another address."""
    return url_for("dashboard.files.show", name=name, v=digest_of(name))


@cache
def digest_of(name: str) -> str | None:
    """None for what is no file of ours."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
