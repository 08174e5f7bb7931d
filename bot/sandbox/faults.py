"""What goes wrong on purpose: GitHub on its worst day, by the share of calls and deliveries.

Set by `PUT /_sandbox/faults` (`altpress sandbox faults`), off at every start. Only the bot's calls fail, and
downloads; never those of people, git or the control endpoints. A lost answer is the nastiest: the work was
done, and nobody told.
"""

import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from bot.sandbox.http import ApiError

_MOST = 0.9  # of calls or deliveries: with all of them nothing would ever be done
_BOUNDS = {"late_seconds": 60, "vanished": 1}
_RESET = struct.pack("ii", 1, 0)  # linger for 0 seconds: closing sends RST


class CallFault(StrEnum):
    ERROR = "500"
    BAD_GATEWAY = "502"
    RATE_LIMITED = "403"
    CONFLICT = "422"  # a reference that somebody else moved; other calls get 502
    RESET = "reset"  # before anything is done
    LOST = "lost"  # after it


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares from 0 to 0.9, of calls and of deliveries; `late_seconds` is the longest delay.

    A dropped delivery is in GitHub's log, as failed; a vanished one (0 to 1) not even there.
    """

    calls: float = 0.0
    dropped: float = 0.0
    vanished: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    late_seconds: float = 3.0


class Faults:
    """Safe for threads. `counts` tells what was done."""

    def __init__(self, shares: Shares = Shares(), seed: int | None = None) -> None:
        self.shares, self.counts = shares, Counter[str]()
        self._random, self._lock = random.Random(seed), threading.Lock()  # noqa: S311 -- no secret comes of it

    def set(self, values: dict[str, float], seed: int | None = None) -> Shares:
        """Replace the shares; raises ValueError for unknown names and values out of range."""
        known = {field.name for field in fields(Shares)}
        if unknown := sorted(values.keys() - known):
            raise ValueError(f"unknown: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        for name, value in values.items():
            if not 0 <= value <= _BOUNDS.get(name, _MOST):
                raise ValueError(f"{name} must be between 0 and {_BOUNDS.get(name, _MOST)}")
        self.shares = replace(Shares(), **values)
        if seed is not None:
            self._random = random.Random(seed)  # noqa: S311 -- as above
        return self.shares

    def choose_call(self) -> CallFault | None:
        """What happens to a call of the bot's."""
        if not self._happens(self.shares.calls):
            return None
        with self._lock:
            return self._random.choice(tuple(CallFault))

    def choose_delivery(self) -> tuple[bool, int, float]:
        """Of one delivery: whether it is dropped, how often it is sent, and how many seconds late."""
        if self._happens(self.shares.vanished):
            self.count("vanished")
            return False, 0, 0.0
        if self._happens(self.shares.dropped):
            self.count("dropped")
            return True, 0, 0.0
        times = 2 if self._happens(self.shares.doubled) else 1
        late = self._happens(self.shares.late)
        self.count(*(["doubled"] if times == 2 else []), *(["late"] if late else []))
        with self._lock:
            return False, times, self._random.uniform(0, self.shares.late_seconds) if late else 0.0

    def count(self, *names: str) -> None:
        with self._lock:
            self.counts.update(names)

    def _happens(self, share: float) -> bool:
        with self._lock:
            return share > 0 and self._random.random() < share


def spoil_call(faults: Faults) -> Response | None:
    """Before a route: an answer instead of the work, or None; a lost answer is remembered for later."""
    fault = faults.choose_call()
    if fault is None:
        return None
    moves = request.method == "PATCH" and "/git/refs/" in request.path
    if fault is CallFault.CONFLICT and not moves:
        fault = CallFault.BAD_GATEWAY
    faults.count(fault.value)
    match fault:
        case CallFault.LOST:
            g.lose_answer = True
            return None
        case CallFault.RESET:
            hang_up()
            return ApiError(502, "reset").response()
        case CallFault.CONFLICT:
            return ApiError(422, "Update is not a fast forward").response()
        case CallFault.RATE_LIMITED:
            response = ApiError(403, "You have exceeded a secondary rate limit.").response()
            response.headers["Retry-After"] = "1"
            return response
        case _:
            return ApiError(int(fault.value), "Server Error").response()


def lose_answer(response: AnyResponse) -> None:
    """After the work: hang up where `spoil_call` said so."""
    if g.get("lose_answer") and response.status_code < 500:
        hang_up()


def hang_up() -> None:
    """Break the connection, so that the client sees a reset instead of an answer."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            connection.shutdown(socket.SHUT_RDWR)  # the server closes it, and no later one gets its number
