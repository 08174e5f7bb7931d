"""An App's JSON web token: RS256 by the App's key, at most ten minutes. No I/O.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import jwt
from jwt.types import Options

from bot.sandbox.errors import AuthError

LONGEST = 600  # seconds from now to `exp`
DRIFT = 60  # seconds that two clocks may differ
# the times are checked below, by the sandbox's own clock and with GitHub's sentences
_UNCHECKED: Options = {
    "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "verify_iss": False,
    "verify_sub": False,
}  # fmt: skip


def read_issuer(token: str) -> str:
    """`iss` as it stands there, not yet trusted: the App's id or client id. Raises AuthError."""
    try:
        claims = jwt.decode(token, options={**_UNCHECKED, "verify_signature": False})
    except jwt.PyJWTError:
        raise AuthError(401, "A JSON web token could not be decoded") from None
    issuer = claims.get("iss")
    if not isinstance(issuer, int | str) or isinstance(issuer, bool):
        raise AuthError(401, "'Issuer' claim ('iss') must be an Integer or String")
    return str(issuer)


def check(token: str, public_keys: Sequence[str], *, now: float) -> None:
    """Return when one of the keys signed it and the times are right; else raise AuthError with GitHub's
    sentence.
    """
    for key in public_keys:
        with suppress(jwt.PyJWTError):
            claims = jwt.decode(token, key, algorithms=["RS256"], options=_UNCHECKED)
            return _check_times(claims, now)
    raise AuthError(401, "A JSON web token could not be decoded")


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or issued > now + DRIFT:
        raise AuthError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion"
            " was issued",
        )
    if not isinstance(ends, int | float) or ends <= now:
        raise AuthError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time"
            " at which the assertion expires",
        )
    if ends > now + LONGEST + DRIFT:
        raise AuthError(401, "'Expiration time' claim ('exp') is too far in the future")
