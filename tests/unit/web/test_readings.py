"""A scrape's parts: each is read once for all who ask, and none is waited for without end."""

import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client.metrics_core import Metric as Family
from redis.exceptions import ConnectionError as NoConnection

from bot.metrics.render import build_gauge
from bot.metrics.table import WORKERS
from bot.web import readings
from bot.web.readings import Readings


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LONGEST", 0.3)


def answering() -> Iterator[Family]:
    yield build_gauge(WORKERS, {(): 1.0})


def raising() -> Iterator[Family]:
    yield build_gauge(WORKERS, {(): 1.0})
    raise NoConnection


def test_one_that_hangs_or_fails_takes_only_its_own(caplog: pytest.LogCaptureFixture) -> None:
    go_on, begun = threading.Event(), []

    def hanging() -> Iterator[Family]:
        begun.append(time.monotonic())
        go_on.wait(20)
        yield from answering()

    def buggy() -> Iterator[Family]:
        raise ZeroDivisionError

    parts = Readings({"good": answering, "hangs": hanging, "away": raising, "bug": buggy})
    started = time.monotonic()
    for _ in range(3):
        found = parts.read(parts.names)
        assert {name: families is not None for name, families in found.items()} == {
            "good": True, "hangs": False, "away": False, "bug": False,
        }  # fmt: skip
    assert time.monotonic() - started < 10
    assert len(begun) == 1
    assert [r.message for r in caplog.records].count("metrics_crashed") == 3
    go_on.set()
    deadline = time.monotonic() + 10
    while parts.read(["hangs"])["hangs"] is None:
        assert time.monotonic() < deadline


def test_only_what_is_asked_for_is_read() -> None:
    assert list(Readings({"good": answering, "away": raising}).read(["good"])) == ["good"]
