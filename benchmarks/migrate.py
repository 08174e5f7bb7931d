"""How long migrating takes, and how long others wait meanwhile: a Markdown table.

`python -m benchmarks.migrate [--documents N]`: on the embedded MongoDB, documents as they were on November
22nd: without versions, deliveries without history, records in no order.
"""

import argparse
import os
import sqlite3
import statistics
import threading
import time
from pathlib import Path
from typing import Self

from bot.embedded.urls import mongo_url
from bot.migrate import Migrator
from bot.store import NewDelivery, Store, connect
from tests.contract.filled import LATER, fill
from tests.store_rows import strangers
from tests.stores import mongo_server, opened_store, short_dir

DATABASE = "altpress-benchmark"
FILLED = ("deliveries", "records", "publications", "publication_causes", "notices")
PAUSE = 0.02  # seconds between two webhooks
QUIET = 200  # webhooks without a migration, to compare with
SHARE = 0.99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200_000)
    options = parser.parse_args()
    with short_dir() as data_dir, mongo_server(data_dir) as server:
        measure(mongo_url(data_dir), data_dir / "mongo" / f"{DATABASE}.db", options.documents, server.pid)


def measure(url: str, sqlite_file: Path, documents: int, server: int) -> None:
    with opened_store(url, DATABASE) as store:
        fill(store, store.database, sqlite_file, documents // len(FILLED))
        make_old(sqlite_file)
        size = sqlite_file.stat().st_size / 2**20
        total = sum(store.database[name].estimated_document_count() for name in FILLED)
        print(f"{total:,} documents, {size:.0f} MiB\n")
        quiet = [receive(store, number) for number in range(QUIET)]
        busy = processor_seconds(server)
        with Receiving(url) as receiving:
            outcomes = Migrator(store.database, tell=lambda _: None).migrate()
        busy = processor_seconds(server) - busy
        print("| migration | documents changed | time |\n|---|---:|---:|")
        for found in outcomes:
            print(f"| {found.migration} | {sum(found.documents.values()):,} | {found.seconds:.1f} s |")
        print(f"| all | | {sum(found.seconds for found in outcomes):.1f} s |")
        load = os.getloadavg()[2]
        print(f"\nProcessor time of engine and program: {busy:.0f} s; the machine's load: {load:.0f}")
        began = time.perf_counter()
        caught = Migrator(store.database).catch_up()
        print(f"\nA later pass that finds {caught} documents: {time.perf_counter() - began:.1f} s\n")
        print("| webhooks stored | median | 99 % within | slowest |\n|---|---:|---:|---:|")
        print(row(f"before, {len(quiet)}", quiet))
        print(row(f"meanwhile, {len(receiving.took)}", receiving.took))
        assert strangers(store.database) == {}


def processor_seconds(server: int) -> float:
    """Of this process and of the engine's, so far: they do not depend on what else the machine does."""
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def make_old(sqlite_file: Path) -> None:
    """What the migrations bring, taken away."""
    with sqlite3.connect(sqlite_file, timeout=60) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in {*FILLED, "sites"}:
                connection.execute(f"UPDATE {table} SET data = json_remove(data, '$.schema_version')")
        connection.execute("UPDATE deliveries SET data = json_remove(data, '$.history', '$.state_ms')")
        connection.execute(
            "UPDATE records SET data = json_set(json_remove(data, '$.live'), "
            "'$.live_site', substr(_id, 1, instr(_id, '|') - 1))"
        )
    connection.close()


class Receiving:
    """Webhooks that come in all the while; `took` in milliseconds."""

    def __init__(self, url: str) -> None:
        self.took: list[float] = []
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with connect(self._url) as client:
            store = Store(client[DATABASE])
            while not self._stop.wait(PAUSE):
                self.took.append(receive(store, QUIET + len(self.took)))


def receive(store: Store, number: int) -> float:
    new = NewDelivery(f"arrived-{number}", "release", None, "acme/app", {}, b"{}" * 500, LATER + number)
    started = time.perf_counter()
    store.deliveries.add([new])
    return (time.perf_counter() - started) * 1000


def row(name: str, took: list[float]) -> str:
    ordered = sorted(took)
    within = ordered[int(len(ordered) * SHARE)]
    return f"| {name} | {statistics.median(took):.1f} ms | {within:.1f} ms | {ordered[-1]:.1f} ms |"


if __name__ == "__main__":
    main()
