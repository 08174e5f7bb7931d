"""GitHub, as altpress needs it: the one place where PyGithub's names appear.

Every method raises errors of `bot.errors` alone (`errors.py` has the table); no token appears in any of them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from bot.errors import NotAllowed
from bot.github.access import Access, AppAccess, PublicAccess, TokenAccess, quote
from bot.github.answers import AnswerCache, KeptAnswer
from bot.github.checks import Checks
from bot.github.client import Client
from bot.github.comments import Comments
from bot.github.history import History
from bot.github.hooks import Hooks
from bot.github.pulls import Pulls
from bot.github.releases import Releases
from bot.github.repositories import Repositories
from bot.github.reviews import Reviews
from bot.metrics.meter import Budget
from bot.records import Site


class GitHub(Repositories, Releases, Pulls, Reviews, Checks, History, Comments, Hooks):
    """All of it over one client.

    `requests` counts what was sent: "api", "not_modified" (an unchanged answer, which is free of charge),
    "token" (signing in), "asset".
    """

    def __init__(
        self, access: Access, api_url: str, *, sites: Sequence[str] = (), requests: Counter[str]
    ) -> None:
        self.requests = requests
        self._access = access
        client = Client(access, api_url, requests)
        self._said, self._writes = client.said, client.writes
        self._answering = client
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

    def remember(self, answers: AnswerCache) -> None:
        """Ask with the ETags of these answers from now on: what did not change costs nothing."""
        self._answering.answers = answers

    def learn(self, site: Site) -> None:
        """Use the site's installation for everything of its owner's, without looking it up."""
        self._access.learn(site.repository, site.installation)

    def find_installation(self, repository: str) -> int | None:
        """The App's installation for the repository; None with a token, or where it is not installed."""
        return self._access.installation_of(repository)

    def find_covering(self, repository: str) -> int | None:
        """The installation that reaches this very repository, asked of GitHub now; None with a token.

        Raises NotFound where the App is not installed for it, NotAllowed while it is suspended there.
        """
        if self._access.app_requester() is None:
            return None
        what = f"{repository}: the App's installation"
        data = self._client.as_app(f"/repos/{quote(repository)}/installation", what=what)
        if data.get("suspended_at"):
            raise NotAllowed(f"{repository}: the GitHub App is suspended there.")
        self._access.learn(repository, int(data["id"]))
        return int(data["id"])

    def take_budgets(self) -> list[Budget]:
        """What GitHub said about its rate limits since this was last asked."""
        budgets = self._said.budgets
        return [budgets.pop(key) for key in list(budgets)]

    def take_failures(self) -> dict[str, int]:
        """Requests that came to nothing since this was last asked, by reason."""
        failed = dict(self._said.failures)
        self._said.failures.clear()
        return failed

    def take_token_ends(self) -> tuple[float | None] | None:
        """When the token ends (Unix seconds; None: never), if GitHub said so since this was last asked."""
        told, self._said.token_ends = self._said.token_ends, None
        return told

    def take_writes(self) -> dict[str, int]:
        """Content writes sent since this was last asked, by installation ("token" with a token)."""
        sent = dict(self._writes)
        self._writes.clear()
        return sent

    def close(self) -> None:
        self._access.close()


__all__ = ["AnswerCache", "GitHub", "KeptAnswer"]
