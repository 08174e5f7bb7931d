"""One migrates (or restores) at a time: a lease in MongoDB, which runs out when its holder was killed."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from bot.errors import Underway
from bot.store.writes import insert_new

NAME = "migration_lock"
LEASE_MS = 60_000
RENEW_MS = 10_000
POLL = 0.5  # seconds
Told = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """What one does alone: the lease's `_id`, and how it is said."""

    id: str
    done: str
    does: str


MIGRATING = Work("lock", "migrated", "migrates")
RESTORING = Work("restore", "restored", "restores")


@dataclass(frozen=True)
class Held:
    """Who is at it now."""

    holder: str
    since_ms: int
    until_ms: int


class Lost(Exception):
    """Somebody else has the lease: this process was stopped for longer than it lasts."""


class Lease:
    """`hold` waits for it; `renew_held` may be called as often as one likes."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        *,
        clock: Callable[[], float] = time.time,
        lease_ms: int = LEASE_MS,
        work: Work = MIGRATING,
    ) -> None:
        self._rows = database[NAME]
        self._clock = clock
        self._lease_ms = lease_ms
        self._work = work
        self._renewed_ms = 0
        self._held = False
        self.holder = f"{socket.gethostname()}, process {os.getpid()} ({secrets.token_hex(4)})"

    @contextmanager
    def hold(
        self, *, wait: float, tell: Told = lambda _: None, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[None]:
        """Raises Underway, with the holder's name, when it is not free after `wait` seconds."""
        deadline = self._clock() + wait
        told = False
        while not self._take():
            found = self.look()
            if self._clock() >= deadline:
                who = found.holder if found else "another process"
                raise Underway(f"The database is being {self._work.done} by {who}.", retry_after=60.0)
            if found and not told:
                tell(f"waiting: {found.holder} {self._work.does} the database")
                told = True
            sleep(POLL)
        self._held = True
        try:
            yield
        finally:
            self._held = False
            with suppress(PyMongoError):  # it runs out; what went wrong before is what is to be told
                self._rows.delete_one({"_id": self._work.id, "holder": self.holder})

    @contextmanager
    def keep(self, *, wait: float, tell: Told = lambda _: None) -> Iterator[None]:
        """`hold`, renewed by a thread: for work that says nothing for longer than the lease lasts."""
        over = threading.Event()
        with self.hold(wait=wait, tell=tell):
            beat = threading.Thread(target=self._beat, args=(over,), daemon=True)
            beat.start()
            try:
                yield
            finally:
                over.set()
                beat.join()

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(self._lease_ms / 8_000):
            try:
                self.renew_held()
            except Lost:
                return  # who works hears it from its own `renew_held`
            except PyMongoError:
                continue

    def renew_held(self) -> None:
        """Nothing where it is not held. Raises Lost when it ran out and another took it."""
        now_ms = self._now_ms()
        if not self._held or now_ms - self._renewed_ms < min(RENEW_MS, self._lease_ms // 4):
            return
        mine = {"_id": self._work.id, "holder": self.holder}
        if not self._rows.update_one(mine, {"$set": {"until_ms": now_ms + self._lease_ms}}).matched_count:
            raise Lost
        self._renewed_ms = now_ms

    def look(self) -> Held | None:
        """Who has it, dead or alive."""
        row = self._rows.find_one({"_id": self._work.id})
        return None if row is None else Held(row["holder"], row["since_ms"], row["until_ms"])

    def _take(self) -> bool:
        now_ms = self._now_ms()
        fields = {"holder": self.holder, "since_ms": now_ms, "until_ms": now_ms + self._lease_ms}
        taken = not insert_new(self._rows, [{"_id": self._work.id, **fields}])
        if not taken:  # what a killed one left
            ran_out = {"_id": self._work.id, "until_ms": {"$lt": now_ms}}
            taken = bool(self._rows.update_one(ran_out, {"$set": fields}).modified_count)
        if taken:
            self._renewed_ms = now_ms
        return taken

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
