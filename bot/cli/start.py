"""How each process of altpress begins: settings, logs, and stores that answer."""

import logging
import time
from collections.abc import Callable
from typing import Any

from bot.context import Context, open_context
from bot.errors import Unavailable
from config import log
from config.settings import Settings, load_settings

logger = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds until a start without stores is given up (and a supervisor tries again)


def begin(**given: Any) -> Settings:
    """Settings (those `given` win), logs set up, MongoDB and Redis waited for, indexes made."""
    settings = load_settings(**given)
    log.configure_from(settings)
    wait_for_stores(settings)
    return settings


def wait_for_stores(
    settings: Settings, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Return once both answer. Raises Unavailable when they still do not after `patience` seconds.

    Its clients are closed again: gunicorn and RQ fork, and none may be carried over.
    """
    deadline = time.monotonic() + patience
    pause = 0.05
    with open_context(settings) as context:
        while (error := _missing(context)) is not None:
            if time.monotonic() > deadline:
                raise error
            logger.info("stores_awaited", extra={"reason": error.public})
            sleep(pause)
            pause = min(pause * 2, 2.0)
        context.store.ensure_indexes()


def _missing(context: Context) -> Unavailable | None:
    try:
        context.store.ping()
        context.queue.ping()
    except Unavailable as error:
        return error
    return None
