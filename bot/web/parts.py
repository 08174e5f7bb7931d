"""What the health answers look at. Nothing here asks GitHub: what it said last is in the stores."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from bot.context import Context
from bot.enqueue.alive import WORKER_SEEN
from bot.enqueue.lease import is_led
from bot.enqueue.reachable import reachable
from bot.metrics import SharedCounts
from bot.metrics.meter import Budget
from bot.migrate import Level, Readiness
from bot.setup.checks import BACKUP_LATE, MOST_PENDING
from bot.store import within
from bot.store.backups import LastBackup
from bot.web.looks import Check, Fact, Part

STORE_ANSWERS = 1.0  # seconds; within those of a look, so that it can say what is wrong
LEVEL_KNOWN = 60.0  # seconds for which migrations that are applied are not asked about again


def needed(context: Context) -> dict[str, Check]:
    """Without one of these, altpress is not ready."""

    def workers() -> Part:
        return worker_part(context.queue.worker_ages(now=datetime.now(UTC)))

    return {
        "mongodb": answers(lambda: context.store.check(timeout=STORE_ANSWERS)),
        "migrations": migrations(context),
        "redis": answers(context.queue.ping),
        "workers": workers,
    }


def informative(context: Context) -> dict[str, Check]:
    """What somebody who looks after altpress wants to know; webhooks are taken all the same."""

    def scheduler() -> Part:
        led = is_led(context.queue.connection, "scheduler")
        return Part(led, "one leads" if led else "none leads: webhooks are stored, and nothing follows")

    def deliveries() -> Part:
        with within(STORE_ANSWERS):
            oldest = context.store.deliveries.oldest_pending_ms()
        return pending_part(None if oldest is None else max(context.now_ms() - oldest, 0) / 1000)

    def github() -> Part:
        with reachable():
            budgets = SharedCounts(context.queue.connection).load_budgets()
        return budget_part(budgets, context.clock())

    def backup() -> Part:
        with within(STORE_ANSWERS):
            last = context.store.backups.last()
        return backup_part(last, context.settings.backup_interval, context.now_ms())

    parts: dict[str, Check] = {"scheduler": scheduler, "deliveries": deliveries, "github": github}
    return {**parts, "backup": backup} if context.settings.backup_to else parts


def answers(ping: Callable[[], None]) -> Check:
    """A check of a store: it answers, or raises."""

    def check() -> Part:
        ping()
        return Part(ok=True)

    return check


def migrations(context: Context) -> Check:
    """Applied ones are asked about once a minute: a backup of before may have been restored meanwhile."""
    readiness: Readiness | None = None
    until = 0.0

    def check() -> Part:
        nonlocal readiness, until
        if readiness is None or time.monotonic() >= until:
            readiness, until = Readiness(context.store.database), time.monotonic() + LEVEL_KNOWN
        with within(STORE_ANSWERS):
            return level_part(readiness.look())

    return check


def level_part(level: Level) -> Part:
    """How the database and this altpress stand to each other."""
    facts: dict[str, Fact] = {"pending": len(level.pending), "too_new": bool(level.too_new)}
    if level.too_new:
        return Part(ok=False, detail="the database is of a newer altpress", facts=facts)
    if level.pending:
        told = f"{', '.join(level.pending)} to be applied: `altpress migrate`"
        return Part(ok=False, detail=told, facts=facts)
    return Part(ok=True, detail="applied", facts=facts)


def worker_part(ages: list[float]) -> Part:
    """What the ages of the workers' last signs of life (seconds, freshest first) mean."""
    fresh = [age for age in ages if age <= WORKER_SEEN]
    detail = f"{len(fresh)} seen in the last {WORKER_SEEN:.0f} s"
    return Part(ok=bool(fresh), detail=detail, facts={"workers": len(fresh)})


def pending_part(age: float | None) -> Part:
    """`age` in seconds of the oldest delivery that nobody has routed yet; None without one."""
    if age is None:
        return Part(ok=True, detail="none waits to be routed", facts={"oldest_pending_seconds": None})
    facts = {"oldest_pending_seconds": round(age, 1)}
    return Part(age <= MOST_PENDING, f"the oldest has waited {age:.0f} s to be routed", facts)


def backup_part(last: LastBackup, interval: float, now_ms: int) -> Part:
    """Whether one was made as lately as the schedule (an `interval` in seconds) says, twice over."""
    if last.ended_ms is None:
        return Part(last.failed_ms is None, "none was made yet", {"age_seconds": None})
    age = max(now_ms - last.ended_ms, 0) / 1000
    ok = last.failed_ms is None and age <= BACKUP_LATE * interval
    told = f"the last one was made {age / 3600:.1f} h ago"
    return Part(ok, told if last.failed_ms is None else f"{told}; one has failed since", {"age_seconds": age})


def budget_part(budgets: list[Budget], now: float) -> Part:
    """What GitHub said last about its rate limits; a budget whose hour is over is full again."""
    current = [budget for budget in budgets if budget.reset > now]
    if not current:
        return Part(ok=True, detail="nothing was asked within the last hour", facts={"remaining": None})
    least = min(current, key=lambda budget: budget.remaining / max(budget.limit, 1))
    resets = datetime.fromtimestamp(least.reset, UTC).isoformat(timespec="seconds")
    told = f"{least.remaining} of {least.limit} requests ({least.resource}) are left until {resets}"
    facts: dict[str, Fact] = {"remaining": least.remaining, "limit": least.limit, "resets": resets}
    return Part(least.remaining > 0, told, facts)
