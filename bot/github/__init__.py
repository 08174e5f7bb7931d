"""GitHub, as altpress needs it: the one place where PyGithub's names appear.

Every method raises errors of `bot.errors` alone (`errors.py` has the table); no token appears in any of them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from bot.github.access import Access, AppAccess, PublicAccess, TokenAccess
from bot.github.client import Client
from bot.github.comments import Comments
from bot.github.hooks import Hooks
from bot.github.publisher import Publisher
from bot.github.releases import Releases
from bot.github.repositories import Repositories
from bot.metrics.meter import Budget
from bot.records import Site


class GitHub(Repositories, Releases, Publisher, Comments, Hooks):
    """All of it over one client. `requests` counts what was sent: "api", "token" (signing in), "asset"."""

    def __init__(
        self, access: Access, api_url: str, *, sites: Sequence[str] = (), requests: Counter[str]
    ) -> None:
        self.requests = requests
        self._access = access
        self._budgets = (client := Client(access, api_url, requests)).budgets
        Repositories.__init__(self, client, sites)

    @classmethod
    def from_token(cls, token: str, api_url: str, sites: Sequence[str]) -> Self:
        """A fine-grained token and the sites it is for (`owner/repo[@branch]`)."""
        return cls(TokenAccess(token, api_url), api_url, sites=sites, requests=Counter())

    @classmethod
    def from_app(cls, app_id: int, private_key: str, api_url: str) -> Self:
        """A GitHub App by id and private key (PEM)."""
        requests: Counter[str] = Counter()
        return cls(AppAccess(app_id, private_key, api_url, requests), api_url, requests=requests)

    @classmethod
    def public(cls, api_url: str) -> Self:
        """Without credentials: reads what everybody may read."""
        return cls(PublicAccess(api_url), api_url, requests=Counter())

    def learn(self, site: Site) -> None:
        """Use the site's installation for everything of its owner's, without looking it up."""
        self._access.learn(site.repository, site.installation)

    def find_installation(self, repository: str) -> int | None:
        """The App's installation for the repository; None with a token, or where it is not installed."""
        return self._access.installation_of(repository)

    def take_budgets(self) -> list[Budget]:
        """What GitHub said about its rate limits since this was last asked."""
        return [self._budgets.pop(key) for key in list(self._budgets)]

    def close(self) -> None:
        self._access.close()
