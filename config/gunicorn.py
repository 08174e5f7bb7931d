"""gunicorn for this installation: one process of threads (one grouped insert serves them all)."""

import contextlib
import logging
import socket
import time
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import _DEFER, ThreadWorker

from config.settings import Settings

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file: memory, never a slow disk

LONGEST_REQUEST = 15.0  # seconds until a request must be there, headers and body; GitHub gives up after 10


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
        "graceful_timeout": 8,
        "keepalive": 5,
        "limit_request_fields": 60,
        "control_socket_disable": True,  # it would lie in the home directory
        "accesslog": "-",
        "loglevel": settings.log_level.lower(),
        "logger_class": Lines,
        "reload": reload,
    }


class Threads(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threads, which no client can hold for longer than `LONGEST_REQUEST`.

    gunicorn bounds the wait for the first byte (in a thread, for five seconds) and nothing after it: as many
    slow clients as there are threads would keep everybody else out.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began: dict[Any, float] = {}  # by connection that a thread is busy with

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
