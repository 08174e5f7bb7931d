"""What `altpress doctor` looks at in MongoDB and Redis, and of the processes that they speak of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from bot.cli.doctor_look import Look
from bot.context import Context
from bot.embedded.lock import holder
from bot.enqueue.lease import is_led
from bot.enqueue.safety import check_redis, check_redis_risks
from bot.migrate import Migrator
from bot.setup import checks
from bot.setup.findings import Finding, error, ok, warning

STORE_SILENCE = 10.0  # seconds
SERVER = "change the server's settings"


class Bounded(Protocol):
    """`doctor_look.bounded`, told whom to tell."""

    def __call__(self, code: str, subject: str, look: Look, *, silence: float = ...) -> Iterator[Finding]: ...


def look_at_stores(ctx: Context, look: Bounded) -> Iterator[Finding]:
    """MongoDB, Redis and who works on them; embedded ones that were not started are no fault of theirs."""
    settings = ctx.settings
    embedded = settings.mongo_url is None or settings.redis_url is None
    if embedded and holder(settings.data_dir / "up.lock") is None:
        told = f"altpress is not running on {settings.data_dir}: its stores could not be looked at"
        fix = "start `altpress up` (with its --data), or set ALTPRESS_MONGO_URL and ALTPRESS_REDIS_URL"
        yield warning("processes", "processes", told, fix)
        return
    yield from look("mongodb", "MongoDB", lambda: look_at_mongo(ctx), silence=STORE_SILENCE)
    yield from look("redis", "Redis", lambda: look_at_redis(ctx), silence=STORE_SILENCE)


def look_at_mongo(ctx: Context) -> Iterator[Finding]:
    ctx.store.ping(timeout=5.0)
    embedded = ctx.settings.mongo_url is None
    yield ok("mongodb", "MongoDB", "answers" + (" (embedded)" if embedded else ""))
    version, theirs = ctx.store.describe_server()
    if not embedded:
        yield checks.check_version("mongodb.version", "MongoDB", version, checks.LEAST_MONGODB)
    yield from checks.check_store_clock("mongodb.clock", "MongoDB", ctx.clock() - theirs)
    for risk in ctx.store.risks():
        yield warning("mongodb.safety", "MongoDB", risk, "change ALTPRESS_MONGO_URL")
    report = Migrator(ctx.store.database).report()
    yield checks.check_migrations(report.level.pending, report.level.too_new, is_new=report.is_new)
    if (backup := ctx.store.backups.restoring()) is not None:
        told = f"{backup} is being restored, or that broke off: until all is back, nothing works on it"
        yield error("restore", "restore", told, "stop altpress, and run `altpress restore` again")
    yield look_at_backup(ctx)
    yield from look_at_ledger(ctx)


def look_at_backup(ctx: Context) -> Finding:
    if not ctx.settings.backup_to:
        fix = "set ALTPRESS_BACKUP_TO (docs/backup.md); sources, decisions and records are in git anyway"
        return warning("backup", "backup", "nobody makes one", fix)
    last = ctx.store.backups.last()
    age = None if last.ended_ms is None else max(ctx.now_ms() - last.ended_ms, 0) / 1000
    failure = None if last.failed_ms is None else last.reason or "the log says why"
    return checks.check_backup(age, ctx.settings.backup_interval, failure)


def look_at_ledger(ctx: Context) -> Iterator[Finding]:
    counts, oldest = ctx.store.deliveries.counts(), ctx.store.deliveries.oldest_pending_ms()
    if counts.get("failed"):
        told = f"{counts['failed']} have failed work"
        fix = "`altpress deliveries list --state failed` says why; then replay them"
        yield warning("deliveries.failed", "deliveries", told, fix)
    yield checks.check_pending(None if oldest is None else max(ctx.now_ms() - oldest, 0) / 1000)


def look_at_redis(ctx: Context) -> Iterator[Finding]:
    info = ctx.queue.info()
    embedded = ctx.settings.redis_url is None
    problems, risks = check_redis(info), check_redis_risks(info)
    for problem in problems:
        yield error("redis.safety", "Redis", problem, SERVER)
    for risk in risks:
        yield warning("redis.durability", "Redis", risk, SERVER)
    if not problems and not risks:
        told = "answers" + (" (embedded)" if embedded else "")
        yield ok("redis", "Redis", f"{told}: noeviction, append-only")
    if not embedded:
        version = str(info.get("redis_version", ""))
        yield checks.check_version("redis.version", "Redis", version, checks.LEAST_REDIS)
    yield from checks.check_store_clock("redis.clock", "Redis", ctx.clock() - ctx.queue.server_time())
    yield from look_at_processes(ctx)


def look_at_processes(ctx: Context) -> Iterator[Finding]:
    ages = ctx.queue.worker_ages(now=datetime.fromtimestamp(ctx.clock(), UTC))
    yield checks.check_workers(ages)
    yield checks.check_scheduler(led=is_led(ctx.queue.connection, "scheduler"))
