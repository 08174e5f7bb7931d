"""No I/O. What is done once in so many seconds, by a loop that comes by more often."""

import time
from collections.abc import Callable


class Every:
    """For one thread; `at_once`: it is due the first time it is asked."""

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic, *, at_once: bool = True
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = clock() + (0 if at_once else seconds)

    def due(self) -> bool:
        """Whether it is to be done now; then not again for `seconds` from now."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True

    def now(self) -> None:
        """Have it done when it is asked about next."""
        self._next = self._clock()
