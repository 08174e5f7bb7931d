"""No I/O. Who may read the metrics: whoever holds one of the tokens."""

import hmac
from collections.abc import Sequence


def is_bearer(tokens: Sequence[str], header: str | None) -> bool:
    """Whether an `Authorization` header holds a token. Each is compared to the end, in constant time."""
    given = (header or "").encode("utf-8", "replace")
    good = False
    for token in tokens:
        good |= bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
    return good
