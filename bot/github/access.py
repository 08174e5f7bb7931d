"""Who altpress is on GitHub: a token, or an App with an installation for each account.

PyGithub's pauses are tuned on purpose:

- `seconds_between_requests=0`: reads are few (an ingest has one), far below 900 points a minute.
- `seconds_between_writes=0`: a publish is three or four writes in a row, which belong together; what must be
  spread out are publishes, and the queue does that (one per site and interval).
- `retry`: connection failures alone, before anything was sent. A limit or a 5xx becomes one of our errors at
  once: a worker that sleeps in a request would hold up every other site.
"""

import urllib.parse
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import github
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github import Auth
from github.InstallationAuthorization import InstallationAuthorization
from github.Requester import Requester
from urllib3.util import Retry

from bot.errors import BadSettings, NotFound
from bot.github.errors import translated

TIMEOUT = 15  # seconds for one request
PER_PAGE = 100  # GitHub's largest page
USER_AGENT = "altpress"


class Access(Protocol):
    """Who altpress is on GitHub."""

    def requester_of(self, repository: str) -> Requester:
        """An authenticated requester that may read (and where it can, write) this `owner/name`."""

    def app_requester(self) -> Requester | None:
        """A requester signed as the App itself; None with a token."""

    def installation_requester(self, installation: int) -> Requester:
        """The requester of one installation."""

    def installation_of(self, repository: str) -> int | None:
        """The installation that reaches the repository's owner; None with a token, or where there is none."""

    def learn(self, repository: str, installation: int | None) -> None:
        """An installation that a webhook or the stored site named: saves a look-up."""

    def close(self) -> None:
        """Give the connections back."""


class TokenAccess:
    """A fine-grained token: the same for every repository."""

    def __init__(self, token: str, api_url: str) -> None:
        self._requester = make_requester(Auth.Token(token), api_url)

    def requester_of(self, repository: str) -> Requester:
        del repository
        return self._requester

    def app_requester(self) -> Requester | None:
        return None

    def installation_requester(self, installation: int) -> Requester:
        del installation
        return self._requester

    def installation_of(self, repository: str) -> int | None:
        del repository
        return None

    def learn(self, repository: str, installation: int | None) -> None:
        pass

    def close(self) -> None:
        self._requester.close()


class PublicAccess(TokenAccess):
    """Nobody: public repositories may be read, 60 requests an hour."""

    def __init__(self, api_url: str) -> None:
        self._requester = make_requester(None, api_url)


class AppAccess:
    """A GitHub App: one installation an account, found by the repository's owner.

    Installation tokens live an hour; they are kept in memory and renewed before they end (PyGithub renews
    20 seconds before). Both the renewals and the look-ups of an installation are counted as "token".
    """

    def __init__(self, app_id: int, private_key: str, api_url: str, requests: Counter[str]) -> None:
        self._api_url = api_url
        self._requests = requests
        self._auth = Auth.AppAuth(app_id, sign_func=make_signer(private_key))
        self._app = make_requester(self._auth, api_url)
        self._by_owner: dict[str, int] = {}
        self._elsewhere: set[str] = set()  # repositories where the App is not installed
        self._requesters: dict[int, Requester] = {}

    def app_requester(self) -> Requester | None:
        return self._app

    def learn(self, repository: str, installation: int | None) -> None:
        if installation is not None:
            self._by_owner[_owner(repository)] = installation

    def requester_of(self, repository: str) -> Requester:
        """By the owner's installation; where the App is not installed, by any that is known.

        Any installation's token reads public repositories, with its own limits instead of the 60 requests
        an hour of an anonymous client; private ones answer 404, as they should.
        """
        installation = self.installation_of(repository)
        if installation is None:
            installation = next(iter(self._by_owner.values()), None)
        if installation is None:
            raise NotFound(f"{repository}: the GitHub App is not installed there.")
        return self.installation_requester(installation)

    def installation_requester(self, installation: int) -> Requester:
        if installation not in self._requesters:
            auth = _CountedAuth(self._auth, installation, self._requests)
            self._requesters[installation] = make_requester(auth, self._api_url)
        return self._requesters[installation]

    def close(self) -> None:
        for requester in (self._app, *self._requesters.values()):
            requester.close()

    def installation_of(self, repository: str) -> int | None:
        owner = _owner(repository)
        if owner not in self._by_owner and repository.lower() not in self._elsewhere:
            self._look_up(repository)
        return self._by_owner.get(owner)

    def _look_up(self, repository: str) -> None:
        self._requests["token"] += 1
        try:
            with translated(f"{repository}: installation"):
                path = f"/repos/{quote(repository)}/installation"
                self.learn(repository, int(self._app.requestJsonAndCheck("GET", path)[1]["id"]))
        except NotFound:
            self._elsewhere.add(repository.lower())


class _CountedAuth(Auth.AppInstallationAuth):
    """An installation's token, each renewal counted."""

    def __init__(self, app: Auth.AppAuth, installation: int, requests: Counter[str]) -> None:
        super().__init__(app, installation)
        self._requests = requests

    def _get_installation_authorization(self) -> InstallationAuthorization:
        self._requests["token"] += 1
        return super()._get_installation_authorization()


def make_signer(private_key: str) -> Callable[[dict[str, Any]], str]:
    """Signs the App's JWTs. Raises BadSettings for what is no RSA key.

    The key is read once and without the primality tests, which cost 40 ms each time PyJWT is handed the PEM,
    and every job signs one: they guard against keys of strangers, and this one is the operator's own.
    """
    try:
        key = load_pem_private_key(private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSettings("ALTPRESS_GITHUB_APP_PRIVATE_KEY is no private key in PEM form.") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadSettings("ALTPRESS_GITHUB_APP_PRIVATE_KEY is no RSA key; GitHub's are.")
    return lambda payload: jwt.encode(payload, key, algorithm="RS256")


def make_requester(auth: Auth.Auth | None, api_url: str) -> Requester:
    """PyGithub's requester with the pauses of the module docstring."""
    return github.Github(
        auth=auth,
        base_url=api_url,
        timeout=TIMEOUT,
        user_agent=USER_AGENT,
        per_page=PER_PAGE,
        seconds_between_requests=0,
        seconds_between_writes=0,
        retry=Retry(total=2, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.1),
        lazy=True,
    ).requester


def quote(path: str) -> str:
    """A path part for a URL; slashes stay, dots alone do not climb."""
    return "/".join(
        urllib.parse.quote(part, safe="") for part in path.split("/") if part not in {"", ".", ".."}
    )


def _owner(repository: str) -> str:
    return repository.split("/", 1)[0].lower()
