"""What follows from what a job raises."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.context import Context
from bot.enqueue import JOBS
from bot.errors import (
    BadCatalog,
    BadIpa,
    BadSettings,
    BadSource,
    BotError,
    Conflict,
    NotAllowed,
    NotFound,
    NotReady,
    RateLimited,
    Tell,
    Unavailable,
)
from bot.metrics import Meter
from bot.records import DeliveryState
from bot.store import NewDelivery
from config.settings import Settings
from jobs.patience import plan_retry
from jobs.runner import BUG, JobFunction, Run, abandon, job, whole_seconds
from tests.fake_store import FakeStore

TOKEN = "ingest:x"
SETTINGS = Settings(quiet_period=10, ready_timeout=86_400)


class World:
    """A delivery whose one job is under way."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.meter = Meter()
        new = NewDelivery("d1", "release", None, None, {}, b"", 1)
        self.store.deliveries.add([new])
        self.store.deliveries.queue("d1", [TOKEN])
        self.ended: list[tuple[object, ...]] = []
        self.down = False

    @contextmanager
    def open(self) -> Iterator[Context]:
        if self.down:
            raise Unavailable("The database does not answer.")
        yield cast("Context", SimpleNamespace(store=self.store, settings=SETTINGS, meter=self.meter))

    def run(self, error: Exception | None, *, attempt: int = 0, age: float = 0) -> float | None:
        def work(_ctx: Context, _name: str) -> None:
            if error is not None:
                raise error

        def gave_up(_ctx: Context, *told: Any) -> None:
            self.ended.append(told)

        function = job("ingest", gave_up=gave_up)(work)
        run = Run(id="j1", token=TOKEN, delivery="d1", attempt=attempt, age=age)
        return function.perform(run, ("x",), self.open)

    @property
    def outcome(self) -> tuple[DeliveryState, str | None]:
        entry = self.store.deliveries.entries["d1"]
        return entry.state, entry.reason


@pytest.fixture
def world() -> World:
    return World()


def test_done_settles_its_token(world: World) -> None:
    assert world.run(None) is None
    assert world.outcome == (DeliveryState.DONE, None)
    assert world.ended == []


@pytest.mark.parametrize(
    "error",
    [
        NotAllowed("no right"),
        BadIpa("no IPA"),
        BadCatalog("bad catalog"),
        BadSource("bad source"),
        NotFound("gone"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_refused_is_told_and_settled(world: World, error: BotError) -> None:
    assert world.run(error) is None
    assert world.outcome == (DeliveryState.DONE, None)
    assert world.ended == [(error.public, "x")]


@pytest.mark.parametrize(
    "error", [NotReady("wait"), Conflict("moved"), RateLimited("slow"), Unavailable("away")]
)
def test_what_passes_comes_back_and_stays_open(world: World, error: BotError) -> None:
    wait = world.run(error)
    assert wait is not None
    assert wait > 0
    assert world.outcome == (DeliveryState.QUEUED, None)
    assert world.ended == []


def test_patience_ends_with_the_public_sentence(world: World) -> None:
    assert world.run(NotReady("The release has no files yet."), age=86_401) is None
    assert world.outcome == (DeliveryState.FAILED, "The release has no files yet.")
    assert world.ended == [("The release has no files yet.", "x")]


def test_bug_fails_the_delivery_and_reaches_rq(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        world.run(ZeroDivisionError("secret internals"))
    assert world.outcome == (DeliveryState.FAILED, BUG)
    assert world.ended == [(BUG, "x")]


def test_error_without_a_policy_fails_quietly(world: World) -> None:
    assert world.run(BotError()) is None
    assert world.outcome == (DeliveryState.FAILED, "Something went wrong inside altpress.")


def test_settings_that_are_wrong_fail_it(world: World) -> None:
    assert world.run(BadSettings("ALTPRESS_X is wrong.")) is None
    assert world.outcome == (DeliveryState.FAILED, "ALTPRESS_X is wrong.")


def every_error(base: type[BotError] = BotError) -> list[type[BotError]]:
    return [base, *(found for kind in base.__subclasses__() for found in every_error(kind))]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_its_class_says_what_becomes_of_the_job(world: World, kind: type[BotError]) -> None:
    """One policy, that of `bot/errors.py`: later, done, or failed."""
    wait = world.run(kind("Why."))
    assert (wait is not None) is kind.retry
    state = world.outcome[0]
    done = not kind.retry and kind.tell is not Tell.OPERATOR
    assert state is (
        DeliveryState.QUEUED if kind.retry else DeliveryState.DONE if done else DeliveryState.FAILED
    )


def test_without_stores_the_job_comes_back(world: World) -> None:
    world.down = True
    assert world.run(None) == 2


def test_store_that_goes_away_while_the_end_is_written_brings_the_job_back(world: World) -> None:
    world.store.deliveries.down = True
    assert world.run(None) == 2
    world.store.deliveries.down = False
    assert world.run(None, attempt=1) is None
    assert world.outcome == (DeliveryState.DONE, None)


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (NotReady("x"), [10, 15, 22.5, 33.75]),
        (Conflict("x"), [1, 2, 4, 8]),
        (RateLimited("x"), [60, 90, 135, 202.5]),
        (Unavailable("x"), [2, 4, 8, 16]),
        (Unavailable("x", retry_after=7), [7, 7, 7, 7]),
        (NotReady("x", retry_after=0.5), [0.5, 0.5, 0.5, 0.5]),
        (RateLimited("x", retry_after=99_999), [3600, 3600, 3600, 3600]),
        (BadIpa("x"), [None, None, None, None]),
    ],
)
def test_waits_grow_as_the_class_says(error: BotError, waits: list[float | None]) -> None:
    planned = [
        plan_retry(error, attempt=n, age=0, quiet_period=10, ready_timeout=86_400) for n in range(len(waits))
    ]
    assert planned == waits


@pytest.mark.parametrize("error", [NotReady("x"), Conflict("x"), RateLimited("x"), Unavailable("x")])
def test_waits_are_bounded(error: BotError) -> None:
    late = plan_retry(error, attempt=10_000, age=0, quiet_period=10, ready_timeout=86_400)
    assert late is not None
    assert late <= 900
    assert plan_retry(error, attempt=0, age=90_000, quiet_period=10, ready_timeout=86_400) is None


@pytest.mark.parametrize("name", JOBS)
def test_every_job_name_resolves_to_a_job(name: str) -> None:
    module, _, attribute = JOBS[name].rpartition(".")
    function = getattr(importlib.import_module(module), attribute)
    assert isinstance(function, JobFunction)
    assert function.name == name


def killed(tries_left: int | None, **meta: str) -> Any:
    return SimpleNamespace(
        meta=meta, id="j1", func_name="jobs.x.y", should_retry=tries_left is not None and tries_left > 0
    )


def test_job_whose_worker_is_killed_again_and_again_fails(world: World) -> None:
    abandon(killed(1, delivery="d1", token=TOKEN), world.open)
    assert world.outcome[0] is DeliveryState.QUEUED
    abandon(killed(0, delivery="d1", token=TOKEN), world.open)
    assert world.outcome == (DeliveryState.FAILED, BUG)
    abandon(killed(0), world.open)  # of no delivery: nobody waits


@pytest.mark.parametrize(("wait", "now"), [(0.1, 100.95), (1, 100.3), (7.3, 100.0), (10, 100.999)])
def test_rqs_whole_seconds_are_never_too_early(wait: float, now: float) -> None:
    comes = int(now + whole_seconds(wait, now))  # RQ keeps the whole seconds of the sum
    assert now + wait <= comes < now + wait + 1


def test_no_wait_is_no_detour_through_the_scheduler() -> None:
    assert whole_seconds(0, 100.5) == 0
