"""Settings that are kept, and read again when a file that a secret comes from has changed.

So secrets rotate without a restart: Kubernetes and secret agents put a new file in the old one's place while
the process runs. What cannot be read at that moment changes nothing: the old settings hold until it can. A
file that is written in place counts when nobody has written to it for a second: half a secret looks like
another one.
"""

import logging
import os
import threading
import time
from collections.abc import Callable

from bot.errors import BadSettings
from config import log as logs
from config.secret_files import Stamp, stamp_secret_files
from config.secret_values import list_secrets
from config.settings import SECRETS, Settings, load_settings

log = logging.getLogger(__name__)
SETTLED = 1_000_000_000  # nanoseconds
AGAIN = 3600.0  # seconds until it is told again that the old ones hold: they may have been revoked
Stamps = dict[str, Stamp | None]


class KeptSettings:
    """Call it for the settings as they are now. Threads may share it: one of them looks."""

    def __init__(
        self, given: Settings | None = None, *, every: float = 0,
        clock: Callable[[], float] = time.monotonic, wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        """`given` hold until a file changes; without them they are read at the first call. The files are
        looked at every so many seconds at most; `wall_ns` is the clock that dates them.
        """
        self._every, self._clock, self._wall_ns = every, clock, wall_ns
        self._looking = threading.Lock()
        self._settings = given
        self._stamps: Stamps = {}  # a file that changed since `given` were read is seen, too
        self._failed: Stamps | None = None  # how the files were when they made no sense
        self._refused = ""  # why, and when that was told
        self._told = clock()
        self._unsettled = False  # whether one is being written
        self._looked = clock()

    def __call__(self) -> Settings:
        if self._settings is None:
            self._stamps = _stamps()
            self._settings = load_settings()
        elif self._clock() - self._looked >= self._every and self._looking.acquire(blocking=False):
            try:
                self._look(self._settings)
            finally:
                self._looking.release()
        return self._settings

    def differ_from(self, used: Settings) -> bool:
        """Whether other credentials for GitHub are there now than those that were used, which were ours; or
        will be in a moment.
        """
        if self._settings is None:
            return False
        now = self()
        if self._unsettled:
            return True
        names = ("github_app_id", "github_app_private_key", "github_token")
        return any(getattr(now, name) != getattr(used, name) for name in names)

    def cache_clear(self) -> None:
        """Forget all: the environment itself has changed."""
        self._settings = None

    def _look(self, before: Settings) -> None:
        stamps = _stamps()
        self._unsettled = _is_being_written(self._failed or self._stamps, stamps, self._wall_ns())
        if stamps not in (self._stamps, self._failed) and not self._unsettled:
            try:
                self._settings = load_settings()
            except BadSettings as problem:  # emptied, or gone for a moment
                self._failed, self._refused = stamps, problem.public
                self._warn()
            else:
                self._stamps, self._failed = stamps, None
                logs.mask_more(list_secrets(self._settings))
                if changed := _changed(before, self._settings):
                    log.info("secrets_reread", extra={"settings": changed})
        elif stamps == self._failed and self._clock() - self._told >= AGAIN:
            self._warn()
        self._looked = self._clock()

    def _warn(self) -> None:
        self._told = self._clock()
        log.warning("secrets_not_reread", extra={"reason": self._refused})


def _stamps() -> Stamps:
    return stamp_secret_files(os.environ, SECRETS)


def _is_being_written(before: Stamps, now: Stamps, now_ns: int) -> bool:
    """Whether a file has just changed, and was not moved there as a whole: that one would be another file."""
    changed = [
        (before[name], stamp) for name, stamp in now.items() if stamp and stamp != before.get(name, stamp)
    ]
    in_place = [stamp for old, stamp in changed if old is None or old[:2] == stamp[:2]]
    return any(0 <= now_ns - written_ns < SETTLED for _, _, written_ns, _ in in_place)


def _changed(before: Settings, after: Settings) -> list[str]:
    """The names of secrets that are others now."""
    return [name for name in SECRETS if getattr(before, name) != getattr(after, name)]
