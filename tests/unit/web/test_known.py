"""How new the sites are that the receiver knows."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import Unavailable
from bot.web.known import KnownSites
from tests.fake_store import FakeSites, site_state


def test_recent_is_read_once_and_since_reads_again() -> None:
    sites = FakeSites([site_state()])
    known = KnownSites(sites.all)
    assert known.recent(1) == known.recent(1) == [site_state()]
    assert sites.readings == 1
    sites.states = []
    assert known.since(time.monotonic(), 1) == []
    assert sites.readings == 2
    known.close()


def test_one_reading_serves_all_that_came_before_it() -> None:
    sites = FakeSites()
    known = KnownSites(sites.all)
    moment = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: known.since(moment, 5), range(20)))
    assert sites.readings == 1
    known.close()


def test_database_that_hangs_holds_nobody() -> None:
    go = threading.Event()

    def hang() -> list[object]:
        go.wait(60)
        return []

    known = KnownSites(hang)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        known.recent(0.05)
    go.set()
    assert known.recent(5) == []
    known.close()
