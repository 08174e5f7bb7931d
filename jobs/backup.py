"""The backup of the schedule (docs/backup.md). The scheduler asks for one a window; this makes it once."""

import logging

from bot.backup import Made, make_backup, open_place
from bot.context import Context
from bot.errors import BadSettings, BotError
from bot.metrics.table import BACKUPS
from config.secret_values import split_secret
from jobs.runner import BUG, job

log = logging.getLogger(__name__)


@job("backup")
def back_up(ctx: Context, window_ms: int) -> None:
    """Make it, unless it was made or another is at it. The scheduler asks again for one that failed."""
    backups = ctx.store.backups
    if not backups.begin(window_ms, ctx.now_ms()):
        log.info("backup_not_due", extra={"window_ms": window_ms})
        return
    try:
        made = _make(ctx)
    except BotError as error:
        _fail(ctx, error.public)
        return
    except Exception:
        _fail(ctx, BUG)
        raise
    backups.end(window_ms, ctx.now_ms(), made.name, made.size)
    ctx.meter.count(BACKUPS, "done")
    counts = {"bytes": made.size, "documents": made.manifest.documents, "removed": len(made.removed)}
    log.info("backup_made", extra={"backup": made.name, **counts})


def _make(ctx: Context) -> Made:
    settings = ctx.settings
    if settings.backup_to is None:
        raise BadSettings("ALTPRESS_BACKUP_TO is not set for the workers.")
    place = open_place(settings.backup_to, endpoint=settings.backup_s3_endpoint)
    keys = split_secret(settings.backup_key)
    return make_backup(ctx.store.database, place, keep=settings.backup_keep, clock=ctx.clock, keys=keys)


def _fail(ctx: Context, reason: str) -> None:
    ctx.meter.count(BACKUPS, "failed")
    log.error("backup_failed", extra={"reason": reason})
    ctx.store.backups.fail(ctx.now_ms(), reason)
