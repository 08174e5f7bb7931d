"""The stores for a command that looks after them, whether altpress runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.sandbox_settings import load_beside
from bot.cli.store_names import naming_stores
from bot.cli.up_places import lock_data_dir, make_data_dir
from bot.cli.up_watch import mongo_answers
from bot.context import Context
from bot.embedded.alone import engine_alone
from bot.embedded.lock import holder
from bot.embedded.urls import mongo_url, redis_socket
from bot.enqueue.alive import WORKER_SEEN, seen_anywhere
from bot.enqueue.lease import is_led
from bot.errors import BadSettings, Unavailable
from config.settings import Settings


@dataclass(frozen=True)
class Opened:
    """A context, and the process of the `altpress up` whose stores it uses."""

    context: Context
    up: int | None


@contextmanager
def open_stores(data: Path | None, *, makes: bool = False) -> Iterator[Opened]:
    """A context whose MongoDB answers: an external one, that of a running `altpress up`, or that of its
    directory, started for the time. `makes`: a directory that was never used is no mistake.
    """
    settings = load_beside(data)
    with naming_stores(settings), _engine(settings, makes=makes) as up:
        context = Context(settings)
        try:
            yield Opened(context, up)
        finally:
            context.close()


def find_living(opened: Opened) -> list[str]:
    """Which processes of altpress work with these stores now; a web process alone is not seen on Redis."""
    context, settings = opened.context, opened.context.settings
    found = []
    if opened.up is not None:
        found.append(f"`altpress up` or another command on its database (process {opened.up})")
    if settings.redis_url is None and not redis_socket(settings.data_dir).exists():
        return found
    try:
        ages = context.queue.worker_ages(now=datetime.now(UTC))
        workers = sum(age <= WORKER_SEEN for age in ages)
        found += [f"{workers} worker{'' if workers == 1 else 's'}"] if workers else []
        led = is_led(context.queue.connection, "scheduler")
        found += ["a scheduler"] if led else []
        found += [kind for kind in seen_anywhere(context.queue.connection) if kind != "scheduler"]
    except Unavailable:  # without a queue nobody works
        return found
    return found


@contextmanager
def _engine(settings: Settings, *, makes: bool) -> Iterator[int | None]:
    """The process of the `altpress up` that runs there: never looked for once this one has its lock."""
    data_dir = settings.data_dir.absolute()
    if settings.mongo_url is not None or mongo_answers(mongo_url(data_dir)):
        yield holder(data_dir / "up.lock") if settings.mongo_url is None else None
        return
    if not makes and not (data_dir / "mongo").is_dir():
        raise BadSettings(
            f"There is no altpress in {data_dir}: name its directory with --data, or set ALTPRESS_MONGO_URL."
        )
    lock = lock_data_dir(make_data_dir(data_dir))  # `altpress up` waits for the end of this
    try:
        with engine_alone(data_dir, lambda: mongo_answers(mongo_url(data_dir))):
            yield None
    finally:
        lock.release()
