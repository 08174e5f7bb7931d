"""How each process of altpress begins: settings, logs, and stores that answer."""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bot.cli.store_names import naming_stores
from bot.context import Context, open_context
from bot.enqueue import SignsOfLife
from bot.enqueue.alive import WAITING
from bot.enqueue.machine import machine_name
from bot.enqueue.safety import check_redis, check_redis_risks
from bot.errors import BadSettings, Unavailable
from bot.every import Every
from bot.migrate import Migrator, check_level
from config import log
from config.secret_files import find_open_files
from config.settings import SECRETS, Settings, load_settings

logger = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds until a start without stores is given up (and a supervisor tries again)
SHORT_PATIENCE = 3.0  # seconds, for a process that starts without them
ONE_TRY = 2.0  # seconds
POLL = 1.0  # seconds between two looks at what is migrated
SAY_AGAIN = 60.0  # seconds between two lines that say what is waited for


def begin(**given: Any) -> Settings:
    """Settings (those `given` win), logs set up, MongoDB, Redis and migrations waited for, indexes made.

    Raises BadSettings when altpress could not sign in to GitHub or a store would lose data, Unavailable when
    one stays away.
    """
    settings = load_settings(**given)
    settings.require_github()
    begin_log(settings)
    with naming_stores(settings):
        wait_for_stores(settings)
    wait_for_migrations(settings)
    return settings


def begin_anyway(**given: Any) -> Settings:
    """The same for a process that can say on its own what it lacks: stores that stay away are no reason to
    stay away as well. It is alive then, not ready, and refuses work until they come.
    """
    settings = load_settings(**given)
    settings.require_webhook()
    begin_log(settings)
    try:
        wait_for_stores(settings, patience=SHORT_PATIENCE)
    except Unavailable as error:
        logger.warning("stores_away", extra={"reason": error.public})
    return settings


def begin_log(settings: Settings) -> None:
    """And say at once which secrets are open to everybody on this machine."""
    log.configure_from(settings)
    for variable, mode in find_open_files(os.environ, SECRETS):
        logger.warning("secret_file_open", extra={"setting": variable, "mode": f"{mode:o}"})


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
        check_stores(context)
        context.store.ensure_indexes()
        Migrator(context.store.database).stamp_new()


def wait_for_migrations(settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return once the database is as this version wants it, so that no job meets what it cannot read.

    However long that takes: `altpress migrate` is somebody else's step, and an older altpress does the work
    meanwhile. Raises BadSettings for a database that is too new.
    """
    with open_context(settings) as context:
        alive = SignsOfLife(context.queue.connection, WAITING, machine_name())
        lines = Every(SAY_AGAIN)
        while not (level := context.readiness.look()).is_ready:
            check_level(level)
            if lines.due():
                logger.warning("migrations_awaited", extra={"pending": list(level.pending)})
            with suppress(Unavailable):
                alive.give()
            sleep(POLL)


def check_stores(context: Context) -> None:
    """Raise BadSettings for a store that would lose data; warn of one that might. Raises Unavailable."""
    info = context.queue.info()
    if problems := check_redis(info):
        raise BadSettings(" ".join(problems))
    for risk in (*check_redis_risks(info), *context.store.risks()):
        logger.warning("store_at_risk", extra={"reason": risk})


def check_external_stores(settings: Settings) -> None:
    """Raise BadSettings for a Redis or MongoDB of the operator's that would lose data.

    One that does not answer yet is looked at again by each process that starts.
    """
    with open_context(settings) as context, suppress(Unavailable):
        if settings.redis_url and (problems := check_redis(context.queue.info())):
            raise BadSettings(" ".join(problems))
        if settings.mongo_url:
            context.store.ping(timeout=ONE_TRY)


def _missing(context: Context) -> Unavailable | None:
    try:
        context.store.check(timeout=ONE_TRY)
        context.queue.ping()
    except Unavailable as error:
        return error
    return None
