"""GitHub, as altpress needs it: the one place where PyGithub's names appear.

Every method raises errors of `bot.errors` alone (`errors.py` has the table); no token appears in any of them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from bot.github.access import Access, AppAccess, TokenAccess
from bot.github.client import Client
from bot.github.comments import Comments
from bot.github.publisher import Publisher
from bot.github.releases import Releases
from bot.github.repositories import Repositories
from bot.records import Site


class GitHub(Repositories, Releases, Publisher, Comments):
    """All of it over one client. `requests` counts what was sent: "api", "token" (signing in), "asset"."""

    def __init__(
        self, access: Access, api_url: str, *, sites: Sequence[str] = (), requests: Counter[str]
    ) -> None:
        self.requests = requests
        self._access = access
        Repositories.__init__(self, Client(access, api_url, requests), sites)

    @classmethod
    def from_token(cls, token: str, api_url: str, sites: Sequence[str]) -> Self:
        """A fine-grained token and the sites it is for (`owner/repo[@branch]`)."""
        return cls(TokenAccess(token, api_url), api_url, sites=sites, requests=Counter())

    @classmethod
    def from_app(cls, app_id: int, private_key: str, api_url: str) -> Self:
        """A GitHub App by id and private key (PEM)."""
        requests: Counter[str] = Counter()
        return cls(AppAccess(app_id, private_key, api_url, requests), api_url, requests=requests)

    def learn(self, site: Site) -> None:
        """Use the site's installation for everything of its owner's, without looking it up."""
        self._access.learn(site.repository, site.installation)

    def find_installation(self, repository: str) -> int | None:
        """The App's installation for the repository; None with a token, or where it is not installed."""
        return self._access.installation_of(repository)

    def close(self) -> None:
        self._access.close()
