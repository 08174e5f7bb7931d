"""Settings that are kept, and read again when a file that a secret comes from has changed.

So secrets rotate without a restart: Kubernetes and secret agents write a new file while the process runs.
What cannot be read at that moment changes nothing: the old settings hold until it can.
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


class KeptSettings:
    """Call it for the settings as they are now. Threads may share it: one of them looks."""

    def __init__(
        self, given: Settings | None = None, *, every: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`given` hold until a file changes; without them they are read at the first call. The files are
        looked at every so many seconds at most.
        """
        self._every, self._clock = every, clock
        self._looking = threading.Lock()
        self._settings = given
        self._stamps: dict[str, Stamp | None] = {}  # a file that changed since `given` were read is seen, too
        self._failed: dict[str, Stamp | None] | None = None  # how the files were when they made no sense
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
        """Whether other credentials for GitHub are there now than those that were used, which were ours."""
        if self._settings is None:
            return False
        now = self()
        names = ("github_app_id", "github_app_private_key", "github_token")
        return any(getattr(now, name) != getattr(used, name) for name in names)

    def cache_clear(self) -> None:
        """Forget all: the environment itself has changed."""
        self._settings = None

    def _look(self, before: Settings) -> None:
        stamps = _stamps()
        if stamps not in (self._stamps, self._failed):
            try:
                self._settings = load_settings()
            except BadSettings as problem:  # emptied, or gone for a moment
                self._failed = stamps
                log.warning("secrets_not_reread", extra={"reason": problem.public})
            else:
                self._stamps, self._failed = stamps, None
                logs.mask_more(list_secrets(self._settings))
                if changed := _changed(before, self._settings):
                    log.info("secrets_reread", extra={"settings": changed})
        self._looked = self._clock()


def _stamps() -> dict[str, Stamp | None]:
    return stamp_secret_files(os.environ, SECRETS)


def _changed(before: Settings, after: Settings) -> list[str]:
    """The names of secrets that are others now."""
    return [name for name in SECRETS if getattr(before, name) != getattr(after, name)]
