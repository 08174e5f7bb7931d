"""No I/O. What an issuer publishes about itself -> the address of its keys, and the keys.

https://openid.net/specs/openid-connect-discovery-1_0.html, https://www.rfc-editor.org/rfc/rfc7517
"""

import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from bot.errors import Unavailable

DISCOVERY = "/.well-known/openid-configuration"
SMALLEST_KEY, LARGEST_KEY = 2048, 8192  # bits
MOST_KEYS = 50
Keys = dict[str, RSAPublicKey]  # by `kid`


def parse_discovery(document: bytes, issuer: str) -> str:
    """Where the issuer's keys are: on its own host. Raises Unavailable: it may be mended there."""
    found = _parse(document)
    if found.get("issuer") != issuer:
        raise Unavailable("The issuer's configuration names another issuer.")
    address = found.get("jwks_uri")
    if not isinstance(address, str) or _origin(address) != _origin(issuer):
        raise Unavailable("The issuer's keys are not on its own host.")
    return address


def parse_jwks(document: bytes) -> Keys:
    """The RSA keys that may sign; what is none is passed over. Raises Unavailable when none is left."""
    listed = _parse(document).get("keys")
    keys: Keys = {}
    for entry in listed[:MOST_KEYS] if isinstance(listed, list) else ():
        if (key := _parse_key(entry)) is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise Unavailable("The issuer publishes no key that can be used.")
    return keys


def _parse(document: bytes) -> dict[str, Any]:
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unavailable("The issuer's answer is no JSON object.")
    return found


def _parse_key(entry: Any) -> RSAPublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("kty") != "RSA":
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        key = RSAAlgorithm.from_jwk({name: entry[name] for name in ("kty", "n", "e")})
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(key, RSAPublicKey) or not SMALLEST_KEY <= key.key_size <= LARGEST_KEY:
        return None
    return key


def _origin(address: str) -> tuple[str, str | None, int | None] | None:
    parts: SplitResult
    try:
        parts = urlsplit(address)
        port = parts.port  # a bad one raises only when asked for
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
