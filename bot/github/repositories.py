"""Repositories and people: what may be read, who may ask for what."""

import base64
import binascii
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import NotAllowed, NotFound
from bot.github.access import quote
from bot.github.client import Client
from bot.github.shapes import parse_repository
from bot.records import RepositoryFacts, Site

log = logging.getLogger(__name__)
ALLOW_FILE = ".github/altpress-allow"


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A repository that may hold a catalog; whether it does, its tree says."""

    site: Site
    repository: RepositoryFacts
    pushed_at: str | None  # ISO 8601; nothing can have changed since


class Repositories:
    """Reads repositories, permissions, and which repositories altpress can reach."""

    def __init__(self, client: Client, sites: Sequence[str] = ()) -> None:
        self._client = client
        self._sites = tuple(sites)

    def login(self) -> str:
        """The bot's own login: `<slug>[bot]` of an App, else the token's user."""
        if self._client.access.app_requester() is not None:
            return f"{self._client.as_app('/app', what='the GitHub App')['slug']}[bot]"
        return str(self._client.as_user("/user", what="the token's user")["login"])

    def discover_sites(self) -> Iterator[FoundSite]:
        """With a token: the named sites. With an App: every installed repository at its default branch.

        What cannot be looked at (a site that is gone, an installation that was just removed) is left out: it
        must not hide the others.
        """
        app = self._client.access.app_requester() is not None
        places = self._client.installations() if app else self._sites
        for place in places:
            try:
                yield from self._installed(place) if isinstance(place, int) else [self._named(place)]
            except (NotFound, NotAllowed) as error:
                log.warning("place_not_readable", extra={"place": place, "reason": error.public})

    def fetch_repository(self, full_name: str) -> RepositoryFacts:
        return parse_repository(self._client.read(full_name, "", what=full_name))

    def fetch_permission(self, repository: str, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read` or `none`; a custom role counts as its base."""
        path = f"/collaborators/{quote(login)}/permission"
        try:
            data = self._client.call("GET", repository, path, what=f"{repository}: permission")
        except NotFound:
            return "none"  # no such user any more
        role = str(data.get("role_name") or "")
        return role if role in {"admin", "maintain", "write", "triage", "read"} else str(data["permission"])

    def is_member(self, repository: str, team: str, login: str) -> bool:
        """Whether the person is an active member of `org/team`, the organisation of the repository.

        Raises NotAllowed where altpress has not the organisation permission `members: read`.
        """
        organisation, _, slug = team.partition("/")
        path = f"/orgs/{quote(organisation)}/teams/{quote(slug)}/memberships/{quote(login)}"
        try:
            data = self._client.as_user(path, what=f"{team}: members", repository=repository)
        except NotFound:
            return False
        return isinstance(data, dict) and data.get("state") == "active"

    def fetch_allow_file(self, repository: str) -> str | None:
        """`.github/altpress-allow` on the default branch: which foreign sites may publish its apps."""
        data = self._contents(repository, ALLOW_FILE, None)
        return None if data is None else _decode(data)

    def fetch_text(self, repository: str, path: str, ref: str) -> str | None:
        """A text file at this branch or commit, up to 1 MiB; None when it is not there, or no text."""
        data = self._contents(repository, path, ref)
        return None if data is None else _decode(data)

    def has_file(self, repository: str, path: str, ref: str) -> bool:
        """Whether the file is there at this branch or commit; cheaper than a whole tree."""
        return self._contents(repository, path, ref) is not None

    def _contents(self, repository: str, path: str, ref: str | None) -> Any:
        """GitHub's answer about a path; None when it is not there."""
        parameters = {"ref": ref} if ref else None
        address = f"/contents/{quote(path)}"
        try:
            return self._client.call(
                "GET", repository, address, what=f"{repository}: {path}", parameters=parameters
            )
        except NotFound:
            return None

    def resolve_tag(self, repository: str, tag: str) -> str:
        """The id of the commit that a tag names (an annotated tag is followed)."""
        data = self._client.call(
            "GET", repository, f"/commits/{quote(f'tags/{tag}')}", what=f"{repository}: tag"
        )
        return str(data["sha"])

    def _installed(self, installation: int) -> Iterator[FoundSite]:
        for data in self._client.installed(installation):
            facts = parse_repository(data)
            self._client.access.learn(facts.full_name, installation)
            site = Site(repository=facts.full_name, branch=facts.default_branch, installation=installation)
            yield FoundSite(site, facts, data.get("pushed_at"))

    def _named(self, name: str) -> FoundSite:
        """`owner/repo[@branch]`."""
        repository, _, branch = name.partition("@")
        data = self._client.read(repository, "", what=repository)
        facts = parse_repository(data)
        site = Site(repository=facts.full_name, branch=branch or facts.default_branch)
        return FoundSite(site, facts, data.get("pushed_at"))


def _decode(data: Any) -> str | None:
    """A contents answer's text; None for a folder, a submodule, or bytes that are no text."""
    if not isinstance(data, dict) or data.get("encoding") != "base64":
        return None
    try:
        return base64.b64decode(data["content"]).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
