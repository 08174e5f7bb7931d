"""Addresses of repositories that have another name now, as GitHub answers them.

| request | answer |
|---|---|
| `/api/v3/repositories/ID…` | the same as under the repository's name |
| `/api/v3/repos/OLD…` | 301 to `/repositories/ID…`; 307 for what is not GET or HEAD |
| `/OLD…` (pages, downloads, git) | 301 to the new name |
| `/raw/OLD/…` | the file, with no redirect, as raw.githubusercontent.com does |

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.sandbox.model import Repository
from bot.sandbox.places import find_moved
from bot.sandbox.shapes.urls import DOCS
from bot.sandbox.world import World

Environment = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environment, Start], Iterable[bytes]]
_BY_ID = re.compile(r"/api/(v3|uploads)/repositories/(\d{1,15})(/.*)?")
_BY_NAME = re.compile(r"(/api/v3/repos|/api/uploads/repos|/raw|)/([^/]+)/([^/]+?)(\.git)?(/.*)?")
_OURS = ("api", "_sandbox", "_assets", "_pages")


class Moved:
    """Stands before the application."""

    def __init__(self, application: Application, world: World) -> None:
        self._application, self._world = application, world

    def __call__(self, environ: Environment, start_response: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if found := _BY_ID.fullmatch(path):
            return self._by_id(environ, start_response, found)
        found = _BY_NAME.fullmatch(path)
        if found is None or (not found[1] and found[2] in _OURS):
            return self._application(environ, start_response)
        kind, owner, name, git, rest = (found[number] or "" for number in range(1, 6))
        state = self._world.state
        if state.repositories.find(owner=owner, name=name) is not None:
            return self._application(environ, start_response)
        row = find_moved(state, f"{owner}/{name}")
        if row is None:
            return self._application(environ, start_response)
        if kind == "/raw":
            return self._pass_on(environ, start_response, f"/raw/{row.full_name}{rest}")
        return self._redirect(environ, start_response, self._address(row, kind, git + rest))

    def _by_id(self, environ: Environment, start: Start, found: re.Match[str]) -> Iterable[bytes]:
        row = self._world.state.repositories.find(id=int(found[2]))
        if row is None:
            return self._application(environ, start)
        path = f"/api/{found[1]}/repos/{row.full_name}{found[3] or ''}"
        return self._pass_on(environ, start, path)

    def _pass_on(self, environ: Environment, start: Start, path: str) -> Iterable[bytes]:
        return self._application({**environ, "PATH_INFO": path}, start)

    def _address(self, row: Repository, kind: str, rest: str) -> str:
        urls = self._world.urls
        if not kind:
            return f"{urls.page(row)}{rest}"
        root = urls.uploads if kind.startswith("/api/uploads") else urls.api
        return f"{root}/repositories/{row.id}{rest}"

    @staticmethod
    def _redirect(environ: Environment, start: Start, target: str) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        location = f"{target}?{query}" if query else target
        safe = environ["REQUEST_METHOD"] in {"GET", "HEAD"} or not target.count("/repositories/")
        status = "301 Moved Permanently" if safe else "307 Temporary Redirect"
        word = "Moved Permanently" if safe else "Temporary Redirect"
        body = json.dumps({"message": word, "url": location, "documentation_url": DOCS}).encode()
        headers = [
            ("Location", location),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(body))),
        ]
        start(status, headers)
        return [body]
