"""What the issuer of the jobs' tokens says of itself; anybody may read it."""

from flask import Blueprint, Response, current_app

from bot.sandbox.http import answer, not_found
from bot.sandbox.oidc import PATH, TokenIssuer

pages = Blueprint("oidc", __name__, url_prefix=f"{PATH}/.well-known")


@pages.get("/openid-configuration")
def show_configuration() -> Response:
    return answer(find_issuer().show_configuration())


@pages.get("/jwks")
def show_keys() -> Response:
    return answer(find_issuer().show_keys())


def find_issuer() -> TokenIssuer:
    """Raises ApiError 404 in a sandbox that was made without one."""
    issuer = current_app.extensions.get("oidc")
    if not isinstance(issuer, TokenIssuer):
        raise not_found()
    return issuer
