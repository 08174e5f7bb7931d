"""The sandbox as a WSGI application: all its routes, and what every request passes through."""

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from bot.sandbox import (  # noqa: F401 -- they add their routes to `control`
    control_checks,
    control_keys,
    control_limits,
    control_oidc,
    control_places,
    control_pulls,
    control_teams,
    control_world,
)
from bot.sandbox.clone import clone
from bot.sandbox.content_limits import ContentLimits
from bot.sandbox.control import control
from bot.sandbox.errors import AuthError
from bot.sandbox.faults import Faults, lose_answer, spoil_call
from bot.sandbox.http import ApiError, RateLimits, add_etag
from bot.sandbox.moved import Moved
from bot.sandbox.raw_cache import RawCache
from bot.sandbox.routes import API, PAGES, UPLOADS
from bot.sandbox.routes.lookups import find_limits, find_world, name_caller
from bot.sandbox.world import World

_FREE = ("/api/v3/rate_limit", "/api/v3/meta")  # paths that cost nothing


def create_app(world: World, *, limits: RateLimits | None = None, faults: Faults | None = None) -> Flask:
    """The application of one sandbox."""
    app = Flask("altpress-sandbox", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["sandbox"] = world
    app.extensions["rate_limits"] = limits or RateLimits()
    app.extensions["content_limits"] = ContentLimits()
    app.extensions["faults"] = faults or Faults()
    app.extensions["raw_cache"] = RawCache()
    mounted = {"/api/v3": API, "/api/uploads": UPLOADS, None: (*PAGES, clone, control)}
    for prefix, blueprints in mounted.items():
        for blueprint in blueprints:
            app.register_blueprint(blueprint, url_prefix=prefix)
    app.before_request(_identify)
    app.after_request(_finish)
    app.register_error_handler(ApiError, ApiError.response)
    app.register_error_handler(AuthError, _show_auth_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.wsgi_app = Moved(app.wsgi_app, world)  # type: ignore[method-assign]  # Flask's own way to wrap
    return app


def _identify() -> Response | None:
    """Who calls, before any route. The storage and the control endpoints have credentials of their own."""
    g.limited = request.path.startswith("/api/") and request.path not in _FREE
    if request.path.startswith("/_sandbox"):
        return None
    if request.path.startswith("/_assets/"):
        return spoil_call(current_app.extensions["faults"])
    g.caller = find_world().auth.identify(request.headers.get("Authorization"))
    limits = find_limits()
    # reading needs no token here, so nobody who has none is ever sent away
    if g.limited and g.caller.kind != "anonymous" and limits.use(name_caller(), 0)[1] >= limits.limit:
        return ApiError(403, f"API rate limit exceeded for {name_caller()}.").response()
    if g.limited and (refusal := control_limits.count_write(name_caller())):
        return refusal
    if g.limited and g.caller.kind in {"app", "installation"}:
        return spoil_call(current_app.extensions["faults"])
    return None


def _finish(response: Response) -> Response:
    lose_answer(response)
    if not request.path.startswith("/api/"):
        return response
    response = add_etag(response)
    if g.get("limited") and "caller" in g:
        find_limits().add_headers(response, name_caller())
    token = g.caller.token if "caller" in g else None
    if token is not None and token.kind == "user" and token.expires_at:  # `2026-11-22 21:48:16 UTC`
        ends = token.expires_at.replace("T", " ").replace("Z", " UTC")
        response.headers["GitHub-Authentication-Token-Expiration"] = ends
    return response


def _show_auth_error(error: AuthError) -> Response:
    response = ApiError(error.status, error.message).response()
    if error.status == 401 and ".git/" in request.path:
        response.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'  # makes git ask for a password
    return response


def _show_http_error(error: HTTPException) -> Response:
    """What Flask itself refuses: unknown paths and methods are 404, as on GitHub."""
    status = 404 if error.code in {404, 405, None} else error.code
    assert status is not None
    return ApiError(status, "Not Found" if status == 404 else error.name).response()
