"""What GitHub says besides its answers: what it still allows, when the token ends, and how often it fails."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from github import Auth, GithubException
from github.Requester import Requester

from bot.errors import RateLimited
from bot.github.errors import translate
from bot.metrics.meter import Budget

EXPIRY = "github-authentication-token-expiration"
AT_ONCE = 300.0  # seconds


class Said:
    """By all answers of one client so far."""

    def __init__(self) -> None:
        self.budgets: dict[tuple[str, str], Budget] = {}  # as the newest answers say
        self.failures = Counter[str]()  # by reason: those of `bot/metrics/table.py`
        self.token_ends: tuple[float | None] | None = None  # Unix seconds, None: never; nothing: not told

    @contextmanager
    def hearing(self, requester: Requester) -> Iterator[None]:
        """Around one request: what came to nothing is counted, and what its headers say is heard."""
        try:
            yield
        except GithubException as error:
            headers = error.headers or {}
            self._hear_budget(requester, headers)
            if (reason := reason_of(error.status, error.data, headers)) is not None:
                self.failures[reason] += 1
            raise
        except requests.RequestException:
            self.failures["unavailable"] += 1
            raise

    def hear(self, requester: Requester, headers: Mapping[str, Any], *, whole: bool) -> None:
        """An answer's headers (lower-case names); `whole`: not one of 304, which may leave some out."""
        self._hear_budget(requester, headers)
        if installation_of(requester.auth) == "token" and (whole or EXPIRY in headers):
            self.token_ends = (parse_expiry(headers),)

    def _hear_budget(self, requester: Requester, headers: Mapping[str, Any]) -> None:
        budget = parse_budget(headers, installation_of(requester.auth))
        if budget is not None:
            self.budgets[budget.resource, budget.installation] = budget


def reason_of(status: int, data: Any, headers: Mapping[str, Any]) -> str | None:
    """Why it came to nothing; None for what is an answer: not there, not so, not now."""
    if status >= 500:
        return "unavailable"
    if status == 401:
        return "unauthorized"
    message = data.get("message") if isinstance(data, dict) else None
    if isinstance(translate("", status, str(message or ""), headers), RateLimited):
        return "limited"
    return "forbidden" if status == 403 else None


def parse_expiry(headers: Mapping[str, Any]) -> float | None:
    """When the token ends, in Unix seconds; None where the headers (lower-case names) name no time.

    `2026-12-31 09:00:00 UTC`, or with an offset (`+0900`):
    https://github.blog/changelog/2021-07-26-expiration-options-for-personal-access-tokens/
    Some tokens' time is that of the answer itself (https://github.com/google/go-github/issues/3708), which
    says nothing.
    """
    text = str(headers.get(EXPIRY, "")).strip()
    try:
        ends = datetime.strptime(text.replace(" UTC", " +0000"), "%Y-%m-%d %H:%M:%S %z").timestamp()
    except ValueError:
        return None
    try:
        answered = parsedate_to_datetime(str(headers.get("date", ""))).timestamp()
    except (ValueError, TypeError):
        return ends
    return None if abs(ends - answered) < AT_ONCE else ends


def parse_budget(headers: Mapping[str, Any], installation: str) -> Budget | None:
    """What an answer's headers (lower-case names) say about the rate limit; None when they say nothing.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    try:
        remaining, limit, reset = (
            int(headers[f"x-ratelimit-{name}"]) for name in ("remaining", "limit", "reset")
        )
    except (KeyError, ValueError):
        return None
    resource = str(headers.get("x-ratelimit-resource", "core"))
    return Budget(resource[:40], installation, remaining, limit, reset)


def installation_of(auth: Auth.Auth | None) -> str:
    """Whose budget a request comes out of."""
    if isinstance(auth, Auth.AppInstallationAuth):
        return str(auth.installation_id)
    return "app" if isinstance(auth, Auth.AppAuth) else "token"
