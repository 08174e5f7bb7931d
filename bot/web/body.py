"""Reading a request's body: bounded in bytes and in time, whatever its headers promise."""

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import UnsupportedMediaType

from bot.errors import BadPayload, TooLarge

MAX_BODY = 25 * 1024 * 1024  # bytes; GitHub sends nothing above 25 MB
TOO_LARGE = "The payload is larger than 25 MB."
NO_JSON = "A body must be sent as application/json."
STALLED = 10.0  # seconds without a byte; GitHub itself gives up after 10
CONTENT_TYPES = frozenset({"application/json", "application/x-www-form-urlencoded"})


def read_body(request: Request) -> bytes:
    """The raw bytes. Raises UnsupportedMediaType, TooLarge, or BadPayload when they end early."""
    if request.mimetype not in CONTENT_TYPES:
        raise UnsupportedMediaType
    return _read(request, MAX_BODY, TOO_LARGE)


def read_small(request: Request, most: int) -> bytes:
    """The raw bytes of a JSON body that need not be there. Raises as `read_body`."""
    body = _read(request, most, f"The body is larger than {most} bytes.")
    if body and request.mimetype != "application/json":
        raise UnsupportedMediaType(NO_JSON)
    return body


def _read(request: Request, most: int, too_large: str) -> bytes:
    if (request.content_length or 0) > most:
        raise TooLarge(too_large)
    _limit_stalls(request)
    # without a length, Werkzeug stops at the limit without a word: one byte more tells
    request.max_content_length = most + 1
    try:
        body = request.stream.read()
    except (OSError, ParseException):  # the client went away, stalled, or broke its chunks
        raise BadPayload("The payload ended early.") from None
    if len(body) > most:
        raise TooLarge(too_large)
    return body


def _limit_stalls(request: Request) -> None:
    """Gunicorn gives a thread to each request and waits for its body as long as it takes; we do not."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(STALLED)
