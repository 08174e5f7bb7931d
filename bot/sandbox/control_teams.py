"""Teams of an organisation.

| request | does |
|---|---|
| PUT teams | `team` (`org/slug`) has these `members`; who was asked and has not answered is `pending` |
"""

from flask import Response

from bot.sandbox.control import control
from bot.sandbox.http import ApiError, answer, read_json
from bot.sandbox.routes.lookups import find_world


@control.put("/teams")
def put_team() -> Response:
    body = read_json()
    team = str(body.get("team", ""))
    if team.count("/") != 1:
        raise ApiError(422, "team must be org/slug")
    members = dict.fromkeys((str(login).lower() for login in body.get("pending", ())), "pending")
    members |= dict.fromkeys((str(login).lower() for login in body.get("members", ())), "active")
    find_world().state.save_fact(f"team:{team}".lower(), members)
    return answer({"team": team, "members": members})
