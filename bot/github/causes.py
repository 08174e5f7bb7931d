"""Why a connection failed, in words that may be shown.

Only the kinds of errors are told: their texts hold addresses, and signed ones carry a secret.
"""

import errno
import socket
import ssl
from collections.abc import Iterator

from urllib3.exceptions import ProxyError

_DEEPEST = 10  # errors inside each other
_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH)
_WORDS: tuple[tuple[type[Exception], str], ...] = (  # the first that fits: some are kinds of later ones
    (ProxyError, "the proxy does not let us through"),
    (socket.gaierror, "its name is not found"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "the connection was cut"),
    (TimeoutError, "no answer in time"),
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ssl.SSLError, "no encrypted connection can be made"),
)


def name_cause(error: Exception) -> str:
    """A few words without the host; where there are none, the name of the innermost error's class."""
    causes = list(_causes(error))
    known = (words for words in map(_in_words, causes) if words)
    return next(known, type(causes[-1]).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it wraps: requests has urllib3's in `args`, urllib3 its own in `reason`."""
    found: BaseException | None = error
    for _ in range(_DEEPEST):
        if found is None:
            return
        yield found
        inner = getattr(found, "reason", None), *found.args, found.__cause__, found.__context__
        found = next((one for one in inner if isinstance(one, BaseException)), None)


def _in_words(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return "no way leads to it"
    return next((words for kind, words in _WORDS if isinstance(error, kind)), None)
