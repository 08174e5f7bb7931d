"""A release and a `/yank` at the same time, on two workers: both effects are in the source, in any order."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.dispatch import dispatch_once
from tests.deciding import Site
from tests.installation import Installation, empty_stores, installation
from tests.processes import altpress

__all__ = ["empty_stores", "installation"]
SHORT, LONG = 4, 100  # four runs: either comes first, at once or a moment later


@pytest.fixture
def site(installation: Installation, tmp_path: Path) -> Iterator[Site]:
    """With two workers and a scheduler, each a process of its own."""
    site = Site(installation).start("1.0")
    settings = {
        name.removeprefix("ALTPRESS_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("ALTPRESS_")
    }
    bounds = ("writes_per_minute", "writes_per_hour", "commands_per_user")
    settings |= dict.fromkeys(bounds, "0")  # none: a hundred runs in a few minutes are nobody's habit
    with ExitStack() as stack:
        for number, kind in enumerate(("worker", "worker", "scheduler")):
            output = tmp_path / f"{kind}-{number}.log"
            process = stack.enter_context(altpress(kind, output=output, **settings))
        process.wait_for(lambda: count_workers(installation) == 2, timeout=180)
        yield site


def count_workers(installation: Installation) -> object:
    return installation.context.queue.connection.scard("rq:workers")


@pytest.mark.parametrize("runs", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_a_release_and_a_yank_at_the_same_time(site: Site, runs: int) -> None:
    for run in range(1, runs + 1):
        release_and_yank(site, run)
    wait_for(site, lambda: len(site.replies()) == runs)
    assert [reply for reply in site.replies() if "Committed as [`" not in reply] == []
    assert site.versions() == [f"1.{runs}"]
    assert site.kinds() == [("yank", "app", f"1.{run}") for run in range(runs)]
    assert site.open_requests() == 0


def release_and_yank(site: Site, run: int) -> None:
    new, old = f"1.{run}", f"1.{run - 1}"
    acts: list[Callable[[], object]] = [
        lambda: site.bot.hub.release(f"v{new}"),
        lambda: site.bot.hub.comment(f"/yank app {old} run {run}", by="maintainer"),
    ]
    do_together(acts if run % 2 else acts[::-1], pause=(run % 4 // 2) * 0.1)
    wait_for(site, lambda: site.versions() == [new] and ("yank", "app", old) in site.kinds())


def do_together(acts: list[Callable[[], object]], *, pause: float) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
        time.sleep(pause)
    for thread in threads:
        thread.join()


def wait_for(site: Site, there: Callable[[], bool], seconds: float = 60) -> None:
    """Until it is there. Dispatched beside the scheduler's process, so that some jobs run twice at once."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, (site.versions(), site.kinds(), site.replies()[-3:])
        dispatch_once(site.bot.store, site.bot.context.queue)
        time.sleep(0.05)
