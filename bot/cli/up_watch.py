"""What `altpress up` waits for and watches, once the programs are started."""

import http.client
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from bot.embedded.lock import holder
from bot.errors import BotError
from bot.store import Store, connect

WATCHED = ("bot", "jobs", "config")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that must answer; `told` is what is printed when it does."""

    told: str
    answers: Callable[[], bool]


def mongo_answers(url: str) -> bool:
    with connect(url, timeout=1.0) as client:
        try:
            Store(client["admin"]).ping()
        except BotError:
            return False
        return True


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def http_answers(host: str, port: int, path: str, *, status: int | None = None) -> bool:
    """Whether a server answers there at all, or with this very status."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        answer = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer == status if status else True


class Reloader:
    """Notices changed sources, and has workers and scheduler start again on them.

    The web process watches for itself (gunicorn). A worker finishes its job first; then it is restarted.
    """

    def __init__(self, run_dir: Path, sources: Path = ROOT) -> None:
        self._run_dir = run_dir
        self._sources = sources
        self._seen = _newest(sources)

    def look(self) -> bool:
        """Whether something had changed."""
        newest = _newest(self._sources)
        if newest == self._seen:
            return False
        self._seen = newest
        for name in ("worker", "scheduler"):
            for path in self._run_dir.glob(f"{name}-*.lock"):
                if pid := holder(path):
                    os.kill(pid, signal.SIGTERM)
        return True


def _newest(root: Path) -> tuple[int, float]:
    """Changes with every file that is added, removed or written."""
    times = [path.stat().st_mtime for path in _sources(root)]
    return len(times), max(times, default=0.0)


def _sources(root: Path) -> Iterator[Path]:
    for name in WATCHED:
        yield from (root / name).rglob("*.py")
