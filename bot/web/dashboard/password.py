"""The one password: checked against its argon2 hash, a few at a time; and what sessions are signed with."""

import hashlib
import hmac
import threading

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import BadSettings, Unavailable

MAX_LENGTH = 1024  # characters
AT_ONCE = 2  # each check takes 64 MiB and a core
PATIENCE = 5.0  # seconds


class Password:
    """Raises BadSettings for what is no argon2 hash: nothing falls open later."""

    def __init__(self, encoded: str) -> None:
        try:
            extract_parameters(encoded)
        except InvalidHashError:
            raise BadSettings(
                "ALTPRESS_DASHBOARD_PASSWORD_HASH is no argon2 hash: `altpress password` makes one."
            ) from None
        self._hash = encoded
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def matches(self, given: str) -> bool:
        """Takes some 50 ms, whatever is given. Raises Unavailable when too many are checked already."""
        if not self._turns.acquire(timeout=PATIENCE):
            raise Unavailable("Too many people sign in at this moment.", retry_after=5)
        try:
            return PasswordHasher().verify(self._hash, given[: MAX_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._turns.release()

    @property
    def fingerprint(self) -> str:
        """Kept in the session: with another password, all are over."""
        return self.derive("session")[:32]

    def derive(self, purpose: str) -> str:
        """A key of its own for each purpose; the hash cannot be told from it."""
        return hmac.new(self._hash.encode(), f"altpress {purpose}".encode(), hashlib.sha256).hexdigest()
