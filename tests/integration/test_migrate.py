"""`altpress migrate` as an operator runs it, and what the other processes do meanwhile."""

import hmac
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.cli.alive import waits
from bot.cli.up_migrate import Upgrade
from bot.context import open_context
from bot.embedded.urls import mongo_url as url_of_mongo
from bot.migrate import Migrator, pending
from bot.migrate.lease import Lease
from bot.store import NewDelivery, Store, connect
from bot.web import close_app, create_app
from config.settings import load_settings
from jobs.catch_up import catch_up
from tests.installation import empty_stores
from tests.old_databases import NAMES, Old, read_rows
from tests.processes import altpress
from tests.store_rows import strangers
from tests.stores import mongo_server, short_dir

__all__ = ["empty_stores"]
OLD = Old(NAMES[1])
DOCUMENTS = sum(map(len, OLD.rows.values()))


@pytest.fixture
def old_store(
    store: Store, empty_stores: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Store:
    """A database of November 22nd, which the settings name."""
    values = {**empty_stores, "GITHUB_TOKEN": "ghp_none", "SITES": "acme/source", "WEBHOOK_SECRETS": "s" * 32}
    for name, value in (values | {"DATA_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    OLD.put(store.database)
    return store


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["migrate", *arguments])


def settings_of(store: dict[str, str]) -> dict[str, str]:
    """For a process of its own, which has no GitHub to talk to."""
    return {
        **{name.lower(): value for name, value in store.items()},
        "github_token": "ghp_none", "sites": "acme/source", "webhook_secrets": "s" * 32,
        "github_api_url": "http://127.0.0.1:9/api/v3", "log_level": "INFO",
    }  # fmt: skip


# ---- the command


def test_from_what_is_pending_to_what_is_applied(old_store: Store) -> None:
    before = run("status")
    assert (before.exit_code, before.stdout.splitlines()[-1]) == (
        1, "to be applied: 0001, 0002, 0003 (altpress migrate)",
    )  # fmt: skip
    tried = run("--dry-run")
    assert tried.stdout.splitlines()[-1] == "nothing was written (--dry-run)"
    assert pending(old_store.database) == ["0001", "0002", "0003"]
    done = run()
    assert done.exit_code == 0, done.output
    assert "0003 order every record by repository and asset, date every tombstone: changed 3 records" in (
        done.stdout
    )
    assert "0001 stamp every document with its version\n" in done.stderr
    after = run("status", "--json")
    shown = json.loads(after.stdout)
    assert (after.exit_code, shown["ready"], shown["pending"], shown["lock"]) == (0, True, [], None)
    assert [row["state"] for row in shown["migrations"]] == ["applied"] * 3
    assert shown["migrations"][0]["changed"] == DOCUMENTS
    assert run().stdout == "nothing to do: the database is as this version wants it\n"


def test_a_new_database_has_nothing_to_do(old_store: Store) -> None:
    for name in old_store.database.list_collection_names():
        old_store.database[name].drop()
    assert run("status").exit_code == 0
    assert json.loads(run("status", "--json").stdout)["migrations"][0]["state"] == "new"
    assert json.loads(run("--json").stdout) == {"dry_run": False, "migrations": [], "caught_up": 0}
    assert json.loads(run("status", "--json").stdout)["migrations"][0]["state"] == "applied"


def test_what_broke_off_is_told_and_who_holds_the_lock(old_store: Store) -> None:
    old_store.database["publications"].insert_one({"_id": "no time"})  # nothing of altpress's
    broken = run()
    assert broken.exit_code != 0
    assert broken.exception is not None
    assert "broke off (KeyError)" in str(broken.exception)
    status = run("status")
    assert "0002 list every delivery by its state, every publication by its site: broke off (KeyError)" in (
        status.stdout
    )
    with Lease(old_store.database).hold(wait=0):
        assert "being migrated by" in run("status").stdout
        assert "being migrated by" in str(run("--wait", "0").exception)
    old_store.database["publications"].delete_one({"_id": "no time"})
    assert run().exit_code == 0
    assert strangers(old_store.database) == {}


def test_back_only_with_yes(old_store: Store) -> None:
    run()
    assert run("down", "2").stdout == "to be taken back: 0003; add --yes to do it\n"
    assert pending(old_store.database) == []
    assert run("down", "2", "--yes").stdout.startswith("0003 order every record")
    assert pending(old_store.database) == ["0003"]
    assert "cannot be taken back" in str(run("down", "0").exception)


# ---- the others meanwhile


def test_a_webhook_is_stored_before_the_database_is_migrated(old_store: Store) -> None:
    """New ones, and one that had failed in an altpress of before and comes again."""
    failed = next(found["guid"] for found in OLD.read["deliveries"] if found["state"] == "ignored")
    again = NewDelivery(failed, "push", None, "acme/app", {"X-GitHub-Event": "push"}, b"{}", 1)
    new = NewDelivery("new", "push", None, "acme/app", {"X-GitHub-Event": "push"}, b"{}", 2)
    assert [added.value for added in old_store.deliveries.add([again, new])] == ["restarted", "new"]
    Migrator(old_store.database, sleep=lambda _: None).migrate()
    assert strangers(old_store.database) == {}
    found = old_store.deliveries.find(failed)
    assert found is not None
    assert [state.value for state, _ in found.history] == ["pending", "pending"]


def test_web_receives_and_is_not_ready(old_store: Store) -> None:
    guid = "6b1f3a90-0000-4000-8000-000000000001"
    published = next(row["_id"] for row in OLD.rows["deliveries"] if row["action"] == "published")
    earlier = old_store.deliveries.load(published)
    assert earlier is not None
    body = earlier.body
    signature = hmac.new(b"s" * 32, body, "sha256").hexdigest()
    headers = {
        "X-GitHub-Event": "release", "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json",
    }  # fmt: skip
    with open_context(load_settings()) as context:
        app = create_app(context=context)
        client = app.test_client()
        deadline = time.monotonic() + 60  # no part is waited for long
        while client.get("/health/receiving").status_code != 200:
            assert time.monotonic() < deadline
        assert "migrations" in client.get("/health/ready").get_json()["missing"]
        assert client.post("/webhooks/github", data=body, headers=headers).status_code == 202
        assert old_store.deliveries.find(guid) is not None
        Migrator(old_store.database, sleep=lambda _: None).migrate()
        deadline = time.monotonic() + 60  # a look is good for a moment
        while client.get("/health/ready").get_json()["missing"] != ["workers"]:
            assert time.monotonic() < deadline
        close_app(app)


def test_the_job_brings_late_documents_up_to_date(old_store: Store) -> None:
    with open_context(load_settings()) as context:
        Migrator(old_store.database, sleep=lambda _: None).migrate()
        old_store.database["notices"].insert_one({"_id": "late", "at_ms": 1})
        catch_up.work(context)
        assert strangers(old_store.database) == {"notices": {None: 1, 1: len(OLD.rows["notices"])}}, "not yet"
        context.clock = lambda: time.time() + 601
        catch_up.work(context)
    assert strangers(old_store.database) == {}


@pytest.mark.long
def test_a_worker_waits_until_the_database_is_migrated(
    old_store: Store, empty_stores: dict[str, str], tmp_path: Path
) -> None:
    settings = settings_of(empty_stores)
    with altpress("worker", "--burst", output=tmp_path / "worker.log", **settings) as worker:
        worker.wait_for(lambda: bool(worker.lines("migrations_awaited")))
        assert worker.lines("migrations_awaited")[0]["pending"] == ["0001", "0002", "0003"]
        with open_context(load_settings()) as context:
            worker.wait_for(lambda: waits(context))  # so that no liveness probe starts it again
        assert worker.popen.poll() is None
        assert run().exit_code == 0
        assert worker.popen.wait(30) == 0


@pytest.mark.long
def test_a_killed_migration_is_taken_over(
    old_store: Store, empty_stores: dict[str, str], tmp_path: Path
) -> None:
    rows = [{"_id": f"told:{number:06d}", "at_ms": number} for number in range(6_000)]
    for start in range(0, len(rows), 1000):
        old_store.database["notices"].insert_many(rows[start : start + 1000])
    with altpress("migrate", output=tmp_path / "first.log", **settings_of(empty_stores)) as first:
        lease = Lease(old_store.database)
        first.wait_for(lambda: old_store.database["notices"].find_one({"schema_version": 1}) is not None)
        first.popen.kill()
        first.popen.wait()
    held = lease.look()
    assert held is not None
    assert pending(old_store.database) == ["0001", "0002", "0003"]
    assert "begun" in run("status").stdout
    assert "being migrated by" in str(run("--wait", "0").exception), "until its lease is over"
    later = Migrator(old_store.database, clock=lambda: time.time() + 61, sleep=lambda _: None)
    assert len(later.migrate(wait=0)) == 3
    assert strangers(old_store.database) == {}


@pytest.mark.long
def test_sigterm_gives_the_lock_back(old_store: Store, empty_stores: dict[str, str], tmp_path: Path) -> None:
    rows = [{"_id": f"told:{number:06d}", "at_ms": number} for number in range(6_000)]
    for start in range(0, len(rows), 1000):
        old_store.database["notices"].insert_many(rows[start : start + 1000])
    with altpress("migrate", output=tmp_path / "first.log", **settings_of(empty_stores)) as first:
        first.wait_for(lambda: old_store.database["notices"].find_one({"schema_version": 1}) is not None)
        assert first.stop() == 128 + signal.SIGTERM
    assert Lease(old_store.database).look() is None


# ---- altpress up


@contextmanager
def upgrade(data: Path, told: list[str], *, embedded: bool = True) -> Iterator[Upgrade]:
    yield Upgrade(url_of_mongo(data), "altpress", data, embedded, told.append, threading.Event())


def test_up_migrates_its_own_database_and_keeps_a_copy() -> None:
    told: list[str] = []
    with short_dir() as data, mongo_server(data), connect(url_of_mongo(data)) as client:
        database = client["altpress"]
        OLD.put(database)
        before = read_rows(database)
        with upgrade(data, told) as step:
            assert step.is_done()
            assert strangers(database) == {}
            assert any(line.startswith("copy of the database as it was") for line in told)
            assert told[-1].startswith("database migrated")
            assert step.is_done()
        with sqlite3.connect(data / "before-0001.db") as copy:
            for name, rows in before.items():
                assert copy.execute(f"SELECT count(*) FROM {name}").fetchone() == (len(rows),)
                assert "schema_version" not in str(copy.execute(f"SELECT data FROM {name}").fetchall())
        copy.close()


def test_up_leaves_the_operators_database_to_the_operator() -> None:
    told: list[str] = []
    with short_dir() as data, mongo_server(data), connect(url_of_mongo(data)) as client:
        OLD.put(client["altpress"])
        with upgrade(data, told, embedded=False) as step:
            assert not step.is_done()
            assert not step.is_done()
        assert told == ["the database is to be migrated first (0001, 0002, 0003): altpress migrate"]
        assert not (data / "before-0001.db").exists()


def test_up_that_is_told_to_stop_ends_between_two_pages() -> None:
    told: list[str] = []
    with short_dir() as data, mongo_server(data), connect(url_of_mongo(data)) as client:
        OLD.put(client["altpress"])
        with upgrade(data, told) as step:
            step.stop.set()
            assert not step.is_done()
            assert pending(client["altpress"]) == ["0001", "0002", "0003"]
            step.stop.clear()
            assert step.is_done()
        assert strangers(client["altpress"]) == {}
