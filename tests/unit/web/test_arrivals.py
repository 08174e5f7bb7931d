"""Concurrent requests share a write, and each learns its own outcome."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import Unavailable
from bot.web.arrivals import Arrivals


class Disk:
    """Writes when it is allowed to; keeps what it wrote, in groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.began = threading.Semaphore(0)
        self.go = threading.Event()
        self.go.set()
        self.down = False

    def write(self, items: Sequence[int]) -> list[str]:
        self.began.release()
        assert self.go.wait(60)
        if self.down:
            raise Unavailable("away", retry_after=1)
        if 13 in items:
            raise ZeroDivisionError
        self.groups.append(list(items))
        return [f"wrote {item}" for item in items]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def arrivals(disk: Disk) -> Iterator[Arrivals[int, str]]:
    made = Arrivals[int, str](disk.write)
    yield made
    disk.go.set()
    made.close()


def test_alone_is_written_at_once(disk: Disk, arrivals: Arrivals[int, str]) -> None:
    assert arrivals.add(1, 5) == "wrote 1"
    assert disk.groups == [[1]]


def test_those_that_come_during_a_write_share_the_next(disk: Disk, arrivals: Arrivals[int, str]) -> None:
    disk.go.clear()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(arrivals.add, 0, 10)
        assert disk.began.acquire(timeout=60)
        others = [pool.submit(arrivals.add, number, 10) for number in range(1, 9)]
        while len(arrivals._waiting) < 8:
            time.sleep(0.001)
        disk.go.set()
        assert [f.result() for f in (first, *others)] == [f"wrote {number}" for number in range(9)]
    assert [len(group) for group in disk.groups] == [1, 8]


def test_one_that_cannot_be_written_fails_alone(disk: Disk, arrivals: Arrivals[int, str]) -> None:
    disk.go.clear()
    with ThreadPoolExecutor(4) as pool:
        pool.submit(arrivals.add, 0, 10)
        assert disk.began.acquire(timeout=60)
        futures = [pool.submit(arrivals.add, number, 10) for number in (1, 13, 2)]
        while len(arrivals._waiting) < 3:
            time.sleep(0.001)
        disk.go.set()
        assert (futures[0].result(), futures[2].result()) == ("wrote 1", "wrote 2")
        with pytest.raises(ZeroDivisionError):
            futures[1].result()


def test_outage_is_told_and_the_next_is_written(disk: Disk, arrivals: Arrivals[int, str]) -> None:
    disk.down = True
    with pytest.raises(Unavailable) as caught:
        arrivals.add(1, 5)
    assert caught.value.retry_after == 1
    disk.down = False
    assert arrivals.add(2, 5) == "wrote 2"


def test_a_write_that_hangs_holds_nobody_longer_than_its_time(
    disk: Disk, arrivals: Arrivals[int, str]
) -> None:
    disk.go.clear()
    began = time.monotonic()
    for number in (1, 2):
        with pytest.raises(Unavailable):
            arrivals.add(number, 0.05)
    assert time.monotonic() - began < 20
    disk.go.set()
    assert arrivals.add(3, 5) == "wrote 3"
    assert [2] not in disk.groups  # it was told 503 before its write began: it is not written behind its back


def test_closing_writes_what_waits(disk: Disk) -> None:
    arrivals = Arrivals[int, str](disk.write)
    with ThreadPoolExecutor(2) as pool:
        disk.go.clear()
        futures = [pool.submit(arrivals.add, number, 10) for number in (1, 2)]
        assert disk.began.acquire(timeout=60)
        disk.go.set()
        assert [f.result() for f in futures] == ["wrote 1", "wrote 2"]
    arrivals.close()
