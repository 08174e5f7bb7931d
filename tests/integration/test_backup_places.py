"""Where backups go: a directory, a bucket of a real S3 server (moto), and what of it is forgotten."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from pydantic import SecretStr

from bot.backup import forget_old, list_backups, make_backup, open_backup, open_place, spool, verify
from bot.backup.format import build_name, parse_name
from bot.backup.places import Directory, Place
from bot.cli.backup import command as backup
from bot.context import Context
from bot.errors import BadSettings, BotError, NotFound, Unavailable
from bot.metrics.table import BACKUPS
from bot.store import Store
from config.settings import Settings
from jobs.backup import back_up
from tests.processes import ROOT, free_port

DAY = 86_400.0
START = 1_795_000_000.0
SECRET = "the-secret-access-key"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server that holds the bucket `backups`."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        address = f"http://127.0.0.1:{port}"
        assert requests.put(f"{address}/backups", timeout=20).ok
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": SECRET, "DEFAULT_REGION": "us-east-1"}
    for name, value in values.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.long)])
def any_address(request: pytest.FixtureRequest, tmp_path: Path, credentials: None) -> tuple[str, str | None]:
    """The same, where the short lane has one of both."""
    return _address(request, tmp_path)


@pytest.fixture(params=["directory", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path, credentials: None) -> tuple[str, str | None]:
    """A place that is empty, and its endpoint."""
    return _address(request, tmp_path)


def _address(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str | None]:
    if request.param == "directory":
        return str(tmp_path / "kept"), None
    return f"s3://backups/{tmp_path.name}", request.getfixturevalue("s3")


def make(store: Store, place: Place, day: int, keep: int | None = None, keys: Sequence[str] = ()) -> str:
    return make_backup(store.database, place, keep=keep, keys=keys, clock=lambda: START + day * DAY).name


def test_what_is_put_there_is_found_again(store: Store, address: tuple[str, str | None]) -> None:
    store.notices.claim_all((f"notice-{n}" for n in range(50)), 1)
    where, endpoint = address
    place = open_place(where, endpoint=endpoint)
    assert list_backups(place) == []
    with pytest.raises(NotFound):
        open_backup(where, endpoint=endpoint)
    names = [make(store, place, 0), make(store, place, 1), make(store, place, 1)]
    assert len(set(names)) == 3  # of one second, too
    listed = list_backups(place)
    assert [found.name for found in listed] == names[::-1]
    assert [found.manifest.documents for found in listed if found.manifest] == [50, 50, 50]
    found, name = open_backup(where, endpoint=endpoint)
    assert name == names[-1]
    with found.open(name) as file:
        assert verify(file) == listed[0].manifest
    found, name = open_backup(f"{where}/{names[0]}", endpoint=endpoint)
    assert name == names[0]


def test_only_good_old_ones_are_forgotten(store: Store, any_address: tuple[str, str | None]) -> None:
    place = open_place(any_address[0], endpoint=any_address[1])
    names = [make(store, place, day) for day in range(4)]
    for name in ("notes.txt", "altpress-20260101T000000Z.jsonl.gz", "altpress-20990101T000000Z.jsonl.gz"):
        put(place, name, b"somebody else's")
    with place.open(names[2]) as file:
        whole = file.read()
    put(place, names[2], whole[:-1])  # a good one that broke later
    assert forget_old(place, 2) == [names[0]]
    left = [stored.name for stored in place.all()]
    assert names[1:] == [name for name in left if name in names]
    assert "altpress-20990101T000000Z.jsonl.gz" in left
    assert forget_old(place, 1) == [names[1]]
    assert forget_old(place, 1) == []
    newest = make(store, place, 9, keep=1)
    good = [found.name for found in list_backups(place) if found.manifest]
    assert good == [newest]


def put(place: Place, name: str, data: bytes) -> None:
    """As anybody may who has the place."""
    place.remove(name)
    with place.create(name) as sink:
        sink.write(data)


def test_nobody_without_the_key_has_good_ones_forgotten(store: Store, tmp_path: Path) -> None:
    place, keys = open_place(str(tmp_path)), ["the key"]
    made = [make(store, place, day) for day in range(2)]  # before there was a key
    made += [make(store, place, day, keys=keys) for day in range(2, 5)]
    forged = [make(store, place, day, keys=["another"]) for day in range(6, 9)]
    replayed = [f"altpress-20990{n}01T000000Z.jsonl.gz" for n in range(1, 4)]
    for name in replayed:
        (tmp_path / name).write_bytes((tmp_path / made[2]).read_bytes())
    assert forget_old(place, 4, keys) == []
    assert forget_old(place, 2, keys) == made[2::-1]
    assert [stored.name for stored in place.all()] == [*made[3:], *forged, *replayed]
    found = {listed.name: listed.signature.value for listed in list_backups(place, keys)}
    assert [found[name] for name in (made[4], forged[0])] == ["good", "wrong"]


def test_copies_of_one_have_no_others_forgotten(store: Store, tmp_path: Path) -> None:
    """Whoever can write there, and has no key, has signed ones to copy."""
    place, keys = open_place(str(tmp_path)), ["the key"]
    made = [make(store, place, day, keys=keys) for day in range(3)]
    for second in range(1, 9):
        copy = build_name(datetime.fromtimestamp(START + 2 * DAY + second, UTC))
        put(place, copy, (tmp_path / made[2]).read_bytes())
    assert forget_old(place, 3, keys) == []
    assert forget_old(place, 2, keys) == [made[0]]


def test_a_copy_that_looks_newer_has_its_original_not_forgotten(store: Store, tmp_path: Path) -> None:
    place, keys = open_place(str(tmp_path)), ["the key"]
    hour = 1 / 24
    made = [make(store, place, day, keys=keys) for day in (-1, 0, hour / 4)]
    put(place, build_name(datetime.fromtimestamp(START + 1800, UTC)), (tmp_path / made[1]).read_bytes())
    assert forget_old(place, 2, keys) == [made[0]]


def test_what_there_is_no_room_for_is_not_fetched(
    store: Store, s3: str, credentials: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write to the bucket decides how large its files are."""
    monkeypatch.setattr(spool, "MARGIN", 1 << 60)
    place = open_place(f"s3://backups/{tmp_path.name}", endpoint=s3)
    name = make(store, place, 0)
    with pytest.raises(Unavailable, match="TMPDIR") as caught, place.open(name):
        pass
    assert place.show(name) in caught.value.public


def test_an_empty_file_of_our_name_hides_no_other(
    store: Store, s3: str, credentials: None, tmp_path: Path
) -> None:
    """No range can be asked of it: listing, and so making the next one, broke off."""
    place = open_place(f"s3://backups/{tmp_path.name}", endpoint=s3)
    empty = f"{s3}/backups/{tmp_path.name}/altpress-20990101T000000Z.jsonl.gz"
    assert requests.put(empty, timeout=20).ok
    name = make(store, place, 0, keep=3)
    assert [(found.name, found.manifest is not None) for found in list_backups(place)] == [
        ("altpress-20990101T000000Z.jsonl.gz", False), (name, True),
    ]  # fmt: skip


def test_what_may_not_be_read_hides_no_other(store: Store, tmp_path: Path) -> None:
    """Making the next one was called failed, for what a rule of the bucket had archived."""
    place = Archived(tmp_path)
    old, name = make(store, place, 0), make(store, place, 1)
    place.archived = old
    assert [(found.name, found.problem) for found in list_backups(place)] == [
        (name, ""), (old, "The backup is archived."),
    ]  # fmt: skip
    make(store, place, 2, keep=1)
    assert place.all()[0].name == old


class Archived(Directory):
    archived = ""

    def tail(self, name: str) -> tuple[bytes, int]:
        if name == self.archived:
            raise BadSettings("The backup is archived.")
        return super().tail(name)


def test_where_nobody_may_look_is_told(tmp_path: Path) -> None:
    """It was a traceback."""
    for where in (str(tmp_path / ("x" * 300)), "~nobody-of-this-name/x"):  # as one that is forbidden
        with pytest.raises(BotError, match=r"cannot be used|no file and no folder"):
            open_backup(where)


def test_a_place_where_nothing_is_is_told(
    s3: str, credentials: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip in its name looks like that; it was an empty list and exit status 0."""
    monkeypatch.setenv("ALTPRESS_BACKUP_S3_ENDPOINT", s3)
    for where, told in (
        (str(tmp_path), "There is no backup at"),
        (str(tmp_path / "slip"), "no file and no folder"),
        (f"s3://backups/{tmp_path.name}/slip", "There is no backup at s3://"),
    ):
        result = CliRunner().invoke(backup, ["--to", where, "--list", "--json"])
        assert isinstance(result.exception, NotFound)
        assert told in result.exception.public


@pytest.mark.long
def test_a_large_one_goes_up_in_parts(address: tuple[str, str | None]) -> None:
    place = open_place(address[0], endpoint=address[1])
    name, piece = "altpress-20260101T000000Z.jsonl.gz", os.urandom(1024 * 1024)
    with place.create(name) as sink:
        for _ in range(17):
            sink.write(piece)
    assert [stored.size for stored in place.all()] == [17 * 1024 * 1024]
    with place.open(name) as file:
        assert file.read() == piece * 17


def test_what_breaks_off_leaves_nothing(address: tuple[str, str | None]) -> None:
    place = open_place(address[0], endpoint=address[1])

    def break_off() -> None:
        with place.create("altpress-20260101T000000Z.jsonl.gz") as sink:
            sink.write(b"x" * 17 * 1024 * 1024)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert place.all() == []


def test_nobody_elses_file_is_overwritten(tmp_path: Path) -> None:
    place = open_place(str(tmp_path))
    name = "altpress-20260101T000000Z.jsonl.gz"

    def write() -> None:
        with place.create(name) as sink:
            (tmp_path / name).write_bytes(b"was quicker")
            sink.write(b"x")

    with pytest.raises(BadSettings):
        write()
    assert (tmp_path / name).read_bytes() == b"was quicker"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_killed_one_left_goes(tmp_path: Path, store: Store) -> None:
    old, young = tmp_path / ".altpress-x.part", tmp_path / ".altpress-y.part"
    for path in (old, young):
        path.write_bytes(b"")
    os.utime(old, (1, 1))
    gone = tmp_path / ".altpress-z.part"
    gone.symlink_to(tmp_path / "nowhere")  # what it leads to is nothing of ours
    make(store, open_place(str(tmp_path)), 0)
    assert not old.exists()
    assert young.exists()


def test_places_that_cannot_be_used_are_told_without_secrets(
    store: Store, s3: str, credentials: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    cases: dict[str, tuple[str, str | None, type[BotError]]] = {
        "no bucket": ("s3://", s3, BadSettings),
        "another's": ("s3://nobodys/x", s3, BadSettings),
        "nobody there": ("s3://backups/x", "http://127.0.0.1:9", Unavailable),
        "a file": (str(tmp_path / "file"), None, BadSettings),
        "a slip": ("s3:/backups/x", s3, BadSettings),
        "of another kind": ("gs://backups/x", s3, BadSettings),
        "no folder can be made": ("/proc/self/fdinfo/x/y", None, BadSettings),
    }
    for name, (where, endpoint, kind) in cases.items():
        with pytest.raises(kind) as caught:
            make(store, open_place(where, endpoint=endpoint), 0)
        assert SECRET not in caught.value.public, name
        assert "127.0.0.1" not in caught.value.public, name
    with pytest.raises(BadSettings, match="there is none of this name"):
        open_place("s3://nobodys/x", endpoint=s3).tail("altpress-20260101T000000Z.jsonl.gz")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    with pytest.raises(BadSettings, match="AWS_ACCESS_KEY_ID"):
        make(store, open_place("s3://backups/x", endpoint=s3), 0)


def test_boto3_is_imported_by_those_alone_who_need_it() -> None:
    looked = "import sys, bot.cli.scheduler, bot.cli.worker, bot.cli.backup, bot.cli.restore, jobs.backup"
    looked += "; print('boto3' in sys.modules)"
    command = [sys.executable, "-c", looked]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"


# ---- the job


def test_the_job_makes_one_a_window(store: Store, tmp_path: Path) -> None:
    with_backups = Settings(backup_to=str(tmp_path), backup_keep=2, backup_key=SecretStr("new,old"))
    for day in range(4):
        now = START + day * DAY
        context = Context(with_backups, store=store, clock=lambda now=now: now)  # type: ignore[misc]  # bound
        for _ in range(2):
            back_up.work(context, int(now * 1000))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [parse_name(name).timestamp() for name in names] == [START + 2 * DAY, START + 3 * DAY]  # type: ignore[union-attr]
    listed = list_backups(open_place(str(tmp_path)), ["new"])
    assert [found.signature.value for found in listed] == ["good", "good"]
    last = store.backups.last()
    assert (last.name, last.ended_ms, last.reason) == (names[-1], int((START + 3 * DAY) * 1000), None)


def test_a_failure_is_noted_and_counted(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("x")
    context = Context(Settings(backup_to=str(tmp_path / "file")), store=store, clock=lambda: START)
    back_up.work(context, int(START * 1000))
    last = store.backups.last()
    assert last.ended_ms is None
    assert last.failed_ms == int(START * 1000)
    assert "cannot be used" in (last.reason or "")
    assert "backup_failed" in caplog.text
    assert BACKUPS.name
