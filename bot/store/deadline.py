"""A bound in time for several queries together."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread asks of a store inside is answered in so many seconds in all, or is Unavailable."""
    with pymongo.timeout(seconds):
        yield
