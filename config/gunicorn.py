"""gunicorn for this installation: one process of threads (one grouped insert serves them all).

SIGTERM: not ready at once, requests are taken for `ALTPRESS_STOP_DELAY` seconds more, each answered with
`Connection: close`; then those that wait to be accepted are, nobody can connect any more, and what is under
way is finished. SIGTERM again, or SIGQUIT: at once.
"""

import contextlib
import gc
import logging
import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import _DEFER, STOP_KEEPALIVE_LINGER, ThreadWorker

from config.settings import Settings

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file: memory, never a slow disk

LONGEST_REQUEST = 15.0  # seconds until a request must be there, headers and body; GitHub gives up after 10
LAST_REQUESTS = 18  # seconds for those under way when the delay is over: the longest, and its answer
MOST_FAREWELLS = 64
TWICE = 0.5  # seconds within which a second SIGTERM is the first one's echo (a wrapper that passes it on)


def options(settings: Settings, *, reload: bool = False) -> dict[str, Any]:
    """What gunicorn is told, by its own names."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": [f"{host}:{settings.port}"],
        "workers": 1,
        "worker_class": Threads,
        "threads": settings.web_threads,
        "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
        "timeout": 60,  # seconds that the process may be deaf; requests have their own bounds
        "graceful_timeout": round(settings.stop_delay) + LAST_REQUESTS,
        "keepalive": 5,
        "limit_request_fields": 60,
        "control_socket_disable": True,  # it would lie in the home directory
        "accesslog": "-",
        "loglevel": settings.log_level.lower(),
        "logger_class": Lines,
        "reload": reload,
        # a last collection would take a second, of what is gone in a moment anyway
        "worker_exit": lambda server, worker: gc.freeze(),  # noqa: ARG005 - gunicorn counts arguments
        "on_exit": lambda server: gc.freeze(),  # noqa: ARG005 - as above
    }


class Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's parent process, which takes a second SIGTERM for impatience."""

    _told = float("inf")

    def signal(self, sig: int, frame: Any) -> None:
        if sig == signal.SIGTERM and time.monotonic() > self._told + TWICE:
            sig = signal.SIGQUIT
        elif sig == signal.SIGTERM:
            self._told = min(self._told, time.monotonic())
        super().signal(sig, frame)


class Threads(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threads, which no client can hold for longer than `LONGEST_REQUEST`, and which drop nobody
    when they stop.

    gunicorn bounds the wait for the first byte (in a thread, for five seconds) and nothing after it: as many
    slow clients as there are threads would keep everybody else out.
    """

    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began: dict[Any, float] = {}  # by connection that a thread is busy with
        self._leave_at = float("inf")  # when nobody can connect any more
        self._farewells = Farewells()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: the application learns it at once, and clients with their next answer."""
        del sig, frame
        if self._leave_at == float("inf"):
            self._leave_at = time.monotonic() + self.cfg.graceful_timeout - LAST_REQUESTS
            self.max_keepalived = 0  # from now on each answer closes its connection
            if self.wsgi is not None:  # None: it is still being made
                self.app.stopping(self.wsgi)
            self.method_queue.defer(lambda: None)  # wakes the main loop

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """In the main loop: no longer than until it is time to leave."""
        super().wait_for_and_dispatch_events(max(0.0, min(timeout, self._leave_at - time.monotonic())))
        if self.alive and time.monotonic() >= self._leave_at:
            self.alive = False
            self._take_last()

    def _take_last(self) -> None:
        """Those that have connected and wait to be accepted; gunicorn would close the door on them."""
        self.set_accept_enabled(False)
        for listener in self.sockets:
            before = -1
            while before != self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
            listener.close()
        latest = time.monotonic() + STOP_KEEPALIVE_LINGER
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, latest)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """In the main loop."""
        result = None if fs.cancelled() or fs.exception() is not None else fs.result()
        if result is _DEFER and not self.alive:
            self._await_request(conn)
        elif result is False:
            self.nr_conns -= 1
            self._farewells.say(conn)
        else:
            super().finish_request(conn, fs)

    def _await_request(self, conn: Any) -> None:
        """gunicorn, when it stops, hangs up on who has connected and not spoken yet."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + STOP_KEEPALIVE_LINGER
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        """In a thread: one request. A connection that has sent nothing yet waits outside."""
        if not conn.initialized and not conn.wait_for_data(0):
            return _DEFER
        self._began[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._began[conn]

    def murder_pending(self) -> None:
        """In the main loop, each second: those who take too long are read no further."""
        super().murder_pending()
        latest = time.monotonic() - LONGEST_REQUEST
        for conn, began in self._began.copy().items():
            if began < latest:
                with contextlib.suppress(OSError):  # it has gone meanwhile
                    conn.sock.shutdown(socket.SHUT_RD)


class Farewells:
    """Ends connections in threads of their own: the last bytes of an answer get lost unless the client is
    waited for, up to two seconds, and gunicorn waits in its main loop.
    """

    def __init__(self, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="farewell")
        self._waiting = set[Future[None]]()

    def say(self, conn: Any) -> None:
        """Those who let many wait are not waited for."""
        if len(self._waiting) >= MOST_FAREWELLS:
            conn.close()
            return
        future = self._threads.submit(conn.close, graceful=True)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)


class Lines(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's lines through the root logger, in the form of all others (`config/log.py`)."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
        loud = cfg.loglevel.lower() == "debug"
        self.access_log.setLevel(logging.DEBUG if loud else logging.WARNING)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        """One line a request: never the query, which may carry what is nobody's business."""
        del req
        asked = str(environ.get("PATH_INFO")).startswith("/health")  # "not yet" is an answer, no fault
        level = logging.WARNING if resp.status_code >= 500 and not asked else logging.DEBUG
        fields = {
            "method": environ.get("REQUEST_METHOD"),
            "path": environ.get("PATH_INFO"),
            "status": resp.status_code,
            "seconds": round(request_time.total_seconds(), 4),
            "remote": environ.get("REMOTE_ADDR"),
        }
        self.access_log.log(level, "http_request", extra=fields)
