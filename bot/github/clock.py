"""GitHub's clock, as the `Date` of any answer tells it: also of one that refuses altpress's credentials."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import requests

from bot.errors import Unavailable
from bot.github.addresses import host_of

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def fetch_skew(api_url: str, *, clock: Callable[[], float] = time.time, timeout: float = 10.0) -> float:
    """Seconds that this machine's clock is ahead of GitHub's. Raises Unavailable without an answer.

    Asks without credentials for the rate limit, which costs nothing; the status does not matter.
    """
    with requests.Session() as session:
        session.trust_env = host_of(api_url) not in LOOPBACK  # no proxy to this machine
        before = clock()
        try:
            answer = session.get(f"{api_url}/rate_limit", timeout=timeout, allow_redirects=False, stream=True)
            answer.close()
        except requests.RequestException as error:
            raise Unavailable(f"{host_of(api_url)} does not answer ({type(error).__name__}).") from None
        between = (before + clock()) / 2
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        raise Unavailable(f"{host_of(api_url)} does not say what time it is.") from None
    return between - theirs - 0.5  # the header has whole seconds
