"""Looks for secrets in all that a test made altpress say, when the test is over: see `tests/leaks.py`.

Nothing has to be asked for. Settings and environments tell which secrets there are; loggers and processes,
what was said:

- log records of this process, formatted without the mask: it is the last defence, and nothing may need it;
- what a process of altpress or of its stores wrote into files or pipes, and its command line.

`@pytest.mark.tells_secrets("why")` is for tests that log or print a secret on purpose.
"""

import logging
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from config import log
from config.settings import Settings
from tests.leaks import Secrets, report, search

LOGGERS = ("bot", "jobs", "config", "altpress", "altpress-sandbox", "gunicorn", "py.warnings", *log.FOREIGN)
OURS = ("bot", "jobs", "config")  # at INFO as in production, whatever pytest's root logger takes
MARK = "tells_secrets"
# They print a secret because that is what they are for.
TELLING = (("password",), ("sandbox", "token"))


class Records(logging.Handler):
    """Log lines as they are before the mask."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(log.Json(lambda text: text))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Watched:
    """A process of ours: its command line, and what it said."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], outputs: set[Path]) -> None:
        self.words, self._outputs = words, outputs
        self.lasts = True
        named = next((after for word, after in pairwise(words) if word == "--data"), "")
        place = named or environ.get("ALTPRESS_DATA_DIR", "")
        self._data = Path(place) if place else None
        self._read: dict[Path, str] = {}
        self.said: list[str] = []

    def harvest(self, secrets: Secrets) -> None:
        """Before the test throws it away."""
        if self._data is not None:
            secrets.add_data(self._data)
        for path in self._outputs:
            if path.is_file():
                self._read[path] = path.read_text(encoding="utf-8", errors="replace")

    @property
    def texts(self) -> list[str]:
        return [*self._read.values(), *self.said]

    @property
    def name(self) -> str:
        """`up`, `worker`, `bot.sandbox`, `redis-server`."""
        names = (Path(word).name for word in self.words[:4])
        return " ".join(name for name in names if re.fullmatch(r"[a-z][a-z0-9._-]{0,14}", name))


class Leaks:
    """One a test process."""

    def __init__(self) -> None:
        self.secrets = Secrets()
        self.records = Records()
        self.processes: list[Watched] = []

    def started(self, words: Sequence[str], environ: Mapping[str, str], outputs: set[Path]) -> Watched | None:
        if not is_ours(words):
            return None
        self.secrets.add_environment(environ)
        watched = Watched(words, environ, outputs)
        self.processes.append(watched)
        return watched

    def take(self) -> list[str]:
        """What has leaked since this was last asked, as sentences."""
        for watched in self.processes:
            watched.harvest(self.secrets)
        found = list(search(self.secrets, "log record", "\n".join(self.records.lines)))
        for watched in self.processes:
            found += search(self.secrets, f"command line of {watched.name}", " ".join(watched.words))
            for text in watched.texts:
                found += search(self.secrets, f"output of {watched.name}", text)
        self.forget()
        return report(dict.fromkeys(found))

    def forget(self) -> None:
        """But for processes that outlive the test."""
        self.records.lines.clear()
        self.processes = [watched for watched in self.processes if watched.lasts]


def is_ours(words: Sequence[str]) -> bool:
    """Whether this is a process of altpress, of its stores or its sandbox; not one that tells on purpose."""
    if any(_holds(words, telling) for telling in TELLING):
        return False
    names = {Path(word).name for word in words[:1]} | {
        after.partition(".")[0] for word, after in pairwise(words) if word == "-m"
    }
    return bool(names & {"altpress", "bot", "redis-server", "valkey-server"})


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    return any(tuple(words[i : i + len(part)]) == tuple(part) for i in range(len(words)))


@contextmanager
def listening(leaks: Leaks) -> Iterator[None]:
    """Learn of every Settings and every process of this test process, and of what they say."""
    settings, start, wait, talk = (
        Settings.__init__, subprocess.Popen.__init__, subprocess.Popen.wait, subprocess.Popen.communicate,
    )  # fmt: skip
    known: WeakKeyDictionary[subprocess.Popen[Any], Watched] = WeakKeyDictionary()

    def make(self: Settings, **values: Any) -> None:
        settings(self, **values)
        leaks.secrets.add_settings(self)

    def begin(self: "subprocess.Popen[Any]", args: Any, *more: Any, **options: Any) -> None:
        words = (
            [os.fsdecode(args)] if isinstance(args, str | bytes | Path) else [os.fsdecode(w) for w in args]
        )
        files = (getattr(options.get(name), "name", None) for name in ("stdout", "stderr"))
        outputs = {Path(file) for file in files if isinstance(file, str)}
        if watched := leaks.started(words, options.get("env") or os.environ, outputs):
            known[self] = watched
        start(self, args, *more, **options)

    def end(self: "subprocess.Popen[Any]", *given: Any, **options: Any) -> int:
        status = wait(self, *given, **options)
        if watched := known.get(self):
            watched.harvest(leaks.secrets)
            watched.lasts = False
        return status

    def hear(self: "subprocess.Popen[Any]", *given: Any, **options: Any) -> tuple[Any, Any]:
        told = talk(self, *given, **options)
        if watched := known.get(self):
            watched.said += [t if isinstance(t, str) else t.decode(errors="replace") for t in told if t]
        return told

    patches: list[tuple[Any, str, Callable[..., Any], Callable[..., Any]]] = [
        (Settings, "__init__", make, settings), (subprocess.Popen, "__init__", begin, start),
        (subprocess.Popen, "wait", end, wait), (subprocess.Popen, "communicate", hear, talk),
    ]  # fmt: skip
    for where, name, ours, _ in patches:
        setattr(where, name, ours)
    try:
        yield
    finally:
        for where, name, _, theirs in patches:
            setattr(where, name, theirs)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(why): logs or prints a secret on purpose; nobody searches")


@pytest.fixture(scope="session")
def leaks() -> Iterator[Leaks]:
    """The plugin's memory; a test adds secrets that no setting holds: `leaks.secrets.add(kind, value)`."""
    found = Leaks()
    with listening(found):
        yield found
        lasting = found.take()
    assert not lasting, "\n".join(lasting)


@pytest.fixture(autouse=True)
def no_secret_leaks(leaks: Leaks, request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up before all else, so that it looks when everything has ended."""
    levels = {name: logging.getLogger(name).level for name in OURS}
    for name in LOGGERS:
        logging.getLogger(name).addHandler(leaks.records)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    yield
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(leaks.records)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    found = leaks.take()
    if found and request.node.get_closest_marker(MARK) is None:
        pytest.fail("secrets were told:\n" + "\n".join(found), pytrace=False)
