"""Release assets: their rows, uploads, and downloads by a redirect to a short-lived signed address.

The signed address stands for GitHub's storage on another host: it honours `Range` and `If-Range`, and refuses
a request that brings an `Authorization` header, as that storage does. So a client that forwards its token is
noticed here.
"""

from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from bot.sandbox import releases, shapes
from bot.sandbox.files import LIFETIME, CutShortError, TooLargeError
from bot.sandbox.http import ApiError, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import Asset, Release, Repository
from bot.sandbox.routes.lookups import find_actor, find_repository, find_world
from bot.sandbox.routes.releases import read_release
from bot.sandbox.state import AlreadyExistsError

api = Blueprint("assets", __name__)
uploads = Blueprint("uploads", __name__)
downloads = Blueprint("downloads", __name__)
_CHUNK = 256 * 1024  # bytes sent at once


@api.get("/repos/<owner>/<name>/releases/<int:number>/assets")
def list_assets(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name)
    release = read_release(repository, number)
    rows = find_world().state.assets.select(release=release.id)
    return answer_page(rows, lambda row: _build(repository, release, row))


@api.get("/repos/<owner>/<name>/releases/assets/<int:number>")
def show_asset(owner: str, name: str, number: int) -> Response:
    """The row; with `Accept: application/octet-stream` the way to the bytes."""
    repository = find_repository(owner, name)
    asset, release = _read_asset(repository, number)
    if "application/octet-stream" in request.headers.get("Accept", ""):
        return _redirect(asset)
    return answer(_build(repository, release, asset))


@api.patch("/repos/<owner>/<name>/releases/assets/<int:number>")
def edit_asset(owner: str, name: str, number: int) -> Response:
    """A new name."""
    repository = find_repository(owner, name, "contents", "write")
    asset, release = _read_asset(repository, number)
    world, body = find_world(), read_json()
    try:
        changed = world.state.assets.update(
            asset.id, name=read_field(body, "name", str, "ReleaseAsset", default=asset.name),
            updated_at=world.state.now(),
        )  # fmt: skip
    except AlreadyExistsError:
        raise invalid("ReleaseAsset", "name", "already_exists") from None
    return answer(_build(repository, release, changed))


@api.delete("/repos/<owner>/<name>/releases/assets/<int:number>")
def remove_asset(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    releases.remove_asset(find_world(), _read_asset(repository, number)[0])
    return Response(status=204)


@uploads.post("/repos/<owner>/<name>/releases/<int:number>/assets")
def upload_asset(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    release, file_name = read_release(repository, number), request.args.get("name", "")
    if not file_name or "/" in file_name:
        raise invalid("ReleaseAsset", "name", "missing_field")
    if find_world().state.assets.count(release=release.id) >= releases.MOST_ASSETS:
        raise ApiError(422, "A release may have at most 1000 assets")
    kind = request.headers.get("Content-Type", "application/octet-stream")
    upload = releases.Upload(file_name, kind, request.stream, request.content_length)
    try:
        row = releases.add_asset(find_world(), release, find_actor(), upload)
    except AlreadyExistsError:
        raise invalid("ReleaseAsset", "name", "already_exists") from None
    except TooLargeError:
        raise ApiError(422, "size must be less than 2147483648") from None
    except CutShortError:
        raise ApiError(400, "Bad Content-Length") from None
    return answer(_build(repository, release, row), 201)


@downloads.get("/<owner>/<name>/releases/download/<path:rest>")
def download(owner: str, name: str, rest: str) -> Response:
    """`TAG/NAME`, the address that people and clients use; a tag may have slashes."""
    repository = find_repository(owner, name)
    tag, _, file_name = rest.rpartition("/")
    release = releases.find_release(find_world(), repository, tag)
    asset = find_world().state.assets.find(release=release.id, name=file_name) if release else None
    if asset is None or asset.state != "uploaded":
        return Response("Not Found", 404, content_type="text/plain; charset=utf-8")
    return _redirect(asset)


@downloads.get("/_assets/<int:number>")
def show_bytes(number: int) -> Response:
    world = find_world()
    if "Authorization" in request.headers:
        return _refuse(400, "InvalidArgument", "Only one auth mechanism allowed")
    expires, signature = request.args.get("expires", 0, int), request.args.get("signature", "")
    if not world.files.is_signed(number, expires, signature, now=world.state.clock()):
        return _refuse(403, "AccessDenied", "Request has expired")
    asset = world.state.assets.find(id=number)
    if asset is None or not asset.blob:
        return _refuse(404, "NoSuchKey", "The specified key does not exist.")
    try:
        return _send(asset)
    except RequestedRangeNotSatisfiable:
        refused = _refuse(416, "InvalidRange", "The range specified is invalid.")
        refused.headers["Content-Range"] = f"bytes */{asset.size}"
        return refused


def _named(name: str) -> dict[str, str]:
    """The file's name as a header can carry it: other letters than ASCII by RFC 8187."""
    return {"filename": name} if name.isascii() else {"filename*": f"UTF-8''{quote(name, safe='')}"}


def _send(asset: Asset) -> Response:
    """The file, or the range of it that was asked for; raises RequestedRangeNotSatisfiable.

    Not by `send_file`: gunicorn's file wrapper cannot seek, and Werkzeug reads all that is before the range.
    """
    file = find_world().files.path(asset.blob).open("rb")
    response = Response(
        FileWrapper(file, _CHUNK), direct_passthrough=True, mimetype="application/octet-stream"
    )
    response.call_on_close(file.close)
    response.content_length = asset.size
    response.set_etag((asset.digest or asset.blob).removeprefix("sha256:"))
    response.headers.set("Content-Disposition", "attachment", **_named(asset.name))
    response.headers["Cache-Control"] = "no-store"
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=asset.size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return response


def _refuse(status: int, code: str, message: str) -> Response:
    """The storage speaks XML, not GitHub's JSON."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(body, status, content_type="application/xml")


def _redirect(asset: Asset) -> Response:
    world = find_world()
    expires = int(world.state.clock()) + LIFETIME
    query = f"expires={expires}&signature={world.files.sign(asset.id, expires)}"
    target = f"{world.asset_root}/_assets/{asset.id}?{query}&name={quote(asset.name)}"
    return Response(status=302, headers={"Location": target, "Cache-Control": "no-cache"})


def _read_asset(repository: Repository, number: int) -> tuple[Asset, Release]:
    asset = find_world().state.assets.find(id=number)
    if asset is None:
        raise not_found()
    return asset, read_release(repository, asset.release)


def _build(repository: Repository, release: Release, asset: Asset) -> shapes.Json:
    world = find_world()
    return shapes.render_asset(world.urls, repository, release, asset, world.views.find_user)
