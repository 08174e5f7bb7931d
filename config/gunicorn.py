"""gunicorn for this installation: one process of threads (one grouped insert serves them all)."""

import logging
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from config.settings import Settings

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file: memory, never a slow disk


def options(settings: Settings, *, reload: bool = False) -> dict[str, Any]:
    """What gunicorn is told, by its own names."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": [f"{host}:{settings.port}"],
        "workers": 1,
        "worker_class": "gthread",
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
