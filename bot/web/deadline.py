"""Work that may not take longer than its request may wait."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import TypeVar

from bot.errors import Unavailable

T = TypeVar("T")
SLOW = "The database does not answer."


class Deadline:
    """A few threads for work that could hang; whoever waits is free when its time is up."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deadline")

    def call(self, work: Callable[[], T], seconds: float) -> T:
        """What the work gives, or raises. Raises Unavailable when it takes longer: it may end later."""
        future = self._pool.submit(work)
        try:
            return future.result(seconds)
        except TooSlow:
            future.cancel()
            raise Unavailable(SLOW, retry_after=5) from None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
