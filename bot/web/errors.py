"""Errors as answers: the web's half of the policy in `bot/errors.py`; nobody sees a traceback."""

import logging
import math

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from bot.errors import (
    BadPayload,
    BadSignature,
    BadToken,
    BotError,
    NotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
)

log = logging.getLogger(__name__)
STATUS: dict[type[BotError], int] = {
    BadSignature: 401,
    BadToken: 401,
    NotAllowed: 403,
    NotFound: 404,
    TooLarge: 413,
    BadPayload: 400,
    Unavailable: 503,
}
GUID_LENGTH = 36
RETRY_AFTER = 5  # seconds


def status_of(error: BotError) -> int:
    """The status code of an error of ours: that of its nearest class."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def install(app: Flask) -> None:
    app.register_error_handler(BotError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _ours(error: BotError) -> Response:
    status = status_of(error)
    fields = {"code": error.code, "status": status, "reason": error.public, "path": request.path}
    if guid := request.headers.get("X-GitHub-Delivery", "")[:GUID_LENGTH]:
        fields["delivery"] = guid  # as it was sent: nobody has checked it
    log.warning("request_refused", extra=fields)
    answer = _answer(status, error.code, error.public)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    return answer


def _http(error: HTTPException) -> Response:
    answer = _answer(error.code or 500, error.name.lower().replace(" ", "_"), error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "location", "retry-after", "www-authenticate"):
            answer.headers[name] = value
    return answer


def _bug(error: Exception) -> Response:
    log.error("request_crashed", exc_info=error)
    return _answer(500, "internal", "Something went wrong inside altpress.")


def _answer(status: int, code: str, message: str) -> Response:
    answer = jsonify(error={"code": code, "message": message})
    answer.status_code = status
    return answer
