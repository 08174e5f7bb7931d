"""The App's private keys, as its settings page on GitHub has them: several may be valid at once.

| request | does |
|---|---|
| GET app-keys | the fingerprints of those that are valid |
| POST app-keys | one more, made here; its private half is in the answer and kept nowhere |
| DELETE app-keys/FINGERPRINT | from now on it signs nothing |
"""

from flask import Response

from bot.sandbox.app_keys import add_key, load_keys, remove_key
from bot.sandbox.control import control
from bot.sandbox.http import answer, not_found
from bot.sandbox.prepare import make_key, public_half
from bot.sandbox.routes.lookups import find_world


@control.get("/app-keys")
def list_keys() -> Response:
    return answer([{"fingerprint": fingerprint} for fingerprint in load_keys(find_world().state)])


@control.post("/app-keys")
def make_app_key() -> Response:
    private = make_key()
    fingerprint = add_key(find_world().state, public_half(private))
    return answer({"fingerprint": fingerprint, "private_key": private.decode()}, 201)


@control.delete("/app-keys/<path:fingerprint>")
def remove_app_key(fingerprint: str) -> Response:
    if not remove_key(find_world().state, fingerprint):
        raise not_found()
    return Response(status=204)
