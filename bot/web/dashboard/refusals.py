"""What a person reads when something could not be shown or done; never a traceback."""

import logging
import math

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from bot.errors import BotError, Unavailable
from bot.web.errors import RETRY_AFTER, status_of

log = logging.getLogger(__name__)
TITLES = {
    400: "That did not work",
    401: "Sign in first",
    403: "Not allowed",
    404: "There is nothing here",
    429: "Too many attempts",
    503: "A store does not answer",
}
HINTS = {
    503: "Webhooks are refused until it is back, and GitHub's deliveries can be sent again afterwards. "
    "/health says which part is missing.",
    400: "Go back, reload the page, and try once more.",
}


def install(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(BotError, _ours)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _bug)


def wants_json() -> bool:
    """Asked by the script."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def refuse(status: int, message: str) -> Response:
    """The page, or its sentence as JSON."""
    if wants_json():
        answer = jsonify(error={"message": message})
    else:
        title, hint = TITLES.get(status, "Something went wrong"), HINTS.get(status)
        answer = make_response(
            render_template("dashboard/refused.html", title=title, message=message, hint=hint)
        )
    answer.status_code = status
    return answer


def _ours(error: BotError) -> Response:
    status = status_of(error)
    log.warning("page_refused", extra={"code": error.code, "status": status, "reason": error.public})
    answer = refuse(status, error.public)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    return answer


def _http(error: HTTPException) -> Response:
    answer = refuse(error.code or 500, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            answer.headers[name] = value
    return answer


def _bug(error: Exception) -> Response:
    log.error("page_crashed", exc_info=error)
    return refuse(500, "Something went wrong inside altpress; the log says more.")
