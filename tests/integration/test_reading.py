"""Releases become records: the real store, a GitHub in memory."""

import hashlib
import io
import random
import tempfile
import time
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

from bot.catalog import App, Catalog
from bot.context import Context
from bot.enqueue import Queue
from bot.errors import NotAllowed, NotFound, NotReady, Unavailable
from bot.github import GitHub
from bot.github.ranges import RemoteFile, open_url
from bot.ipa import Limits
from bot.ipa.wrapped import Wanted
from bot.records import Asset, Record, RepositoryFacts, Site, SiteState
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store
from config.settings import Settings
from jobs.notify import rejected_key
from jobs.opening import Timed, open_file
from jobs.readiness import moment
from jobs.reading import READING, Reader
from jobs.report import report_site
from tests.fakes import AT, FakeFile, FakeGitHub, FakeQueue, make_asset, make_repository
from tests.range_server import serve_file

KEY = "acme/source@main"
IPA = make_ipa(version="1.0")


class World:
    def __init__(self, store: Store, app_repository: RepositoryFacts, **app: object) -> None:
        self.github = FakeGitHub(writable={"acme/source", "acme/app"})
        self.github.repositories[app_repository.full_name.lower()] = app_repository
        self.store, self.facts = store, app_repository
        self.app = App(repository=app_repository.full_name, id="acme", **app)
        self.hashes = False
        self.clock = moment(AT) + 60
        self.queue = FakeQueue()

    def tell(self) -> None:
        """What the reports do that are waiting."""
        for job in self.queue.jobs:
            report_site.work(self.context(), str(job.args[0]))

    def reader(self, *, site: str = "acme/source", again: bool = False) -> Reader:
        context = self.context()
        state = SiteState(
            site=Site(repository=site, branch="main"),
            repository=make_repository(site),
            head="f" * 40,
            catalog_sha="1",
        )
        self.store.sites.save(state.site, state.repository, head=state.head, catalog_sha="1", catalog=None)
        catalog = Catalog(name="Acme", hashes=self.hashes, apps=(self.app,))
        return Reader(context, state, catalog, self.facts, again)

    def context(self) -> Context:
        return Context(
            Settings(quiet_period=10, writes_per_minute=0, writes_per_hour=0),
            store=self.store,
            queue=cast("Queue", self.queue),
            github=cast("GitHub", self.github),
            clock=lambda: self.clock,
        )

    def records(self, site: str = KEY) -> dict[str, str | None]:
        return {r.asset_name: r.facts.version if r.facts else None for r in self.store.records.of_site(site)}


@pytest.fixture
def world(store: Store) -> World:
    return World(store, make_repository("acme/app"))


def test_every_wanted_file_becomes_a_record(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA, "b.ipa": make_ipa(version="1.1"), "c.txt": b"no"})
    reading = world.reader().read_release(1)
    assert (reading.changed, reading.later) == (2, ())
    assert world.records() == {"a.ipa": "1.0", "b.ipa": "1.1"}


def test_doing_it_again_changes_nothing_and_reads_nothing(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    assert world.reader().read_release(1).changed == 0
    assert len(world.github.opened) == 1


def test_one_unreachable_file_does_not_stop_another(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": None, "b.ipa": IPA})
    reading = world.reader().read_release(1)
    assert world.records() == {"b.ipa": "1.0"}
    assert [type(error) for error in reading.later] == [Unavailable]


def test_another_sites_facts_are_used_without_a_download(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    assert world.reader(site="other/source").read_release(1).changed == 1
    assert world.records("other/source@main") == {"a.ipa": "1.0"}
    assert len(world.github.opened) == 1


def test_a_fresh_release_is_waited_for(world: World) -> None:
    world.clock = moment(AT) + 3
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    [later] = world.reader().read_release(1).later
    assert isinstance(later, NotReady)
    assert later.retry_after == 7
    assert world.records() == {}


def test_a_deleted_release_takes_its_records_along(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    del world.github.releases[1]
    assert world.reader().read_release(1).changed == 1
    assert world.records() == {}


def test_a_repository_out_of_sight_removes_nothing(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    world.github.releases.clear()
    world.github.repositories.clear()
    with pytest.raises(NotFound):
        world.reader().read_release(1)
    assert world.records() == {"a.ipa": "1.0"}


def test_what_is_no_ipa_is_kept_with_the_reason_and_told_once_at_the_release(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    for _ in range(3):
        world.reader().read_release(1)
        world.tell()
    [record] = world.store.records.of_site(KEY)
    assert record.verdict.code == "bad_ipa.not_a_zip"
    [(repository, sha, body)] = world.github.commit_comments
    assert (repository, sha) == ("acme/app", "commit-of-v1")
    assert "`a.ipa`" in body
    assert len(world.github.opened) == 1


def test_where_altpress_may_not_write_the_sites_issue_alone_has_it(world: World) -> None:
    """`tests/integration/test_site_issue.py` sees it there; no issue of its own is opened any more."""
    world.github.writable = {"acme/source"}
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    assert world.reader().read_release(1).later == ()
    world.tell()
    assert world.github.commit_comments == []
    [record] = world.store.records.of_site(KEY)
    assert world.store.notices.was_refused(rejected_key(KEY, record))
    assert [title for _, title, _ in world.github.issues] == []


def test_nobody_to_tell_is_no_failure(world: World) -> None:
    world.github.writable = set()
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    assert world.reader().read_release(1).later == ()
    world.tell()
    assert world.store.notices.due(KEY, world.context().now_ms()) == []


def test_asked_to_do_it_again_a_refused_file_is_read_again(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    world.reader().read_release(1)
    world.github.files[100] = IPA[: len(b"no zip")]  # the same size: only reading tells
    world.reader(again=True).read_release(1)
    assert len(world.github.opened) == 2


def test_an_allow_file_out_of_sight_with_its_repository_closes_nothing(store: Store) -> None:
    facts = make_repository("other/app", private=True)
    world = World(store, facts, download_url="https://files.example/{asset}")
    world.github.allow_files[facts.full_name] = "acme/source"
    world.github.add_release(facts, 1, {"a.ipa": IPA})
    assert world.reader().read_release(1).changed == 1
    del world.github.allow_files[facts.full_name], world.github.repositories[facts.full_name]
    reading = world.reader().read_release(1)
    assert [type(error) for error in reading.later] == [Unavailable]
    assert [r.verdict.accepted for r in store.records.of_site(KEY)] == [True]
    assert world.github.issues == []


@pytest.mark.parametrize(
    ("private_owner", "allow", "template", "allowed"),
    [
        ("acme", None, None, False),
        ("acme", None, "https://cdn.example/{asset}", True),
        ("other", None, "https://cdn.example/{asset}", False),
        ("other", "acme/source\n", "https://cdn.example/{asset}", True),
        ("other", "acme/source\n", None, False),
        ("other", "evil/source\n", "https://cdn.example/{asset}", False),
    ],
)
def test_a_private_repository_needs_consent_and_a_public_address(
    store: Store, private_owner: str, allow: str | None, template: str | None, allowed: bool
) -> None:
    facts = make_repository(f"{private_owner}/app", private=True)
    world = World(store, facts, **({"download_url": template} if template else {}))
    if allow is not None:
        world.github.allow_files[facts.full_name] = allow
    world.github.add_release(facts, 1, {"a.ipa": IPA})
    later = [error for _ in range(2) for error in world.reader().read_release(1).later]
    if allowed:
        assert later == []
        assert world.records() == {"a.ipa": "1.0"}
        assert world.github.opened == [(100, facts.full_name)], "through the API, with credentials"
        return
    assert [type(error) for error in later] == [NotAllowed] * 2
    assert world.records() == {}
    assert world.github.opened == [], "not even read"
    [trouble] = store.reports.troubles(KEY)
    assert (trouble.kind, trouble.key, trouble.fields["repository"]) == ("app", "acme", facts.full_name)
    assert "private" in trouble.fields["reason"]


def test_an_icon_is_kept_for_the_next_publish(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    [record] = world.store.records.of_site(KEY)
    assert record.facts is not None
    assert record.facts.icon is not None
    picture = world.store.blobs.get(f"sha256:{record.facts.icon.sha256}")
    assert picture is not None
    assert picture.startswith(b"\x89PNG")


# ---- zips around an IPA ---------------------------------------------------------------------------------

CDN = "https://cdn.example/{tag}/{file}"
LARGE = make_ipa(version="3.0", files={"movie.mp4": random.Random(1).randbytes(9_000_000)})


def zip_around(*ipas: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("README.md", b"Read me.")
        for number, ipa in enumerate(ipas):
            archive.writestr(f"build/Acme-{number}.ipa", ipa)
    return data.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def wrapping(store: Store) -> World:
    return World(store, make_repository("acme/app"), assets=("?.*",), wrapped=True, download_url=CDN)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_around_an_ipa_becomes_a_record_of_the_ipa(wrapping: World, method: int) -> None:
    data = zip_around(IPA, method=method)
    wrapping.github.add_release(wrapping.facts, 1, {"a.zip": data, "b.ipa": make_ipa(version="1.1")})
    for _ in range(2):
        assert wrapping.reader().read_release(1).later == ()
    wrapped, plain = wrapping.store.records.of_site(KEY)
    assert wrapped.facts is not None
    assert wrapped.facts.version == "1.0"
    assert (wrapped.size, wrapped.sha256) == (len(data), None), "what GitHub tells of the zip"
    known = sha256(IPA) if method == zipfile.ZIP_DEFLATED else None
    assert (wrapped.ipa_size, wrapped.ipa_sha256) == (len(IPA), known)
    assert wrapped.download_url == "https://cdn.example/v1/Acme-0.ipa"
    assert (plain.inner, plain.download_url) == (None, "https://cdn.example/v1/b.ipa")
    assert len(wrapping.github.opened) == 2, "each once"


def test_without_the_key_the_reason_names_it(store: Store) -> None:
    world = World(store, make_repository("acme/app"), assets=("*.zip",))
    world.github.add_release(world.facts, 1, {"a.zip": zip_around(IPA)})
    world.reader().read_release(1)
    [record] = store.records.of_site(KEY)
    assert (record.verdict.code, record.facts) == ("bad_ipa.wraps_ipa", None)
    world.tell()
    [(_, _, body)] = world.github.commit_comments
    assert "wrapped: true and a download-url" in body


def test_a_zip_around_two_is_refused_with_the_reason(wrapping: World) -> None:
    wrapping.github.add_release(wrapping.facts, 1, {"a.zip": zip_around(IPA, IPA)})
    wrapping.reader().read_release(1)
    [record] = wrapping.store.records.of_site(KEY)
    assert record.verdict.code == "bad_ipa.wraps_several"


def test_the_key_given_and_taken_away_has_the_file_read_again(wrapping: World) -> None:
    asked, plain = wrapping.app, wrapping.app.model_copy(update={"wrapped": False})
    wrapping.github.add_release(wrapping.facts, 1, {"a.zip": zip_around(IPA)})
    seen = []
    for wrapping.app in (plain, asked, asked, plain):
        wrapping.reader().read_release(1)
        [record] = wrapping.store.records.of_site(KEY)
        seen.append(record.verdict.code or record.ipa_size)
    assert seen == ["bad_ipa.wraps_ipa", len(IPA), len(IPA), "bad_ipa.wraps_ipa"]
    assert len(wrapping.github.opened) == 3


def test_a_twin_that_was_read_otherwise_is_no_twin(wrapping: World) -> None:
    wrapping.github.add_release(wrapping.facts, 1, {"a.zip": zip_around(IPA)})
    wrapping.reader().read_release(1)
    wrapping.reader(site="other/source").read_release(1)
    assert len(wrapping.github.opened) == 1
    wrapping.app = wrapping.app.model_copy(update={"wrapped": False})
    wrapping.reader(site="third/source").read_release(1)
    [record] = wrapping.store.records.of_site("third/source@main")
    assert record.verdict.code == "bad_ipa.wraps_ipa"


# ---- hashes -----------------------------------------------------------------------------------------------


@dataclass
class ServedGitHub(FakeGitHub):
    """Hands files out over HTTP, as the real one does."""

    transfers: tuple[tuple[int, int], ...] = ()  # requests and bytes of each file
    statuses: tuple[int, ...] = ()  # answered first
    cuts: tuple[int, ...] = ()  # bodies that end after so many bytes

    @contextmanager
    def open_asset(self, asset: Asset, *, max_bytes: int, **_: Any) -> Iterator[RemoteFile]:  # type: ignore[override]  # a file of the real kind
        with serve_file(self.files[asset.id] or b"") as server:
            server.statuses = [(status, {}) for status in self.statuses]
            file = open_url(server.url(), hosts={"127.0.0.1"}, max_bytes=max_bytes, size=asset.size)
            server.cuts = list(self.cuts)
            with file:
                yield file
            self.transfers += ((file.transfer.requests, file.transfer.bytes),)


def served(world: World, files: dict[str, bytes | None]) -> ServedGitHub:
    github = ServedGitHub(writable=world.github.writable)
    world.github = github
    github.add_release(world.facts, 1, files)
    return github


def only_record(world: World) -> Record:
    [record] = world.store.records.of_site(KEY)
    return record


def test_the_whole_file_is_fetched_once_for_its_hash(world: World) -> None:
    github = served(world, {"a.ipa": LARGE})
    world.hashes = True
    world.reader().read_release(1)
    assert only_record(world).sha256 == sha256(LARGE)
    assert github.transfers == ((2, len(LARGE)),), "its end, and all before it"


def test_a_hash_that_nobody_asks_for_is_not_computed(world: World) -> None:
    github = served(world, {"a.ipa": LARGE})
    world.reader().read_release(1)
    assert only_record(world).sha256 is None
    assert github.transfers[0][1] < len(LARGE) / 10


def test_a_hash_that_github_tells_is_not_computed(world: World) -> None:
    github = served(world, {"a.ipa": LARGE})
    release = github.releases[1]
    told = release.assets[0].model_copy(update={"digest": f"sha256:{'ab' * 32}"})
    github.releases[1] = release.model_copy(update={"assets": (told,)})
    world.hashes = True
    world.reader().read_release(1)
    assert only_record(world).sha256 == "ab" * 32
    assert github.transfers[0][1] < len(LARGE) / 10


def test_records_of_before_get_their_hash(world: World) -> None:
    github = served(world, {"a.ipa": IPA})
    assert world.reader().read_release(1).changed == 1
    world.hashes = True
    assert world.reader().read_release(1).changed == 1
    assert only_record(world).sha256 == sha256(IPA)
    assert world.reader().read_release(1).changed == 0
    world.hashes = False
    assert world.reader().read_release(1).changed == 0
    assert only_record(world).sha256 == sha256(IPA), "what is known stays"
    assert len(github.transfers) == 2


def test_a_stored_ipa_in_a_zip_is_read_by_ranges(wrapping: World) -> None:
    data = zip_around(LARGE, method=zipfile.ZIP_STORED)
    github = served(wrapping, {"a.zip": data})
    wrapping.reader().read_release(1)
    assert only_record(wrapping).ipa_sha256 is None
    assert github.transfers[0][1] < len(data) / 10
    wrapping.hashes = True
    wrapping.reader().read_release(1)
    assert only_record(wrapping).ipa_sha256 == sha256(LARGE)
    assert len(data) - 100_000 < github.transfers[1][1] <= len(data)


def test_a_deflated_ipa_in_a_zip_is_fetched_once(wrapping: World) -> None:
    data = zip_around(LARGE)
    github = served(wrapping, {"a.zip": data})
    wrapping.reader().read_release(1)
    assert only_record(wrapping).ipa_sha256 == sha256(LARGE)
    assert github.transfers[0][1] <= len(data)


# ---- what passes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        {"statuses": (500,)},
        {"statuses": (503,)},
        {"statuses": (429,)},
        {"statuses": (404,)},
        {"statuses": (410,)},
        {"cuts": (1_000,) * 9},
    ],
    ids=str,
)
def test_what_the_network_does_is_tried_again_and_not_held_against_the_file(
    world: World, trouble: dict[str, Any]
) -> None:
    github = served(world, {"a.ipa": LARGE})
    vars(github).update(trouble)
    [later] = world.reader().read_release(1).later
    assert (later.retry, world.records()) == (True, {})
    vars(github).update(statuses=(), cuts=())
    assert world.reader().read_release(1).later == ()
    assert world.records() == {"a.ipa": "3.0"}


# ---- time and room ----------------------------------------------------------------------------------------


class SlowFile(FakeFile):
    def read(self, size: int | None = -1, /) -> bytes:
        time.sleep(0.05)
        return super().read(size)


@dataclass
class SlowGitHub(FakeGitHub):
    @contextmanager
    def open_asset(
        self, asset: Asset, *, hosts: Collection[str], max_bytes: int, private_of: str | None = None
    ) -> Iterator[FakeFile]:
        yield SlowFile(self.files[asset.id] or b"")


def test_a_server_too_slow_is_no_fault_of_the_file(world: World) -> None:
    world.github = SlowGitHub(files={7: IPA})
    with pytest.raises(Unavailable) as caught:
        open_file(
            world.context(), Wanted(1 << 30), make_asset(7), private_of=None, limits=Limits(seconds=0.1)
        )
    assert caught.value.retry


def test_one_long_read_ends_in_time_too() -> None:
    file = SlowFile(bytes(range(256)) * (20 << 12))
    timed = Timed(file, "a.ipa", 0.2)
    with pytest.raises(Unavailable, match=r"a\.ipa comes too slowly"):
        timed.read(20 << 20)
    assert 0 < file.tell() < 12 << 20
    assert timed.is_slow


def test_a_long_read_is_announced_and_whole() -> None:
    with (
        serve_file(LARGE) as server,
        open_url(server.url(), hosts={"127.0.0.1"}, max_bytes=1 << 30) as file,
    ):
        timed = Timed(file, "a.ipa", 60)
        timed.seek(3)
        assert timed.read(8 << 20) == LARGE[3 : 3 + (8 << 20)]
        assert file.transfer.requests == 2, "its end, and all that was asked for"
        timed.seek(len(LARGE) - 5)
        assert timed.read(2 << 20) == LARGE[-5:]
        assert timed.read(2 << 20) == b""


def test_no_room_for_a_temporary_file_is_no_fault_of_the_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.hashes = True
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    [later] = world.reader().read_release(1).later
    assert isinstance(later, Unavailable)
    assert "nonexistent" not in later.public
    assert world.records() == {}


def test_a_job_ends_before_it_is_cut_off_and_comes_back_for_the_rest(world: World) -> None:
    names = ["a.ipa", "b.ipa", "c.ipa"]
    world.github = TimeTaking(world, writable={"acme/app"})
    world.github.add_release(
        world.facts, 1, {name: make_ipa(version=f"1.{at}") for at, name in enumerate(names)}
    )
    first = world.reader().read_release(1)
    assert [error.public for error in first.later] == ["c.ipa comes next: other files took their time."]
    assert first.later[0].retry
    assert sorted(world.records()) == names[:2]
    assert world.reader().read_release(1).later == ()
    assert sorted(world.records()) == names


class TimeTaking(FakeGitHub):
    """Each file takes more than half of the time that a job has for reading."""

    def __init__(self, world: World, **fields: Any) -> None:
        super().__init__(**fields)
        self._world = world

    @contextmanager
    def open_asset(self, asset: Asset, **options: Any) -> Iterator[FakeFile]:
        self._world.clock += READING * 0.6
        with super().open_asset(asset, **options) as file:
            yield file


def test_more_than_a_record_keeps_is_refused(world: World) -> None:
    names = {f"com.acme.entitlement.number-{number}": True for number in range(20_000)}
    world.github.add_release(world.facts, 1, {"a.ipa": make_ipa(entitlements=names)})
    world.reader().read_release(1)
    assert only_record(world).verdict.code == "bad_ipa.too_large"
