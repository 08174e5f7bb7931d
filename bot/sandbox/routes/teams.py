"""Teams of an organisation, as far as a bot asks for them: who is a member."""

from flask import Blueprint, Response

from bot.sandbox.errors import AuthError
from bot.sandbox.http import answer, not_found
from bot.sandbox.routes.lookups import find_caller, find_world

api = Blueprint("teams", __name__)


@api.get("/orgs/<organisation>/teams/<slug>/memberships/<login>")
def show_membership(organisation: str, slug: str, login: str) -> Response:
    """An App needs the organisation permission `members: read`, and to be installed there."""
    caller, world = find_caller(), find_world()
    if caller.kind == "anonymous":
        raise AuthError(401, "Requires authentication")
    if caller.kind != "user":
        granted = caller.token.permissions if caller.token else {}
        if granted.get("members") not in {"read", "write"}:
            raise AuthError(403, "Resource not accessible by integration")
        if caller.installation is None or caller.installation.account.lower() != organisation.lower():
            raise not_found()
    members = world.state.load_fact(f"team:{organisation}/{slug}".lower()) or {}
    state = members.get(login.lower())
    if state is None:
        raise not_found()
    url = f"{world.urls.api}/orgs/{organisation}/teams/{slug}/memberships/{login}"
    return answer({"url": url, "role": "member", "state": state})
