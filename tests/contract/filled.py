"""A store with very many rows, and every query that is asked of it: for the contract test and the benchmark.

Rows are copies of rows that the store wrote itself, with other names and times. The embedded engine takes
them one by one at 0.2 ms each, so there they are copied inside its SQLite file.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pymongo.database import Database

from bot.records import (
    Cause,
    CauseKind,
    DeliveryState,
    Facts,
    Liveness,
    Notice,
    NoticePlace,
    Publication,
    Record,
    RepositoryFacts,
    Site,
    SiteIssue,
    Trouble,
)
from bot.store import NewDelivery, Store

ROWS = 200_000
RECORDS_OF_A_SITE = 1_000  # 20 apps with 50 versions
SITES = 200
START = 1_700_000_000_000
STEP = 1_000  # milliseconds between two deliveries
GUID, TIME, SITE_NUMBER, ASSET, RELEASE = "fill-guid", START, "777777777", "888888888", "999999999"
LATER = START + 2 * ROWS * STEP
FAILED = DeliveryState.FAILED
Copy = Callable[[str], str]


def fill(
    store: Store, database: Database[dict[str, Any]], sqlite_file: Path | None, rows: int = ROWS
) -> None:
    """Deliveries, records and publications, `rows` of each, `SITES` sites and a few that are pending."""
    write = _in_sqlite(sqlite_file) if sqlite_file else _in_mongodb(database)
    for state in DeliveryState:
        if state is not DeliveryState.PENDING:
            _put(store, f"{GUID}-{state}", state, START)
            write("deliveries", f"{GUID}-{state}", _deliveries(state, rows))
    store.records.save(f"acme/source-{SITE_NUMBER}@main", _record())
    write("records", f"acme/source-{SITE_NUMBER}@main|5:{ASSET}", _records(rows))
    store.publications.add(_publication())
    write("publications", f"acme/source-{SITE_NUMBER}@main|{GUID}", _publications(rows))
    store.notices.claim(f"told-{GUID}", START)
    write("notices", f"told-{GUID}", _publications(rows))
    write("publication_causes", f"{GUID}|acme/source-{SITE_NUMBER}@main|{GUID}", _publications(rows))
    for number in range(SITES):
        _save_site(store, Site(repository=f"acme/source-{number}", branch="main"))
    for number in range(100):
        _put(store, f"pending-{number}", DeliveryState.PENDING, LATER + number)


def queries(store: Store) -> dict[str, Callable[[], object]]:
    """Everything that altpress asks of its store, by name."""
    numbers = iter(range(10**9))
    guid, site = f"{GUID}-{ROWS // 2:09d}", "acme/source-7@main"
    middle = START + ROWS // 2 * STEP
    deliveries, records, sites, publications = (
        store.deliveries,
        store.records,
        store.sites,
        store.publications,
    )
    known, other = records.of_site(site), "acme/source-9@main"
    told = records.of_site(other)
    return {
        "deliveries.add, new": lambda: deliveries.add([_delivery(f"new-{next(numbers)}", LATER)]),
        "deliveries.add, ten at once": lambda: deliveries.add(
            [_delivery(f"new-{next(numbers)}", LATER) for _ in range(10)]
        ),
        "deliveries.add, known": lambda: deliveries.add([_delivery(guid, LATER)]),
        "deliveries.add_ignored": lambda: deliveries.add_ignored(
            f"new-{next(numbers)}", "star", None, None, "Not ours.", LATER
        ),
        "deliveries.pending(100)": lambda: deliveries.pending(100),
        "deliveries.queue and settle": lambda: _queue_and_settle(store, f"new-{next(numbers)}"),
        "deliveries.fail and replay": lambda: _fail_and_replay(store, f"new-{next(numbers)}"),
        "deliveries.find": lambda: deliveries.find(guid),
        "deliveries.load": lambda: deliveries.load(guid),
        "redeliveries.due": lambda: store.redeliveries.due(LATER, 30),
        "hearings.all": store.hearings.all,
        "publications.find": lambda: publications.find(site, GUID),
        "publications.set_live": lambda: publications.set_live(site, GUID, Liveness.LIVE, LATER),
        "records.of_repository": lambda: records.of_repository(site, known[0].repository_id),
        "deliveries.page(50)": lambda: deliveries.page(50),
        "deliveries.page(50), from the middle": lambda: deliveries.page(50, middle),
        **{f"deliveries.page(50), {s}": lambda s=s: deliveries.page(50, None, s) for s in DeliveryState},
        "deliveries.page(50), failed, from the middle": lambda: deliveries.page(50, middle, FAILED),
        "deliveries.counts": deliveries.counts,
        "deliveries.purge, nothing to do": lambda: deliveries.purge(START, 30),
        "records.save, new": lambda: records.save(site, _record(asset_id=10**6 + next(numbers))),
        "records.save, known": lambda: records.save(site, known[0]),
        f"records.of_site, {RECORDS_OF_A_SITE} records": lambda: records.of_site("acme/source-8@main"),
        "records.of_release": lambda: records.of_release(site, 5, known[0].release_id),
        "records.find_facts": lambda: records.find_facts(5, known[0].asset_id, known[0].updated_at),
        "records.remove": lambda: records.remove(site, 6, [next(numbers)]),
        "records.is_published": lambda: records.is_published(site),
        "records.unpublished and set_published": lambda: records.set_published(records.unpublished(site)),
        "records.is_gone": lambda: records.is_gone(site, known[0].key),
        "records.purge": lambda: records.purge(START),
        "records.amend": lambda: records.amend(site, known[0], known[0]),
        "records.import_lock, known": lambda: records.import_lock(site, "sha", []),
        "records.reset, known": lambda: records.reset(other, told),
        "sites.all": sites.all,
        "sites.find": lambda: sites.find(site),
        "sites.save": lambda: _save_site(store, Site(repository="acme/source-7", branch="main")),
        "sites.trigger, take, published": lambda: _trigger_and_publish(store, site),
        "publications.add": lambda: publications.add(_publication(f"new-{next(numbers)}", LATER)),
        "publications.latest": lambda: publications.latest(site),
        "publications.page(50)": lambda: publications.page(50),
        "publications.page(50) of a site": lambda: publications.page(50, site, middle),
        "publications.of_delivery": lambda: publications.of_delivery(guid),
        "blobs.put and get, 100 kB": lambda: _put_and_get(store, str(next(numbers))),
        "repositories.save and find": lambda: _save_and_find(store),
        "notices.claim": lambda: store.notices.claim(f"new-{next(numbers)}", LATER),
        "notices.post": lambda: store.notices.post(site, f"new-{next(numbers)}", _notice(), LATER),
        "notices.due": lambda: store.notices.due(site, LATER),
        "notices.purge": lambda: store.notices.purge(START),
        "reports.note and troubles": lambda: _note_and_list(store, site),
        "reports.take and save": lambda: _take_and_save(store, site),
        "ready.note and find": lambda: store.ready.note(site, next(numbers), "v1.0", LATER),
        "decision_edits.pending": lambda: store.decision_edits.pending(site),
        "decision_edits.find": lambda: store.decision_edits.find(site, "comment:1:0"),
        "talks.begin and find": lambda: (store.talks.begin("a:1", LATER), store.talks.find("a:1")),
        "command_rates.take": lambda: store.command_rates.take(f"user-{next(numbers) % 50}", 1, 30, LATER),
        "ensure_indexes": store.ensure_indexes,
        "ping": store.ping,
    }  # fmt: skip


# ---- copies: for each number, what is replaced by what


def _deliveries(state: DeliveryState, rows: int) -> Iterator[Copy]:
    """Of a hundred: 96 done, two ignored, one failed, one queued."""
    share = {DeliveryState.FAILED: (0,), DeliveryState.QUEUED: (1,), DeliveryState.IGNORED: (2, 3)}
    mine = share.get(state, range(4, 100))
    for number in range(rows):
        if number % 100 in mine:
            yield _replacing(
                {f"{GUID}-{state}": f"{GUID}-{number:09d}", str(TIME): str(START + number * STEP)}
            )


def _records(rows: int) -> Iterator[Copy]:
    for number in range(rows):
        site, release = str(number // RECORDS_OF_A_SITE), str(number // 2)
        yield _replacing({SITE_NUMBER: site, ASSET: str(number), RELEASE: release})


def _publications(rows: int) -> Iterator[Copy]:
    for number in range(rows):
        fields = {GUID: f"{GUID}-{number:09d}", SITE_NUMBER: str(number % SITES)}
        yield _replacing(fields | {str(TIME): str(START + number * STEP)})


def _replacing(fields: dict[str, str]) -> Copy:
    def copy(text: str) -> str:
        for old, new in fields.items():
            text = text.replace(old, new)
        return text

    return copy


def _in_sqlite(path: Path) -> Callable[[str, str, Iterator[Copy]], None]:
    def write(table: str, key: str, copies: Iterator[Copy]) -> None:
        with sqlite3.connect(path, timeout=30) as connection:
            (data,) = connection.execute(f"SELECT data FROM {table} WHERE _id = ?", [key]).fetchone()
            connection.executemany(
                f"INSERT INTO {table} (_id, data) VALUES (?, ?)", ((copy(key), copy(data)) for copy in copies)
            )
        connection.close()

    return write


def _in_mongodb(database: Database[dict[str, Any]]) -> Callable[[str, str, Iterator[Copy]], None]:
    def write(collection: str, key: str, copies: Iterator[Copy]) -> None:
        row = database[collection].find_one({"_id": key})
        assert row is not None
        database[collection].insert_many([_copied(row, copy) for copy in copies], ordered=False)

    return write


def _copied(value: Any, copy: Copy) -> Any:
    if isinstance(value, dict):
        return {key: _copied(part, copy) for key, part in value.items()}
    if isinstance(value, str):
        return copy(value)
    return int(copy(str(value))) if isinstance(value, int) else value


# ---- rows


def _delivery(guid: str, at_ms: int) -> NewDelivery:
    body = b'{"release": {"body": "' + bytes(range(35, 91)) * 30 + b'"}}'
    return NewDelivery(guid, "release", "published", "acme/app", {"X-GitHub-Event": "release"}, body, at_ms)


def _put(store: Store, guid: str, state: DeliveryState, at_ms: int) -> None:
    """A delivery in that state."""
    store.deliveries.add([_delivery(guid, at_ms)])
    if state is DeliveryState.IGNORED:
        store.deliveries.ignore(guid, "Not ours.", at_ms)
    elif state is not DeliveryState.PENDING:
        store.deliveries.queue(guid, ["ingest"])
    if state is DeliveryState.DONE:
        store.deliveries.settle(guid, "ingest", at_ms, "c0ffee")
    if state is DeliveryState.FAILED:
        store.deliveries.fail(guid, "ingest", "No IPA.", at_ms)


def _record(asset_id: int = int(ASSET)) -> Record:
    facts = Facts(
        bundle_identifier="com.acme.app", name="Acme", version="1.0", build_version="1",
        min_os_version="15.0",
        device_families=(1, 2), entitlements=("com.apple.security.application-groups", "aps-environment"),
        privacy={"NSCameraUsageDescription": "To take pictures of what is in front of it."},
    )  # fmt: skip
    return Record(
        repository_id=5, asset_id=asset_id, app="acme", repository="acme/app", release_id=int(RELEASE),
        tag="v1",
        notes="What changed, in a few lines. " * 10, published_at="2026-01-01T00:00:00Z",
        release_url="https://github.com/acme/app/releases/tag/v1", asset_name="Acme.ipa", size=12_345_678,
        download_url="https://github.com/acme/app/releases/download/v1/Acme.ipa",
        updated_at="2026-01-01T00:00:00Z", facts=facts,
    )  # fmt: skip


def _publication(commit: str = GUID, at_ms: int = TIME) -> Publication:
    cause = Cause(kind=CauseKind.RELEASE, delivery=commit, repository="acme/app", tag="v1")
    return Publication(
        site=f"acme/source-{SITE_NUMBER}@main", commit=commit, parent="0" * 40, subject="Add Acme 1.0",
        causes=(cause,), changes=("Acme 1.0 added",), at_ms=at_ms,
    )  # fmt: skip


def _save_site(store: Store, site: Site) -> None:
    facts = RepositoryFacts(
        id=1,
        full_name=site.repository,
        owner="acme",
        private=False,
        default_branch="main",
        html_url="https://x",
    )
    store.sites.save(
        site,
        facts,
        head="0" * 40,
        catalog_sha="1" * 40,
        catalog="name: Acme\napps: []\n" * 50,
        apps=["acme/app"],
    )


def _queue_and_settle(store: Store, guid: str) -> None:
    _put(store, guid, DeliveryState.DONE, LATER)


def _fail_and_replay(store: Store, guid: str) -> None:
    _put(store, guid, DeliveryState.FAILED, LATER)
    store.deliveries.replay(guid)
    store.deliveries.ignore(guid, "Measured.", LATER)


def _trigger_and_publish(store: Store, site: str) -> None:
    store.sites.trigger(site, Cause(kind=CauseKind.SWEEP))
    generation, causes = store.sites.take(site)
    store.sites.published(site, generation, causes, LATER)


def _put_and_get(store: Store, key: str) -> None:
    store.blobs.put(key, b"x" * 100_000)
    store.blobs.get(key)


def _notice() -> Notice:
    return Notice(place=NoticePlace.COMMIT, repository="acme/source", where="c" * 40, body="x" * 2_000)


def _note_and_list(store: Store, site: str) -> object:
    store.reports.note(site, Trouble(kind="blocked", fields={"reason": "x" * 200}))
    return store.reports.troubles(site)


def _take_and_save(store: Store, site: str) -> object:
    store.reports.take(site, LATER, LATER + 1)
    store.reports.save_issue(site, SiteIssue(number=1, digest="d"))
    store.reports.give_back(site)
    return store.reports.find_issue(site)


def _save_and_find(store: Store) -> None:
    facts = RepositoryFacts(
        id=1, full_name="acme/app", owner="acme", private=False, default_branch="main", html_url="https://x"
    )
    store.repositories.save(facts, LATER)
    store.repositories.find("ACME/app")
