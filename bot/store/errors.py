"""PyMongo's failures as ours."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pymongo.errors import OperationFailure, PyMongoError

from bot.errors import DatabaseAway, Unavailable

C = TypeVar("C", bound=type)
R = TypeVar("R")
REFUSED = {13, 18}  # MongoDB's codes Unauthorized, AuthenticationFailed
OUT_OF_DISK = 14031  # MongoDB's code OutOfDiskSpace
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
        with translating():
            return method(*args, **kwargs)

    return call


@contextmanager
def translating() -> Iterator[None]:
    """The same for a block."""
    try:
        yield
    except PyMongoError as error:
        if is_full(error):
            raise Unavailable("The database's disk is full: make room there.", retry_after=60.0) from error
        raise DatabaseAway(_public(error), retry_after=RETRY_AFTER) from error


def is_full(error: PyMongoError) -> bool:
    """MongoDB says it by its code, SQLite inside of the embedded one in words."""
    return getattr(error, "code", None) == OUT_OF_DISK or "disk is full" in str(error)


def _public(error: PyMongoError) -> str:
    """What an operator can put right is named."""
    if isinstance(error, OperationFailure) and error.code in REFUSED:
        return "The database refuses altpress's user: see its name, password and rights."
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "The database does not answer (its TLS certificate is not trusted: see tlsCAFile)."
    return "The database does not answer."
