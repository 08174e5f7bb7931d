"""A scrape's parts: each is read once for all who ask, and none is waited for without end."""

import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client.metrics_core import Metric as Family
from redis.exceptions import ConnectionError as NoConnection

from bot.context import Context
from bot.errors import Unavailable
from bot.metrics.render import build_gauge
from bot.metrics.table import WORKERS
from bot.web import readings
from bot.web.health import Health
from bot.web.looks import Part
from bot.web.readings import Readings
from bot.web.scrape import read_metrics
from config.settings import Settings


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LONGEST", 1.0)


def answering() -> Iterator[Family]:
    yield build_gauge(WORKERS, {(): 1.0})


def raising() -> Iterator[Family]:
    yield build_gauge(WORKERS, {(): 1.0})
    raise NoConnection


def test_one_that_hangs_or_fails_takes_only_its_own(caplog: pytest.LogCaptureFixture) -> None:
    go_on, begun = threading.Event(), []

    def hanging() -> Iterator[Family]:
        begun.append(time.monotonic())
        go_on.wait(60)
        yield from answering()

    def buggy() -> Iterator[Family]:
        raise ZeroDivisionError

    parts = Readings({"good": answering, "hangs": hanging, "away": raising, "bug": buggy})
    started = time.monotonic()
    for _ in range(2):
        found = parts.read(parts.names)
        assert {name: families is not None for name, families in found.items()} == {
            "good": True, "hangs": False, "away": False, "bug": False,
        }  # fmt: skip
    assert time.monotonic() - started < 30
    assert len(begun) == 1
    assert [r.message for r in caplog.records].count("metrics_crashed") == 2
    go_on.set()
    deadline = time.monotonic() + 60
    while parts.read(["hangs"])["hangs"] is None:
        assert time.monotonic() < deadline


def test_only_what_is_asked_for_is_read() -> None:
    assert list(Readings({"good": answering, "away": raising}).read(["good"])) == ["good"]


def test_latency_is_told_of_answers_alone() -> None:
    def refused() -> Part:
        raise Unavailable("MongoDB does not answer.")

    health = Health({"mongodb": refused, "redis": lambda: Part(ok=True)})
    families = {f.name: f for f in read_metrics(Context(Settings(sweep_interval=300)), health, Readings({}))}
    told = {s.labels["dependency"]: s.value for s in families["altpress_dependency_up"].samples}
    assert told == {"mongodb": 0.0, "redis": 1.0}
    latencies = families["altpress_dependency_latency_seconds"].samples
    assert [s.labels["dependency"] for s in latencies] == ["redis"]
