"""The sites, as the web process knows them: read every two seconds at most, unless somebody asks."""

import threading
import time
from collections.abc import Callable, Sequence

from bot.errors import Unavailable
from bot.records import SiteState
from bot.web.deadline import Deadline
from bot.web.patience import SLOW

MAX_AGE = 2.0  # seconds


class KnownSites:
    """One reading serves all requests that came before it began."""

    def __init__(self, load: Callable[[], Sequence[SiteState]]) -> None:
        self._load = load
        self._sites: Sequence[SiteState] = ()
        self._read_at = float("-inf")
        self._reading = threading.Lock()
        self._reader = Deadline()

    def recent(self, timeout: float) -> Sequence[SiteState]:
        """Not older than two seconds."""
        return self.since(time.monotonic() - MAX_AGE, timeout)

    def since(self, moment: float, timeout: float) -> Sequence[SiteState]:
        """As they were at `moment` (of `time.monotonic`) or later. Raises Unavailable after `timeout`."""
        began = time.monotonic()
        if self._read_at < moment:
            if not self._reading.acquire(timeout=max(timeout, 0)):
                raise Unavailable(SLOW, retry_after=5)
            try:
                if self._read_at < moment:
                    self._read(timeout - (time.monotonic() - began))
            finally:
                self._reading.release()
        return self._sites

    def close(self) -> None:
        self._reader.close()

    def _read(self, timeout: float) -> None:
        began = time.monotonic()
        self._sites, self._read_at = self._reader.call(self._load, max(timeout, 0)), began
