"""What the health answers say, to whom, and how long anybody waits for them."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot import __version__
from bot.errors import Unavailable
from bot.metrics.meter import Budget
from bot.migrate import Level
from bot.store.backups import LastBackup
from bot.web import looks as looks_module
from bot.web.health import Health, make_blueprint
from bot.web.looks import FRESH, LONGEST, Check, Looks, Part
from bot.web.parts import answers, backup_part, budget_part, level_part, pending_part, worker_part


def make_client(health: Health | None = None, *, trusted: bool = False, **checks: Check) -> FlaskClient:
    app = Flask("health")
    app.register_blueprint(make_blueprint(health or Health(checks), lambda: trusted))
    return app.test_client()


def well() -> Part:
    return Part(ok=True, detail="seven at db.internal", facts={"seven": 7})


def away() -> None:
    raise Unavailable("The database does not answer.")


class Hanging:
    """A check that hangs until it is let go; it counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.hangs = threading.Event()
        self._go = threading.Event()

    def __call__(self) -> Part:
        self.begun += 1
        if self.hangs.is_set():
            self._go.wait(60)
        return Part(ok=True)

    def let_go(self) -> None:
        self.hangs.clear()
        self._go.set()


@contextmanager
def hanging() -> Iterator[Hanging]:
    check = Hanging()
    check.hangs.set()
    try:
        yield check
    finally:
        check.let_go()


def seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def test_live_asks_nobody() -> None:
    assert make_client(mongodb=answers(away)).get("/health/live").status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/receiving", "/health"])
def test_head_is_answered_as_get_is(path: str) -> None:
    for client in (make_client(mongodb=well), make_client(mongodb=answers(away))):
        head = client.head(path)
        assert head.status_code == client.get(path).status_code
        assert head.data == b""


def test_ready_when_all_parts_are() -> None:
    client = make_client(mongodb=answers(lambda: None), redis=well)
    assert client.get("/health/ready").json == {"status": "ok"}
    answer = client.get("/health")
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["missing"]) == ("ok", [])


def test_what_is_missing_is_named() -> None:
    client = make_client(mongodb=answers(away), redis=well, workers=lambda: worker_part([]))
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["missing"]) == (503, ["mongodb", "workers"])
    assert client.get("/health").status_code == 503


def test_webhooks_are_received_while_mongodb_answers() -> None:
    for migrations, status in ((Level(), 200), (Level(pending=("0002",)), 200), (Level(too_new=("9",)), 503)):
        level = partial(level_part, migrations)
        client = make_client(mongodb=well, migrations=level, redis=answers(away), workers=answers(away))
        assert client.get("/health/receiving").status_code == status
        assert client.get("/health/ready").status_code == 503
    assert make_client(mongodb=answers(away), redis=well).get("/health/receiving").status_code == 503


def test_strangers_learn_nothing_of_use_to_an_attacker() -> None:
    checks = {"mongodb": well, "redis": answers(away)}
    answer = make_client(**checks).get("/health")
    assert answer.json["parts"]["mongodb"].keys() == {"ok", "latency_ms", "since"}
    for secret in ("db.internal", "seven", "does not answer", __version__):
        assert secret not in answer.text
    known = make_client(trusted=True, **checks).get("/health").json
    assert known["version"] == __version__
    assert known["parts"]["mongodb"]["seven"] == 7
    assert known["parts"]["redis"]["detail"] == "The database does not answer."


def test_what_only_informs_makes_nothing_unready() -> None:
    health = Health({"mongodb": well}, {"backup": answers(away)})
    answer = make_client(health, trusted=True).get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["informative"]["backup"]["ok"] is False
    stranger = make_client(health).get("/health")
    assert (stranger.status_code, stranger.json["status"]) == (200, "ok")
    assert "informative" not in stranger.json


def test_a_process_that_stops_is_alive_and_not_ready() -> None:
    health = Health({"mongodb": well})
    client = make_client(health)
    assert client.get("/health/ready").status_code == 200
    health.stopping()
    for path in ("/health/ready", "/health/receiving", "/health"):
        answer = client.get(path)
        assert (answer.status_code, answer.json["missing"]) == (503, ["stopping"])
    assert client.get("/health/live").status_code == 200


def test_part_that_hangs_is_not_waited_for() -> None:
    with hanging() as redis:
        client = make_client(redis=redis, mongodb=well)
        assert client.get("/health/ready").json["missing"] == ["redis"]
        assert min(seconds(lambda: client.get("/health/ready")) for _ in range(5)) < LONGEST, (
            "once it is known, nobody waits so long"
        )


def test_a_hundred_probes_of_what_hangs_cost_one_look() -> None:
    with hanging() as mongodb:
        looks = Looks({"mongodb": mongodb, "redis": well}, room=4)
        with ThreadPoolExecutor(100) as pool:
            probes = [pool.submit(looks.look) for _ in range(100)]
            found = [probe.result() for probe in probes]
        assert mongodb.begun == 1
        assert not any(parts["mongodb"].ok for parts in found)
        assert all(parts["redis"].ok for parts in found)


def test_of_many_who_ask_only_some_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was well a moment ago begins to hang: the others are told what was seen last."""
    monkeypatch.setattr(looks_module, "LONGEST", 60.0)
    mongodb = Hanging()
    looks = Looks({"mongodb": mongodb}, room=2)
    assert looks.look()["mongodb"].ok
    mongodb.hangs.set()
    time.sleep(FRESH + 0.1)
    with ThreadPoolExecutor(20) as pool:
        probes = [pool.submit(looks.look) for _ in range(20)]
        told = [each.result() for _, each in zip(range(18), as_completed(probes, 60), strict=False)]
        held = [each for each in probes if not each.done()]
        mongodb.let_go()
    assert all(parts["mongodb"].ok for parts in told)
    assert len(held) == 2


def test_it_is_well_again_when_it_answers() -> None:
    with hanging() as mongodb:
        looks = Looks({"mongodb": mongodb})
        bad = looks.look()["mongodb"]
        assert (bad.ok, bad.latency_ms) == (False, None)
        mongodb.let_go()
        deadline = time.monotonic() + 60
        while not (part := looks.look()["mongodb"]).ok:
            assert time.monotonic() < deadline
            assert part.since == bad.since, "nothing has changed yet"
            time.sleep(0.05)
        assert part.latency_ms is not None
        assert part.since is not None
        assert bad.since is not None
        assert part.since > bad.since


def test_an_answer_that_came_too_late_is_none() -> None:
    """A store that takes three seconds for a ping is not well when it has answered, either."""
    looks = Looks({"slow": lambda: (time.sleep(LONGEST + 0.2), Part(ok=True))[1]})
    assert not looks.look()["slow"].ok
    time.sleep(0.4)
    assert not looks.look()["slow"].ok


def test_a_bug_in_a_check_is_a_part_that_is_not_well() -> None:
    def broken() -> Part:
        raise ZeroDivisionError

    answer = make_client(mongodb=broken, redis=well).get("/health/ready")
    assert (answer.status_code, answer.json["missing"]) == (503, ["mongodb"])


@pytest.mark.parametrize(("ages", "ok"), [([], False), ([3.0], True), ([59.0, 200.0], True), ([61.0], False)])
def test_worker_seen_lately(ages: list[float], ok: bool) -> None:
    assert worker_part(ages).ok is ok


@pytest.mark.parametrize(("age", "ok"), [(None, True), (2.0, True), (61.0, False)])
def test_oldest_pending_delivery(age: float | None, ok: bool) -> None:
    assert pending_part(age).ok is ok


@pytest.mark.parametrize(
    ("budgets", "ok", "remaining"),
    [
        ([], True, None),
        ([Budget("core", "1", 4000, 5000, 1100)], True, 4000),
        ([Budget("core", "1", 4000, 5000, 1100), Budget("core", "2", 0, 5000, 1100)], False, 0),
        ([Budget("core", "1", 0, 5000, 900)], True, None),
    ],
)
def test_budget_at_github(budgets: list[Budget], ok: bool, remaining: int | None) -> None:
    part = budget_part(budgets, 1000.0)
    assert (part.ok, part.facts["remaining"]) == (ok, remaining)


@pytest.mark.parametrize(
    ("last", "ok"),
    [
        (LastBackup(), True), (LastBackup(failed_ms=5), False), (LastBackup(ended_ms=900_000), True),
        (LastBackup(ended_ms=100_000), False), (LastBackup(ended_ms=900_000, failed_ms=950_000), False),
    ],
)  # fmt: skip
def test_last_backup(last: LastBackup, ok: bool) -> None:
    assert backup_part(last, interval=300, now_ms=1_000_000).ok is ok


@pytest.mark.parametrize(
    ("level", "ok", "detail"),
    [
        (Level(), True, "applied"),
        (Level(unknown=("0009",)), True, "applied"),
        (Level(pending=("0002", "0003")), False, "0002, 0003 to be applied: `altpress migrate`"),
        (Level(too_new=("0009",), unknown=("0009",)), False, "the database is of a newer altpress"),
    ],
)
def test_migrations(level: Level, ok: bool, detail: str) -> None:
    part = level_part(level)
    assert (part.ok, part.detail) == (ok, detail)
