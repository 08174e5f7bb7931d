"""No I/O. Who may read the metrics: whoever holds one of the tokens; everybody, where they are open."""

import hmac
from collections.abc import Sequence


def may_read(tokens: Sequence[str], header: str | None, *, is_open: bool) -> bool:
    """Whether an `Authorization` header holds a token. Each is compared to the end, in constant time.

    `is_open`: nobody needs one where there is none; a token closes it.
    """
    if not any(tokens):
        return is_open
    given = (header or "").encode("utf-8", "replace")
    good = False
    for token in tokens:
        good |= bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
    return good
