"""Deliveries into the ledger, those of concurrent requests in one insert.

One thread writes. A request that comes alone is written at once; those that come meanwhile wait for the write
under way and share the next: no artificial delay, and one sync to the disk for many. Each learns its own
outcome. Whoever has waited too long is told so (503), and is taken out if its write has not begun.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TooSlow
from typing import Generic, TypeVar

from bot.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")
MAX_GROUP = 64
NOT_STORED = "The delivery could not be stored."


class Arrivals(Generic[T, R]):
    """Groups calls of `write`, which takes several and answers for each, in order."""

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._write = write
        self._waiting: list[tuple[T, Future[R]]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, item: T, timeout: float) -> R:
        """The outcome for this item. Raises Unavailable after `timeout` seconds, or what the write raised."""
        future: Future[R] = Future()
        with self._changed:
            self._start()
            self._waiting.append((item, future))
            self._changed.notify()
        try:
            return future.result(timeout)
        except (TooSlow, CancelledError):
            future.cancel()
            raise Unavailable(NOT_STORED, retry_after=5) from None

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        """Started by the first request: after gunicorn's fork, where threads do not follow."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                _answer(group, self._write([item for item, _ in group]))
            except Unavailable as error:
                _refuse(group, error)
            except Exception as error:  # noqa: BLE001 - told to the requests, whose catch logs it
                self._one_by_one(group, error)

    def _next_group(self) -> list[tuple[T, Future[R]]]:
        """Those that wait; an empty list when it is time to end."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                taken, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                group = [(item, future) for item, future in taken if future.set_running_or_notify_cancel()]
                if group or (self._closed and not self._waiting):
                    return group

    def _one_by_one(self, group: list[tuple[T, Future[R]]], error: Exception) -> None:
        """One item that cannot be written must not take the others down."""
        if len(group) == 1:
            _refuse(group, error)
            return
        for pair in group:
            try:
                _answer([pair], self._write([pair[0]]))
            except Exception as own:  # noqa: BLE001 - as above
                _refuse([pair], own)


def _answer(group: list[tuple[T, Future[R]]], outcomes: Sequence[R]) -> None:
    for (_, future), outcome in zip(group, outcomes, strict=True):
        future.set_result(outcome)


def _refuse(group: list[tuple[T, Future[R]]], error: Exception) -> None:
    for _, future in group:
        future.set_exception(error)
