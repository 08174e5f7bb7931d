"""No I/O. Whether a token was signed by the issuer, for us, and holds now.

Only RS256: a token that names `none`, or a secret's algorithm (with the public key as the secret), is refused
before any key is looked at. Times are checked against the time given, with a minute for clocks that differ.
"""

from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.types import Options

from bot.errors import BadToken
from bot.oidc.claims import Claims, parse_claims

ALGORITHM = "RS256"
LEEWAY = 60  # seconds
LONGEST = 8192  # characters; GitHub's have about 2,000
UNREADABLE = "The token cannot be read, or its signature is wrong."
# checked below: by the time given, and with sentences of our own
_UNCHECKED: Options = {
    "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "verify_iss": False,
    "verify_sub": False, "verify_jti": False,
}  # fmt: skip


def verify_token(token: str, *, find_key: Callable[[str], RSAPublicKey], issuer: str, now: float) -> Claims:
    """The claims of a good token. Raises BadToken, and what `find_key(kid)` raises.

    The audience is not judged here: whom a token may speak to is a question of rights (`allowed.py`).
    """
    key = find_key(_read_kid(token))
    try:
        payload = jwt.decode(token, key, algorithms=[ALGORITHM], options=_UNCHECKED)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken(UNREADABLE) from None
    if payload.get("iss") != issuer:
        raise BadToken(f"The token is not from {issuer}.")
    claims = parse_claims(payload)
    _check_times(claims, now)
    return claims


def _read_kid(token: str) -> str:
    """Which key is said to have signed it."""
    if len(token) > LONGEST or not token.isascii():
        raise BadToken(UNREADABLE)
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken(UNREADABLE) from None
    if header.get("alg") != ALGORITHM:
        raise BadToken(f"The token is not signed with {ALGORITHM}.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 200:
        raise BadToken("The token does not say which key signed it.")
    return kid


def _check_times(claims: Claims, now: float) -> None:
    if claims.exp <= now - LEEWAY:
        raise BadToken("The token has expired: ask for a new one right before you send it.")
    if max(claims.iat, claims.nbf or claims.iat) > now + LEEWAY:
        raise BadToken("The token is not valid yet: a clock is wrong.")
