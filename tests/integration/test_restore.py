"""What a restore refuses, what it replaces, and what a backup holds while everybody writes."""

import io
import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner
from pymongo.errors import OperationFailure
from redis import Redis

from bot.backup import Place, back_up, make_backup, open_place, places
from bot.backup import dump as dumping
from bot.backup import load as loading
from bot.backup import restore as load
from bot.backup.dump import kept_collections, read_all
from bot.backup.format import Manifest, build_tail
from bot.backup.reading import read_rows, verify
from bot.backup.writing import Writer
from bot.cli import restore_file
from bot.cli.backup import command as backup
from bot.cli.migrate import command as migrate
from bot.cli.restore import command as restore
from bot.errors import BotError, Unavailable
from bot.migrate import Migrator
from bot.migrate.lease import RESTORING, Lease, Lost
from bot.records import Cause, CauseKind, Publication
from bot.store import NewDelivery, Store
from bot.store.backups import LEASE_MS, PAUSE_MS
from bot.store.collections import COLLECTIONS, Kind
from config.settings import Settings
from tests.installation import empty_stores
from tests.store_rows import strangers

__all__ = ["empty_stores"]
KEY = "acme/source@main"
LARGE = 9 * 1024 * 1024  # bytes of a payload that is kept in pieces


@pytest.fixture
def bot(store: Store, empty_stores: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that the commands find, with something in it."""
    for name, value in empty_stores.items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    deliver(store, "one")
    store.deliveries.add([new("waits")])
    store.notices.claim("told", 1)
    return store


def new(guid: str, size: int = 50) -> NewDelivery:
    body = bytes(n * 7919 % 251 for n in range(50)) * (size // 50)
    return NewDelivery(guid, "release", "published", "acme/app", {"x": "y"}, body, 1_000)


def deliver(store: Store, guid: str, size: int = 50) -> None:
    """From arrival to commit, in the order in which altpress writes."""
    if size > 50:
        store.deliveries.add([NewDelivery(guid, "push", None, None, {}, noise(size), 1_000)])
    else:
        store.deliveries.add([new(guid)])
    store.deliveries.queue(guid, [f"publish:{KEY}"])
    cause = Cause(kind=CauseKind.RELEASE, delivery=guid)
    store.publications.add(
        Publication(site=KEY, commit=f"c-{guid}", parent="", subject="x", causes=(cause,), at_ms=2_000)
    )
    store.deliveries.settle(guid, f"publish:{KEY}", 2_000, f"c-{guid}")


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def rows(store: Store) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: {row["_id"]: row for row in store.database[name].find()} for name in kept_collections()}


def refused(*words: str) -> str:
    result = CliRunner().invoke(restore, list(words))
    assert isinstance(result.exception, BotError), result.output
    return result.exception.public


def run(command: Any, *words: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, [*words, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_everything_comes_back_and_what_is_newer_goes(bot: Store, tmp_path: Path) -> None:
    before = rows(bot)
    run(backup, "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "not empty" in refused(str(file))
    deliver(bot, "later")
    bot.blobs.put("sha256:1", b"x")
    assert run(restore, str(file), "--force", "--no-refill")["restored"] == sum(map(len, before.values()))
    after = rows(bot)
    assert {name: after[name].keys() - known.keys() for name, known in before.items()} == {
        **{name: set() for name in before}, "migrations": after["migrations"].keys(),
    }  # fmt: skip
    for name, known in before.items():
        assert {key: after[name][key] for key in known} == known
    assert bot.blobs.get("sha256:1") is None
    indexed = {
        field
        for about in bot.database["deliveries"].index_information().values()
        for field, _ in about["key"]
    }
    assert {"pending", "received_ms", "state", "state_ms"} <= indexed
    assert [waiting.guid for waiting in bot.deliveries.pending(9)] == ["waits"]
    assert bot.deliveries.find("later") is None


def test_a_backup_that_was_made_during_a_migration_is_migrated(bot: Store, tmp_path: Path) -> None:
    """It holds documents of before the migration, and that the migration is through: that is read last."""
    Migrator(bot.database).stamp_new()
    bot.database["notices"].insert_one({"_id": "of before", "at_ms": 1})
    run(backup, "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    run(restore, str(file), "--force", "--no-refill")
    assert bot.notices.is_known("of before")
    assert strangers(bot.database) == {}


@pytest.mark.long
def test_a_payload_in_pieces_comes_back(bot: Store, tmp_path: Path) -> None:
    deliver(bot, "large", LARGE)
    assert run(backup, "--to", str(tmp_path))["collections"]["delivery_chunks"] == 2
    run(restore, str(tmp_path), "--force", "--no-refill")
    large = bot.deliveries.load("large")
    assert large is not None
    assert large.body == noise(LARGE)


def test_what_is_refused_changes_nothing(bot: Store, tmp_path: Path, redis_client: Redis) -> None:
    run(backup, "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    before = rows(bot)
    hurt = tmp_path / "altpress-20200101T000000Z.jsonl.gz"
    hurt.write_bytes(file.read_bytes()[:-100])
    assert "not whole" in refused(str(hurt), "--force")
    hurt.write_bytes(bytes([*file.read_bytes()[:99], 1, *file.read_bytes()[100:]]))
    assert "damaged" in refused(str(hurt), "--force")
    assert "no backup" in refused(str(tmp_path / "nowhere"), "--force")
    redis_client.set("altpress:lease:scheduler", "x")
    assert "a scheduler" in refused(str(file))
    redis_client.delete("altpress:lease:scheduler")
    assert rows(bot) == before
    bot.check()


def test_one_of_a_newer_altpress_is_refused(
    bot: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.database["migrations"].insert_one({"_id": "9999", "needs": 9999, "ended_ms": 1})
    run(backup, "--to", str(tmp_path))
    assert "9999" in refused(str(tmp_path), "--force")
    assert bot.deliveries.find("one") is not None


def write_one(folder: Path, *names: str) -> Path:
    """A backup with one document in each of the collections."""
    file = folder / "altpress-20260101T000000Z.jsonl.gz"
    with file.open("wb") as sink:
        writer = Writer(sink)
        writer.head(format=1)
        for name in names:
            with writer.collection(name):
                writer.add({"_id": "x"})
        writer.end()
        time = "2026-01-01T00:00:00Z"
        parts = writer.parts
        sink.write(build_tail(Manifest("0.1", time, time, writer.sha256, writer.size, collections=parts)))
    return file


def test_what_backups_of_before_held_is_left_out(bot: Store, tmp_path: Path) -> None:
    """An older backup is restored all the same; what git has by now is not taken from it."""
    file = write_one(tmp_path, "talks", "decision_edits", "ready")
    assert run(restore, str(file), "--force", "--no-refill")["restored"] == 2
    left = {name for name in COLLECTIONS if bot.database[name].find_one({"_id": "x"})}
    assert left == {"talks", "ready"}


def test_where_a_key_is_set_only_what_it_signed_is_restored(
    bot: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (str(tmp_path), "--force", "--no-refill")
    key = "ALTPRESS_BACKUP_KEY"
    assert run(backup, "--to", str(tmp_path))["signature"] == "none"
    monkeypatch.setenv(key, "of today")
    before = rows(bot)
    assert "is not signed" in refused(*words)
    assert "is not signed" in refused(str(tmp_path), "--verify-only")
    assert rows(bot) == before
    assert run(restore, *words, "--unsigned")["signature"] == "none"
    (unsigned,) = tmp_path.iterdir()
    unsigned.unlink()
    assert run(backup, "--to", str(tmp_path))["signature"] == "good"
    assert run(restore, *words)["signature"] == "good"
    monkeypatch.setenv(key, "of tomorrow")
    assert "with another key" in refused(*words)
    monkeypatch.setenv(key, "of tomorrow, of today")
    assert run(restore, *words)["signature"] == "good"
    monkeypatch.delenv(key)
    assert run(restore, *words)["signature"] == "unchecked"


def test_an_old_backup_in_the_place_of_the_newest_is_not_taken_for_it(bot: Store, tmp_path: Path) -> None:
    run(backup, "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    file.rename(renamed := tmp_path / "altpress-20990101T000000Z.jsonl.gz")
    assert "somebody renamed it" in refused(str(tmp_path), "--force")
    assert run(backup, "--to", str(tmp_path), "--list")["backups"][0]["renamed"]
    assert run(restore, str(renamed), "--force", "--no-refill")["ok"]  # who names it means it


def test_an_old_one_that_comes_in_between_is_not_restored(
    bot: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed as well: whoever can write there puts it in the newest one's place once that was looked at."""
    monkeypatch.setenv("ALTPRESS_BACKUP_KEY", "of today")
    run(backup, "--to", str(tmp_path))
    deliver(bot, "two")
    run(backup, "--to", str(tmp_path))
    old, newest = sorted(tmp_path.iterdir())

    def read_end(place: Place, name: str) -> Manifest:
        found = places.read_end(place, name)
        old.replace(newest)
        return found

    monkeypatch.setattr(restore_file, "read_end", read_end)
    before = rows(bot)
    assert "another file than it was" in refused(str(tmp_path), "--force")
    assert rows(bot) == before


def test_it_is_said_where_a_restore_goes(bot: Store, tmp_path: Path) -> None:
    run(backup, "--to", str(tmp_path))
    result = CliRunner().invoke(restore, [str(tmp_path), "--force", "--no-refill", "--json"])
    into = json.loads(result.stdout)["into"]
    assert bot.database.name in into
    assert " at " in into
    told = result.stderr.splitlines()
    assert told[1] == f"restoring into {into}"
    assert "restored" in told[2]


@pytest.mark.parametrize("name", ["records", "blobs", "sites", "answers", "backups", "unheard_of"])
def test_what_no_backup_holds_is_refused(bot: Store, tmp_path: Path, name: str) -> None:
    """Its digests are right: somebody made it, so that versions come into a source past git."""
    file = write_one(tmp_path, name)
    before = rows(bot)
    assert "keeps more than this version" in refused(str(file), "--force")
    assert "keeps more than this version" in refused(str(file), "--verify-only")
    assert rows(bot) == before


def test_one_that_broke_off_is_never_taken_for_a_whole_one(bot: Store, tmp_path: Path) -> None:
    run(backup, "--to", str(tmp_path))
    bot.backups.begin_restore("altpress-x", 1)
    bot.notices.claim("half of it", 1)
    with pytest.raises(Unavailable, match="is being restored"):
        bot.check()
    run(restore, str(tmp_path), "--no-refill")  # needs no --force: there is nothing whole to be lost
    assert not bot.notices.is_known("half of it")
    bot.check()


def test_a_full_disk_is_told_and_half_a_restore_stays_half(
    bot: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a traceback, or the advice to start `altpress up`."""
    run(backup, "--to", str(tmp_path))
    words = [str(tmp_path), "--force", "--no-refill"]

    def fill_up(database: Any, name: str, rows: Any) -> None:
        raise OperationFailure("database or disk is full", 14031)

    with monkeypatch.context() as full:
        full.setattr(loading, "_write", fill_up)
        result = CliRunner().invoke(restore, words)
    assert isinstance(result.exception, Unavailable)
    assert result.exception.public == "The database's disk is full: make room there."
    assert "the restore broke off" in result.stderr
    assert bot.backups.restoring() is not None
    result = CliRunner().invoke(migrate, ["status", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["restoring"] == bot.backups.restoring()
    assert "half a restore" in CliRunner().invoke(migrate, ["status"]).stdout
    assert isinstance(CliRunner().invoke(migrate, []).exception, Unavailable)
    run(restore, *words)
    assert json.loads(CliRunner().invoke(migrate, ["status", "--json"]).stdout)["restoring"] is None
    bot.check()


def test_half_a_restore_is_not_backed_up(bot: Store, tmp_path: Path) -> None:
    """It would be the newest one there, and with `--keep` the good ones would go for it."""
    run(backup, "--to", str(tmp_path))
    (good,) = tmp_path.iterdir()
    bot.backups.begin_restore("altpress-x", 1)
    result = CliRunner().invoke(backup, ["--to", str(tmp_path), "--keep", "1"])
    assert isinstance(result.exception, Unavailable)
    assert "is being restored" in result.exception.public
    assert [*tmp_path.iterdir()] == [good]


def test_a_backup_beside_which_a_restore_begins_is_dropped(bot: Store, tmp_path: Path) -> None:
    def late() -> float:
        bot.backups.begin_restore("altpress-x", 1)
        return 1.8e9

    with pytest.raises(Unavailable, match="is being restored"):
        make_backup(bot.database, open_place(str(tmp_path)), keep=1, clock=late)
    assert [*tmp_path.iterdir()] == []


def test_two_at_once_leave_no_mixture(bot: Store, tmp_path: Path) -> None:
    """Without --force both found the mark of the other, and took it for one that had broken off."""
    run(backup, "--to", str(tmp_path))
    bot.backups.begin_restore("altpress-x", 1)
    bot.notices.claim("of the other", 1)
    other = Lease(bot.database, work=RESTORING)
    with other.keep(wait=0):
        for words in ((), ("--force",)):
            said = refused(str(tmp_path), "--no-refill", "--wait", "0", *words)
            assert f"is being restored by {other.holder}" in said
    assert bot.notices.is_known("of the other")
    run(restore, str(tmp_path), "--no-refill", "--wait", "0")
    assert not bot.notices.is_known("of the other")


def test_one_that_is_taken_over_ends(bot: Store) -> None:
    """A process that was stopped for longer than its lease finds another's work, and leaves it alone."""
    now = 1.0
    lease = Lease(bot.database, clock=lambda: now, lease_ms=60_000, work=RESTORING)
    with lease.hold(wait=0):
        now = 100.0
        with Lease(bot.database, clock=lambda: now, work=RESTORING).hold(wait=0), pytest.raises(Lost):
            lease.renew_held()


def test_a_webhook_that_comes_in_meanwhile_is_kept_or_gives_way(bot: Store, tmp_path: Path) -> None:
    """A new one stays; one that is known is as the backup has it, however quick the web process was."""
    place = open_place(str(tmp_path))
    made = make_backup(bot.database, place, keep=None, clock=lambda: 1.8e9)
    known = bot.deliveries.find("one")

    with place.open(made.name) as file:
        load(bot.database, Meddled(file, lambda: bot.deliveries.add([new("new"), new("one")])), made.manifest)
    assert bot.deliveries.find("new") is not None
    assert bot.deliveries.find("one") == known


class Meddled(io.BytesIO):
    """Something happens just before the first read, when the old collections are gone."""

    def __init__(self, file: BinaryIO, happens: Callable[[], object]) -> None:
        super().__init__(file.read())
        self._happens = happens

    def read(self, size: int | None = -1) -> bytes:
        self._happens()
        return super().read(size)


# ---- while everybody writes


def test_nothing_in_it_names_what_is_not(bot: Store) -> None:
    """Three writers at work; of every row the backup holds what it refers to."""
    stop = threading.Event()
    numbers = iter(range(10**6))

    def write() -> None:
        while not stop.is_set():
            deliver(bot, f"g-{next(numbers)}")

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        check_references(bot)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def check_references(store: Store) -> None:
    sink = io.BytesIO()
    back_up(store.database, sink, clock=lambda: 1.8e9)
    found = documents(sink)
    for row in found["deliveries"].values():
        assert (row["state"] == "done") == bool(row["publications"])
        for commit in row["publications"]:
            assert f"{KEY}|{commit}" in found["publications"]
        for number in range(row.get("chunks", 0)):
            assert f"{row['_id']}|{number}" in found["delivery_chunks"]
    assert found["publication_causes"]
    for row in found["publication_causes"].values():
        assert row["publication"] in found["publications"]


def documents(sink: io.BytesIO) -> dict[str, dict[str, Any]]:
    manifest: Manifest = verify(sink)
    found: dict[str, dict[str, Any]] = {name: {} for name in manifest.collections}
    for row in read_rows(sink, manifest):
        found[row.collection][row.document["_id"]] = row.document
    return found


@pytest.mark.long
def test_pieces_that_go_meanwhile_take_their_row_along(bot: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row was read with its pieces; then it turned out to be none of ours, and they were removed."""
    bot.deliveries.add([NewDelivery("ignored", "push", None, None, {}, noise(LARGE), 1_000)])
    deliver(bot, "large", LARGE)

    def late(database: Any, name: str) -> Iterator[dict[str, Any]]:
        for row in read_all(database, name):
            if row["_id"] == "ignored":
                bot.deliveries.ignore("ignored", "not ours", 2_000)
            yield row

    monkeypatch.setattr(dumping, "read_all", late)
    sink = io.BytesIO()
    back_up(bot.database, sink, clock=lambda: 1.8e9)
    found = documents(sink)
    assert found["deliveries"]["ignored"]["state"] == "ignored"
    assert {key.partition("|")[0] for key in found["delivery_chunks"]} == {"large"}


def test_all_of_a_collection_is_read_once_however_it_changes(store: Store) -> None:
    rows = store.database["notices"]
    rows.insert_many([{"_id": f"n-{n:05d}"} for n in range(0, 3000, 2)])
    found: list[str] = []
    for number, row in enumerate(read_all(store.database, "notices")):
        found.append(row["_id"])
        if number % 100 == 50:  # on both sides of where it reads
            rows.delete_one({"_id": row["_id"]})
            rows.insert_one({"_id": f"{row['_id']}-later"})
            rows.insert_one({"_id": f"a-{number}"})
    assert sorted(set(found)) == found
    assert {key for key in found if len(key) == 7} == {f"n-{n:05d}" for n in range(0, 3000, 2)}


def test_every_kept_collection_is_in_it_and_no_secret(bot: Store) -> None:
    assert set(kept_collections()) == {n for n, about in COLLECTIONS.items() if about.kind is Kind.KEPT}
    assert kept_collections()[0] == "deliveries"
    assert kept_collections().index("publication_causes") < kept_collections().index("publications")


# ---- who makes the one of a window

DAY = 86_400_000


def test_one_makes_the_backup_of_a_window(store: Store) -> None:
    backups = store.backups
    assert backups.is_due(DAY, DAY + 5)
    assert [backups.begin(DAY, DAY + 5) for _ in range(3)] == [True, False, False]
    assert not backups.is_due(DAY, DAY + 6)
    backups.end(DAY, DAY + 9, "altpress-x", 5)
    assert not backups.is_due(DAY, DAY + 10)
    assert not backups.begin(DAY, DAY + 10)
    assert backups.last().ended_ms == DAY + 9
    assert backups.begin(2 * DAY, 2 * DAY)


def test_one_that_failed_or_died_is_made_after_a_pause(store: Store) -> None:
    backups = store.backups
    assert backups.begin(DAY, DAY)
    backups.fail(DAY + 5, "No room.")
    assert not backups.is_due(DAY, DAY + 6)
    assert backups.is_due(DAY, DAY + 6 + PAUSE_MS)
    assert backups.begin(DAY, DAY + 6 + PAUSE_MS)
    died = DAY + 6 + PAUSE_MS + LEASE_MS
    assert not backups.begin(DAY, died - 1)
    assert backups.begin(DAY, died + 1)


def test_a_clock_that_was_put_back_stops_no_backups(store: Store) -> None:
    backups = store.backups
    assert backups.begin(500 * DAY, 500 * DAY)
    backups.end(500 * DAY, 500 * DAY, "altpress-x", 5)
    assert backups.begin(3 * DAY, 3 * DAY)


def test_intervals_may_change(store: Store) -> None:
    backups = store.backups
    hour = 3_600_000
    assert backups.begin(DAY + 5 * hour, DAY + 5 * hour)
    backups.end(DAY + 5 * hour, DAY + 5 * hour, "altpress-x", 5)
    assert not backups.is_due(DAY, DAY + 6 * hour)
    assert backups.is_due(2 * DAY, 2 * DAY + 1)


def test_the_endpoint_is_an_address_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_BACKUP_S3_ENDPOINT", "http://minio:9000/")
    assert Settings().backup_s3_endpoint == "http://minio:9000"
    for wrong in ("http://user:password@minio", "minio:9000", "ftp://x", "http://[", "https://"):
        monkeypatch.setenv("ALTPRESS_BACKUP_S3_ENDPOINT", wrong)
        with pytest.raises(ValueError, match="backup_s3_endpoint") as caught:
            Settings()
        assert "password" not in str(caught.value)
