"""How long every query of the store takes at 200,000 rows: a Markdown table.

`python -m benchmarks.store [--rows N] [--url mongodb://…]`: the embedded MongoDB, or the one at that URL (a
database of its own in it, dropped afterwards).
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bot.embedded.urls import mongo_url
from bot.store import connect
from tests.contract.filled import ROWS, fill, queries
from tests.stores import mongo_server, opened_store, short_dir

DATABASE = "altpress-benchmark"
TRIES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--url", help="measure this MongoDB instead")
    options = parser.parse_args()
    if options.url:
        measure(options.url, None, options.rows)
        return
    with short_dir() as data_dir, mongo_server(data_dir):
        measure(mongo_url(data_dir), data_dir / "mongo" / f"{DATABASE}.db", options.rows)


def measure(url: str, sqlite_file: Path | None, rows: int) -> None:
    with opened_store(url, DATABASE) as store, connect(url) as client:
        started = time.perf_counter()
        fill(store, client[DATABASE], sqlite_file, rows)
        print(f"{rows:,} rows each, filled in {time.perf_counter() - started:.0f} s; {TRIES} tries\n")
        print("| query | median | slowest |\n|---|---:|---:|")
        for name, call in queries(store).items():
            took = sorted(milliseconds(call) for _ in range(TRIES))
            print(f"| {name} | {statistics.median(took):.1f} ms | {took[-1]:.1f} ms |")


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
