"""Logs: one JSON object a line on stdout, or a line of text for people.

A line says `time` (UTC), `level`, `event` (a static name, so that lines can be counted), `logger`, then the
fields of the unit of work (`delivery`, `job`, `site`, `repository`: bound once, by `bind`) and of the call
(`log.info("webhook_stored", extra={"status": 202})`). gunicorn, RQ and werkzeug end up in the same form: they
hand their records to the root logger. Secrets are masked in the finished line: no way into it is left out.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from config.secret_values import list_secrets
from config.settings import Settings

MASK = "[secret]"
SHORTEST_SECRET = 6  # a shorter one would mask half of every line
_PATTERNS = re.compile(
    r"""gh[a-z]_[A-Za-z0-9_]{10,}                     # tokens of GitHub, by their prefixes
      | github_pat_[A-Za-z0-9_]{10,}
      | (?<=[Bb]earer[ ])[^\s"',\\]+                  # any Authorization header
      | (?<=[Tt]oken[ ])[A-Za-z0-9._-]{20,}
      | eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}         # a JWT
      | (?<=://)[^\s/@"':]*:[^\s/@"']+(?=@)           # user:password@ in a URL
      | -----BEGIN[ A-Z]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|$)
    """,
    re.VERBOSE | re.DOTALL,
)
FOREIGN = (
    "rq",
    "rq.worker",
    "rq.scheduler",
    "rq.job",
    "rq.queue",
    "werkzeug",
    "urllib3",
    "github",
    "pymongo",
    "boto3",
    "botocore",
)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_bound: ContextVar[dict[str, Any] | None] = ContextVar("altpress_log_fields", default=None)


@contextmanager
def bind(**fields: Any) -> Iterator[None]:
    """Put these fields into every line that is logged inside; None leaves a field out."""
    token = _bound.set({**(_bound.get() or {}), **{k: v for k, v in fields.items() if v is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


def bind_more(**fields: Any) -> None:
    """More fields for the rest of what the innermost `bind` is around: what is known only later."""
    bound = _bound.get()
    if bound is not None:  # a dictionary of that `bind`'s own
        bound.update({name: value for name, value in fields.items() if value is not None})


def configure(level: str = "INFO", form: str = "json", secrets: Iterable[str] = ()) -> None:
    """Send everything that is logged in this process to stdout in one form; doing it again replaces it."""
    mask = Mask(secrets)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Json(mask) if form == "json" else Text(mask))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    _quiet(level.upper())


def configure_from(settings: Settings) -> None:
    """`configure` for an installation: its level and form, and its secrets masked."""
    configure(settings.log_level, settings.log_format, list_secrets(settings))


def mask_more(secrets: Iterable[str]) -> None:
    """Also hide these from now on: a secret was rotated while the process runs."""
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, Json | Text):
            handler.formatter.mask.add(secrets)


def _quiet(level: str) -> None:
    """What others say at INFO about each step of theirs is for debugging only."""
    loud = level == "DEBUG"
    for name in FOREIGN:
        logging.getLogger(name).setLevel(logging.INFO if loud else logging.WARNING)
    worker = logging.getLogger("rq.worker")
    worker.filters[:] = [_not_told_twice]


def _not_told_twice(record: logging.LogRecord) -> bool:
    """RQ repeats the traceback that `jobs/runner.py` has just logged with its fields."""
    return "exception raised while executing" not in str(record.msg)


class Mask:
    """Replaces secrets in a text: those it is given, and whatever looks like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Also these, as they are and as JSON writes them."""
        long = [s for s in secrets if len(s) >= SHORTEST_SECRET]
        self._forms |= {form for s in long for form in (s, json.dumps(s)[1:-1])}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _PATTERNS.sub(MASK, text)


class Json(JsonFormatter):
    """`{"time": …, "level": …, "event": …, "logger": …, …fields, "exception": …}`."""

    def __init__(self, mask: Mask) -> None:
        super().__init__(json_default=str, json_ensure_ascii=False)
        self.mask = mask

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **_fields(record),
        }
        if trace := _trace(self, record):
            line["exception"] = trace
        return self.mask(self.jsonify_log_record(line))


class Text(logging.Formatter):
    """`21:48:16 info webhook_stored delivery=… status=202`."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self.mask = mask

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_shown(value)}" for name, value in _fields(record).items())
        start = f"{_time(record).astimezone():%H:%M:%S} {record.levelname.lower():7}"
        line = f"{start} {record.getMessage()}{fields}"
        trace = _trace(self, record)
        return self.mask(f"{line}\n{trace}" if trace else line)


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was bound, then what the call gave (`extra=`), which wins."""
    given = {
        name: value for name, value in vars(record).items() if name not in _OWN and not name.startswith("_")
    }
    return {**(_bound.get() or {}), **given}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return formatter.formatException(record.exc_info)
    return record.exc_text or ""


def _shown(value: Any) -> str:
    """A value in a text line: quoted where it would break the line or the pair."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)
