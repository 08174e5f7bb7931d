"""One place through which every request to GitHub's API goes: counted, translated, bounded.

PyGithub's requester is used below its objects: one `call` is exactly one request, so that the budgets of a
publish and an ingest can be stated and tested (its objects complete themselves with hidden GETs).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from github.Requester import Requester

from bot.errors import NotFound
from bot.github.access import PER_PAGE, Access, quote
from bot.github.answers import AnswerCache, KeptAnswer, find_cursor, has_next
from bot.github.errors import translated
from bot.github.said import Said, installation_of

MOST_PAGES = 200  # a list that never ends is an error of the server's, not work of ours
Verb = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Client:
    """GitHub's REST API over PyGithub: JSON in, JSON out, our errors, one place that counts."""

    def __init__(self, access: Access, api_url: str, requests: Counter[str]) -> None:
        self.access = access
        self.api_url = api_url
        self.requests = requests
        self.writes = Counter[str]()  # by installation: what GitHub's limits of content count
        self.answers: AnswerCache | None = None  # without it, every GET is asked afresh
        self.said = Said()

    def call(
        self,
        verb: Verb,
        repository: str,
        path: str,
        *,
        what: str,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """One request to `/repos/<repository><path>`; the answer's JSON. Raises one of `bot.errors`."""
        with translated(what):
            requester = self.access.requester_of(repository)
            _, data = self._send(requester, verb, f"/repos/{quote(repository)}{path}", parameters, body)
        return data

    def read(self, repository: str, path: str, *, what: str) -> Any:
        """One GET below `/repos/<repository>`, which costs nothing when the answer is the last one's."""
        with translated(what):
            requester = self.access.requester_of(repository)
            return self._get(requester, f"/repos/{quote(repository)}{path}", {})[0]

    def pages(
        self, repository: str, path: str, *, what: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[Any]:
        """Every item of a paged list below `/repos/<repository>`; unchanged pages cost nothing."""
        with translated(what):
            requester = self.access.requester_of(repository)
        yield from self._walk(
            requester, f"/repos/{quote(repository)}{path}", what=what, parameters=parameters
        )

    def installations(self) -> Iterator[int]:
        """The App's installations that are not suspended."""
        for data in self._walk(self._app(), "/app/installations", what="the App's installations"):
            if not data.get("suspended_at"):
                yield int(data["id"])

    def installed(self, installation: int) -> Iterator[dict[str, Any]]:
        """The repositories that one installation reaches."""
        with translated("the App's installation"):
            requester = self.access.installation_requester(installation)
        path, what = "/installation/repositories", f"installation {installation}"
        yield from self._walk(requester, path, what=what, item="repositories")

    def as_app(
        self, path: str, *, what: str, verb: Verb = "GET", body: Mapping[str, Any] | None = None
    ) -> Any:
        """One request signed as the App itself."""
        with translated(what):
            if verb == "GET":
                return self._get(self._app(), path, {})[0]
            return self._send(self._app(), verb, path, body=body)[1]

    def app_pages(self, path: str, *, what: str) -> Iterator[Any]:
        """Every item of a paged list of the App's own."""
        yield from self._walk(self._app(), path, what=what)

    def headers(self, path: str, *, what: str) -> dict[str, str]:
        """What GitHub says besides the answer to one GET; names in lower case."""
        with translated(what):
            return dict(self._send(self.access.requester_of(""), "GET", path)[0])

    def as_user(self, path: str, *, what: str, repository: str = "") -> Any:
        """One GET that concerns no repository, with a token; or with the installation at this one's owner."""
        with translated(what):
            return self._send(self.access.requester_of(repository), "GET", path)[1]

    def authorization(self, repository: str) -> str:
        """The `Authorization` header for an asset of a private repository."""
        with translated(repository):
            auth = self.access.requester_of(repository).auth
            if auth is None:
                raise NotFound(f"{repository}: altpress is not signed in.")
            return f"{auth.token_type} {auth.token}"

    def _app(self) -> Requester:
        requester = self.access.app_requester()
        if requester is None:
            raise NotFound("altpress is not a GitHub App here.")
        return requester

    def _walk(
        self,
        requester: Requester,
        path: str,
        *,
        what: str,
        item: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Iterator[Any]:
        """Every item of a paged list at an absolute API path; `item` names the list inside an object."""
        for page in range(1, MOST_PAGES + 1):
            with translated(what):
                asked = {**(parameters or {}), "per_page": PER_PAGE, "page": page}
                data, more = self._get(requester, path, asked)
            yield from data[item] if item else data
            if not more:
                return

    def _get(self, requester: Requester, path: str, parameters: Mapping[str, Any]) -> tuple[Any, bool]:
        """The answer, and whether a next page follows; from `answers`, where GitHub says that it holds."""
        if self.answers is None:
            headers, data = self._send(requester, "GET", path, parameters)
            return data, has_next(headers)
        key = f"{installation_of(requester.auth)} {path}?{urlencode(sorted(parameters.items()))}"
        kept = self.answers.load(key)
        headers, data = self._send(requester, "GET", path, parameters, etag=kept.etag if kept else None)
        if data is None and kept is not None:  # 304
            # of this page: a full one, unchanged, may have got a next one since
            return kept.data, kept.more or has_next(headers) or _is_full(kept.data)
        more = has_next(headers)
        if etag := headers.get("etag"):
            self.answers.save(key, KeptAnswer(str(etag), data, more))
        return data, more

    def call_paged(self, path: str, *, what: str, repository: str | None = None) -> tuple[Any, str | None]:
        """A page of a list that goes on by cursor: its items, and the next page's cursor.

        `path` is that of the App, or below `/repos/<repository>`.
        """
        with translated(what):
            requester, whole = self._aim(path, repository)
            headers, data = self._send(requester, "GET", whole)
        return data, find_cursor(headers)

    def ask(self, path: str, *, what: str, repository: str | None = None) -> None:
        """A POST whose answer says nothing; paths as in `call_paged`."""
        with translated(what):
            requester, whole = self._aim(path, repository)
            self.requests["api"] += 1
            with self.said.hearing(requester):
                headers = requester.requestJsonAndCheck("POST", whole)[0]
            self.said.hear(requester, headers, whole=True)

    def _aim(self, path: str, repository: str | None) -> tuple[Requester, str]:
        if repository is None:
            return self._app(), path
        return self.access.requester_of(repository), f"/repos/{quote(repository)}{path}"

    def _send(
        self,
        requester: Requester,
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
    ) -> tuple[dict[str, Any], Any]:
        """The answer's headers and JSON; None for "not modified", which only a request with an ETag gets."""
        self.requests["api"] += 1
        if verb != "GET" and path.startswith("/repos/"):
            self.writes[installation_of(requester.auth)] += 1
        with self.said.hearing(requester):
            headers, data = requester.requestJsonAndCheck(
                verb,
                path,
                parameters=dict(parameters) if parameters else None,
                headers={"If-None-Match": etag} if etag else None,
                input=dict(body) if body is not None else None,
            )
        self.said.hear(requester, headers, whole=data is not None)
        # PyGithub gives no status; of the answers to a GET, a 304 alone has an empty body
        if etag is not None and data is None:
            self.requests.update({"api": -1, "not_modified": 1})
            return headers, None
        if not _is_json(data) and not (verb == "DELETE" and data is None):  # 204: gone, and nothing to say
            raise ValueError("a proxy's page, or a redirect")
        return headers, data


def _is_full(data: Any) -> bool:
    lists = data.values() if isinstance(data, dict) else [data]
    return any(isinstance(found, list) and len(found) == PER_PAGE for found in lists)


def _is_json(data: Any) -> bool:
    """PyGithub wraps text that is no JSON as `{"data": text}` and gives None for an empty body."""
    wrapped = isinstance(data, dict) and isinstance(data.get("data"), str) and data.keys() <= {"data", "url"}
    return isinstance(data, dict | list) and not wrapped
