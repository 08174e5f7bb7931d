"""Reading a request's body: bounded in bytes and in time, whatever its headers promise."""

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from bot.errors import BadPayload, TooLarge

MAX_BODY = 25 * 1024 * 1024  # bytes; GitHub sends nothing above 25 MB
STALLED = 10.0  # seconds without a byte; GitHub itself gives up after 10
CONTENT_TYPES = frozenset({"application/json", "application/x-www-form-urlencoded"})


def read_body(request: Request) -> bytes:
    """The raw bytes. Raises UnsupportedMediaType, TooLarge, or BadPayload when they end early."""
    if request.mimetype not in CONTENT_TYPES:
        raise UnsupportedMediaType
    _limit_stalls(request)
    request.max_content_length = MAX_BODY
    try:
        return request.stream.read()
    except RequestEntityTooLarge:
        raise TooLarge("The payload is larger than 25 MB.") from None
    except OSError:  # the client went away, stalled, or broke its chunks (gunicorn's errors are OSErrors)
        raise BadPayload("The payload ended early.") from None


def _limit_stalls(request: Request) -> None:
    """Gunicorn gives a thread to each request and waits for its body as long as it takes; we do not."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(STALLED)
