"""Work that may hang, done once for all who wait for it.

For what is looked at again and again and is the same for whoever asks: health and metrics. It costs one
thread however long it hangs. What each request asks for itself goes through `Deadline` instead, whose threads
are few and whose failures are raised.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Attempt(Generic[T]):
    """Begun in a thread of its own, for which the end of the process does not wait. `work` never raises."""

    def __init__(self, work: Callable[[], T], name: str) -> None:
        self._work = work
        self._found: T | None = None
        self._over = threading.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float) -> T | None:
        """What it gave; None when it is not over by then."""
        return self._found if self._over.wait(max(seconds, 0)) else None

    def _run(self) -> None:
        try:
            self._found = self._work()
        finally:
            self._over.set()
