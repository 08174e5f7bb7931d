"""PyGithub's and requests' exceptions -> ours, in one table. No I/O.

    | what GitHub answered                            | ours                                             |
    |-------------------------------------------------|--------------------------------------------------|
    | nothing: refused, timed out, not JSON, 5xx      | Unavailable                                      |
    | 429, or 403 that names a limit                  | RateLimited(retry_after), from its own headers   |
    | 401                                             | BadSettings: the credentials are refused         |
    | 403                                             | NotAllowed                                       |
    | 404, 410, 451                                   | NotFound                                         |
    | 409, or 422 "Update is not a fast forward"      | Conflict                                         |
    | 403, 409, 422 in the words of a protected       | ProtectedBranch                                  |
    | branch, or of a ruleset (`names_protection`)    |                                                  |
    | 400, 422                                        | Rejected, with GitHub's own words                |

GitHub's texts go through `clean`: one bounded line, no address with a query (signed ones carry secrets).
The exceptions' own text is never used: PyGithub prints the whole answer, requests prints the address.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import github
import requests

from bot.errors import (
    BadSettings,
    BotError,
    Conflict,
    NotAllowed,
    NotFound,
    ProtectedBranch,
    RateLimited,
    Rejected,
    Unavailable,
)

PAUSE = 60.0  # seconds; GitHub's advice where a limit names no time
LONGEST_PAUSE = 3600.0  # primary limits reset within the hour
_GONE = {404, 410, 451}
_PROTECTED = {403, 409, 422}
_PROTECTION_WORDS = (
    "protected branch",
    "rule violation",
    "through a pull request",
    "approving review",
    "authorized to push to this branch",
    "required status check",
    "through the merge queue",
)
_LIMIT_WORDS = ("rate limit", "abuse detection", "wait a few minutes", "retry your request again later")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what PyGithub and requests raise inside into ours; `what` is public: "acme/app: release 7"."""
    try:
        yield
    except github.GithubException as error:
        raise translate(what, error.status, _message(error.data), error.headers or {}) from None
    except requests.RequestException as error:
        raise Unavailable(
            f"{what}: GitHub does not answer ({type(error).__name__}).", retry_after=10.0
        ) from None
    except ValueError:
        # a body that is no JSON (a proxy's error page); the text itself may hold anything
        raise Unavailable(f"{what}: GitHub's answer could not be read.", retry_after=10.0) from None
    except RuntimeError:
        # PyGithub's only RuntimeErrors: a 301 to another host or scheme
        raise BadSettings(
            "ALTPRESS_GITHUB_API_URL redirects elsewhere; set it to the address it leads to."
        ) from None


def translate(what: str, status: int, message: str, headers: Mapping[str, str]) -> BotError:
    """The table above. `headers` have lower-case names, as PyGithub gives them."""
    if status == 429 or (status == 403 and _names_limit(message, headers)):
        return RateLimited(f"{what}: GitHub asks for a pause.", retry_after=pause_of(headers, time.time()))
    if status == 401:
        return BadSettings(f"{what}: GitHub refuses altpress's credentials.")
    if status in _GONE:
        return NotFound(f"{what}: not found on GitHub.")
    if status >= 500:
        return Unavailable(f"{what}: GitHub answered {status}.", retry_after=30.0)
    return _refused(f"{what}: GitHub answered {status}: {clean(message)}", status, message.lower())


def _refused(public: str, status: int, message: str) -> BotError:
    """What a repeated request would get again, but for a lost race."""
    if names_protection(status, message):
        return ProtectedBranch(public)
    if "fast forward" in message or status == 409:
        return Conflict(public)
    if status == 403:
        return NotAllowed(public)
    return Rejected(public)


def names_protection(status: int, message: str) -> bool:
    """Whether a branch refuses a commit because of its protection or a ruleset; `message` in lower case.

    The Git Data API answers 422, or 403 to one who is not among those who may push, and the Contents API and
    rulesets 409: the status alone tells nothing, a lost race is a 409 and a 422, too.
    """
    return status in _PROTECTED and any(words in message for words in _PROTECTION_WORDS)


def pause_of(headers: Mapping[str, str], now: float) -> float:
    """Seconds to wait: `Retry-After`, else until `x-ratelimit-reset` (Unix seconds), else a minute."""
    after = _number(headers.get("retry-after"))
    if after is not None:
        return min(max(after, 1.0), LONGEST_PAUSE)
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is not None and headers.get("x-ratelimit-remaining") == "0":
        return min(max(reset - now, 1.0), LONGEST_PAUSE)
    return PAUSE


def clean(text: str) -> str:
    """Foreign text as one bounded line without queries of addresses and without markup."""
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    line = re.sub(r"(https?://[^\s?]+)\?\S*", r"\1", line)
    return line.replace("`", "'").replace("<", "&lt;").replace("@", "@\u200b")[:200]


def _names_limit(message: str, headers: Mapping[str, str]) -> bool:
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    return exhausted or "retry-after" in headers or any(word in message.lower() for word in _LIMIT_WORDS)


def _message(data: Any) -> str:
    message = data.get("message") if isinstance(data, dict) else None
    return message if isinstance(message, str) else ""


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
