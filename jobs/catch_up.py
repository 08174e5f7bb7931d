"""What an altpress of before wrote after a migration, brought up to date (docs/migrations.md)."""

import logging

from bot.context import Context
from bot.errors import Underway
from bot.migrate import Migrator
from jobs.runner import job

log = logging.getLogger(__name__)


@job("catch-up")
def catch_up(ctx: Context) -> None:
    """The sweep asks for it at a few times after a migration. Another process that is at it is enough."""
    try:
        found = Migrator(ctx.store.database, clock=ctx.clock).catch_up_when_due()
    except Underway as error:
        log.info("migration_underway", extra={"reason": error.public})
        return
    if found:
        log.warning("old_documents_migrated", extra={"documents": found})
