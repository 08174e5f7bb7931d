"""No I/O. Who may send webhooks: whoever knows a secret."""

import hashlib
import hmac
from collections.abc import Sequence

from bot.errors import BadSignature

HEADER = "x-hub-signature-256"  # X-Hub-Signature is SHA-1: never trusted
PREFIX = "sha256="


def check_signature(secrets: Sequence[bytes], body: bytes, header: str | None) -> None:
    """Raise BadSignature unless one of the secrets signed exactly these bytes.

    Every secret is tried to the end, and compared in constant time.
    """
    given = (header or "").encode("ascii", "replace")
    good = False
    for secret in secrets:
        expected = PREFIX + hmac.new(secret, body, hashlib.sha256).hexdigest()
        good |= bool(secret) and hmac.compare_digest(expected.encode(), given)
    if not good:
        raise BadSignature("The signature X-Hub-Signature-256 is missing or wrong.")
