"""An issuer's keys, fetched when they are needed and remembered.

A key that is not known may be new, so the issuer is asked again, but not more often than every `PAUSE`
seconds whatever comes in: made-up key names cannot make altpress flood the issuer. While the issuer does not
answer, the keys that are known go on for `STALE` seconds.
"""

import logging
import threading
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.errors import BadToken, Unavailable
from bot.oidc.fetch import fetch_document
from bot.oidc.jwks import DISCOVERY, Keys, parse_discovery, parse_jwks

log = logging.getLogger(__name__)
LIFETIME = 3600.0  # seconds after which keys are fetched again
PAUSE = 10.0  # seconds between two fetches, at least
STALE = 86_400.0  # seconds that old keys are used while the issuer is down
WAIT = 10.0  # seconds that a request waits for the fetch of another; a fetch has at most eight
MOST_WAITING = 3  # requests that fetch, or wait for a fetch: the web has threads for webhooks, too
UNKNOWN = "The token is signed by a key that its issuer does not publish."
SLOW = "GitHub's keys are slow to come."
_NEVER = float("-inf")


class KeyRing:
    """The keys of one issuer; threads may share it."""

    def __init__(
        self,
        issuer: str,
        *,
        lifetime: float = LIFETIME,
        pause: float = PAUSE,
        stale: float = STALE,
        fetch: Callable[[str], bytes] = fetch_document,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._lifetime, self._pause, self._stale = lifetime, pause, stale
        self._fetch, self._clock = fetch, clock
        self._keys: Keys = {}
        self._read_at = self._tried_at = _NEVER
        self._failure: Unavailable | None = None
        self._asking = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    def find(self, kid: str) -> RSAPublicKey:
        """The key of this name. Raises BadToken when the issuer has none, Unavailable when it cannot tell."""
        key = self._keys.get(kid)
        if key is not None and self._age() < self._lifetime:
            return key
        if key is not None and self._asking.locked():
            return self._choose(kid)
        if not self._waiting.acquire(blocking=False):
            if key is not None:  # the fetch of those who wait is about to begin
                return self._choose(kid)
            raise Unavailable(SLOW, retry_after=self._pause)
        try:
            self._refresh(kid)
        finally:
            self._waiting.release()
        return self._choose(kid)

    def check(self) -> int:
        """Fetch the keys now; how many there are. Raises Unavailable."""
        with self._asking:
            self._ask()
            if self._failure is not None:
                raise self._failure
            return len(self._keys)

    def _refresh(self, kid: str) -> None:
        if not self._asking.acquire(timeout=WAIT):
            raise Unavailable(SLOW, retry_after=self._pause)
        try:
            if self._may_ask(kid):
                self._ask()
                if error := self._failure:
                    reason = {"issuer": self.issuer, "reason": error.public}
                    log.warning("oidc_keys_unavailable", extra=reason)
        finally:
            self._asking.release()

    def _may_ask(self, kid: str) -> bool:
        """Somebody else may have asked while we waited."""
        needed = kid not in self._keys or self._age() >= self._lifetime
        return needed and self._clock() - self._tried_at >= self._pause

    def _ask(self) -> None:
        began = self._clock()
        try:
            address = parse_discovery(self._fetch(self.issuer + DISCOVERY), self.issuer)
            self._keys, self._read_at = parse_jwks(self._fetch(address)), began
            self._failure = None
        except Unavailable as error:
            self._failure = error
        self._tried_at = self._clock()

    def _choose(self, kid: str) -> RSAPublicKey:
        key = self._keys.get(kid)
        if key is not None and self._age() < self._stale:
            return key
        if self._failure is not None:
            raise Unavailable(self._failure.public, retry_after=self._pause)
        raise BadToken(UNKNOWN)

    def _age(self) -> float:
        return self._clock() - self._read_at
