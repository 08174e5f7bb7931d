"""PyMongo's failures as ours."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from pymongo.errors import OperationFailure, PyMongoError

from bot.errors import DatabaseAway

C = TypeVar("C", bound=type)
R = TypeVar("R")
REFUSED = {13, 18}  # MongoDB's codes Unauthorized, AuthenticationFailed
RETRY_AFTER = 5.0  # seconds; an embedded store that crashed is back by then


def unavailable(cls: C) -> C:
    """Class decorator: in every public method a PyMongoError becomes DatabaseAway, so that work is retried.

    The message of PyMongo's error can hold the server's address, so it stays the cause and is never shown.
    """
    for name, method in list(vars(cls).items()):
        if callable(method) and not name.startswith("_"):
            setattr(cls, name, translated(method))
    return cls


def translated(method: Callable[..., R]) -> Callable[..., R]:
    """The same for one function."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> R:
        try:
            return method(*args, **kwargs)
        except PyMongoError as error:
            raise DatabaseAway(_public(error), retry_after=RETRY_AFTER) from error

    return call


def _public(error: PyMongoError) -> str:
    """What an operator can put right is named."""
    if isinstance(error, OperationFailure) and error.code in REFUSED:
        return "The database refuses altpress's user: see its name, password and rights."
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "The database does not answer (its TLS certificate is not trusted: see tlsCAFile)."
    return "The database does not answer."
