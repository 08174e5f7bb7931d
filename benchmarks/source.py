"""What building, checking and encoding a source cost: a Markdown table.

`python benchmarks/source.py [--apps 1000] [--versions 50]`. Every row is measured in one run on one document,
and shown as a ratio to `json.dumps(document, indent=2)` of it, so that machines can be compared. The records
hold what releases hold: notes in Markdown, hashes, permissions, an icon. A row's memory is measured in a
process of its own (tracemalloc would slow the times down), beyond what the records take already.
"""

import argparse
import gc
import json
import multiprocessing
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bot.catalog import Catalog
from bot.clients import check_source
from bot.records import Facts, IconFile, Record, RepositoryFacts
from bot.source import SiteContext, build_source, render_source

CLIENTS = ("altstore", "sidestore")
TRIES = 3
PRIVACY = {
    "NSCameraUsageDescription": "Scan the codes of your other devices.",
    "NSPhotoLibraryUsageDescription": "Choose pictures to send.",
}
ENTITLEMENTS = ("aps-environment", "com.apple.security.application-groups", "keychain-access-groups")
NOTES = (
    "Fixes a crash when the list was empty, and a slow start on older phones.",
    "## What's new\r\n* Faster **search**\r\n* Fixes [#12](https://github.com/acme/app/issues/12)\r\n",
    "- Widgets for the lock screen\n- Chinese and German\n",
)


@dataclass(frozen=True)
class World:
    """A catalog with the records of its releases."""

    catalog: Catalog
    records: list[Record]
    site: SiteContext


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=50)
    options = parser.parse_args()
    print("| apps x versions | what | time | of `json.dumps` | peak memory |\n|---|---|---:|---:|---:|")
    for versions in sorted({max(1, options.versions // 5), max(1, options.versions // 2), options.versions}):
        measure(options.apps, versions)


def measure(apps: int, versions: int) -> None:
    """The rows of one size of document."""
    world = make_world(apps, versions)
    source = build_source(world.catalog, world.records, (), world.site, world.catalog.outputs[0])
    size = len(render_source(source)) / 1e6
    rows: dict[str, Callable[[], object]] = {
        f"`json.dumps(indent=2)`, {size:.1f} MB": lambda: json.dumps(source, indent=2),
        "build_source": lambda: _build(world),
        "check_source, altstore and sidestore": lambda: check_source(source, CLIENTS),
        "render_source": lambda: render_source(source),
        "together": lambda: _together(world),
    }
    rounds = [[seconds(call) for call in rows.values()] for _ in range(TRIES)]  # a noise hits all rows alike
    times = [min(column) for column in zip(*rounds, strict=True)]
    for (what, call), took in zip(rows.items(), times, strict=True):
        ratio, memory = took / times[0], peak_memory(call)
        print(f"| {apps:,} x {versions} | {what} | {took:.2f} s | {ratio:.2f} | {memory} |", flush=True)


def _build(world: World) -> object:
    return build_source(world.catalog, world.records, (), world.site, world.catalog.outputs[0])


def _together(world: World) -> None:
    source = build_source(world.catalog, world.records, (), world.site, world.catalog.outputs[0])
    assert not check_source(source, CLIENTS)
    render_source(source)


def seconds(call: Callable[[], object]) -> float:
    """Of the processor: what others do on the machine meanwhile counts less."""
    gc.collect()
    started = time.process_time()
    call()
    return time.process_time() - started


def peak_memory(call: Callable[[], object]) -> str:
    """What Python holds at most during the call, result included, beyond what it held before; in MB."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send_peak, args=(call, sender))
    child.start()
    peak = receiver.recv()
    child.join()
    return f"{peak / 1e6:.0f} MB"


def _send_peak(call: Callable[[], object], sender: Connection) -> None:
    tracemalloc.start()
    call()
    sender.send(tracemalloc.get_traced_memory()[1])


# ---- what is measured ---------------------------------------------------------------------------------


def make_world(apps: int, versions: int) -> World:
    """`apps` apps of a repository each, with `versions` releases each."""
    names = [f"acme/app-{number}" for number in range(apps)]
    catalog = Catalog.model_validate({
        "name": "Acme",
        "outputs": ({"path": "apps.json", "clients": CLIENTS},),
        "apps": tuple(
            {"repository": name, "subtitle": "One line", "description": "What it does.\n" * 5}
            for name in names
        ),
    })  # fmt: skip
    facts = {name: _repository(name, number) for number, name in enumerate(names, start=2)}
    site = SiteContext(
        repository=_repository("acme/source", 1),
        branch="main",
        base_url="https://acme.github.io/source/",
        app_repositories=facts,
    )
    records = [_record(facts[name], version) for name in names for version in range(versions)]
    return World(catalog, records, site)


def _repository(full_name: str, number: int) -> RepositoryFacts:
    return RepositoryFacts(
        id=number, full_name=full_name, owner="acme", private=False, default_branch="main",
        html_url=f"https://github.com/{full_name}", description="What it does.",
    )  # fmt: skip


def _record(repository: RepositoryFacts, number: int) -> Record:
    version, when = (
        f"{number // 10}.{number % 10}.0",
        f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T12:00:00Z",
    )
    url = f"https://github.com/{repository.full_name}/releases"
    facts = Facts(
        bundle_identifier=f"com.acme.app{repository.id}", name=f"Acme {repository.id}", version=version,
        build_version=str(1000 + number), min_os_version="15.0", device_families=(1, 2),
        entitlements=ENTITLEMENTS, privacy=PRIVACY,
        icon=IconFile(sha256=f"{repository.id:064x}", width=120, height=120),
    )  # fmt: skip
    return Record(
        repository_id=repository.id, asset_id=repository.id * 1000 + number, app="", release_id=number,
        repository=repository.full_name, tag=f"v{version}", release_name=version,
        notes=f"{NOTES[number % 3]}\nThe build of {repository.full_name} {version}.", published_at=when,
        updated_at=when, release_url=f"{url}/tag/v{version}", asset_name="App.ipa",
        size=30_000_000 + repository.id * 1000 + number, sha256=f"{repository.id * 1000 + number:064x}",
        download_url=f"{url}/download/v{version}/App.ipa", facts=facts,
    )  # fmt: skip


if __name__ == "__main__":
    main()
