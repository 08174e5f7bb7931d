"""Work of one request that may not take longer than it may wait; what all who ask share is an `Attempt`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import TypeVar

from bot.errors import Unavailable
from bot.web.patience import SLOW, Patience

T = TypeVar("T")
QUEUE_SLOW = "The queue does not answer."


class Deadline:
    """A few threads for work that could hang; whoever waits is free when its time is up."""

    def __init__(self, threads: int = 2, slow: str = SLOW) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deadline")
        self._slow = slow

    def call(self, work: Callable[[], T], seconds: float) -> T:
        """What the work gives, or raises. Raises Unavailable when it takes longer: it may end later."""
        future = self._pool.submit(work)
        try:
            return future.result(seconds)
        except TooSlow:
            future.cancel()
            raise Unavailable(self._slow, retry_after=5) from None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class Asking:
    """Questions of requests to one store that may hang: none holds a thread for long, nor many at once."""

    def __init__(self, patience: Patience, deadline: Deadline) -> None:
        self._patience, self._deadline = patience, deadline

    def ask(self, work: Callable[[], T]) -> T:
        """What the work gives, or raises; Unavailable when it takes longer than there is patience."""
        with self._patience.watch() as seconds:
            return self._deadline.call(work, seconds)

    def close(self) -> None:
        self._deadline.close()


def ask_queue(threads: int) -> Asking:
    """Of Redis, in a process that serves with so many threads."""
    return Asking(Patience(threads, slow=QUEUE_SLOW), Deadline(slow=QUEUE_SLOW))
