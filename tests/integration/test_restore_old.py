"""A backup that an older altpress made: restored, and brought to where this one wants it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.backup import make_backup, open_place, restore, verify
from bot.backup.dump import kept_collections
from bot.cli.restore import command
from bot.migrate import Migrator
from bot.migrate.load import load_migrations
from bot.records import DeliveryState
from bot.store import Store
from tests.installation import empty_stores
from tests.old_databases import NAMES, Old, read_rows
from tests.store_rows import strangers

__all__ = ["empty_stores"]
IDS = [migration.id for migration in load_migrations()]
UNDER_WAY = {DeliveryState.PENDING.value, DeliveryState.QUEUED.value}


@pytest.fixture
def found(store: Store, empty_stores: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that the commands find, empty."""
    for name, value in empty_stores.items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    return store


def kept(store: Store) -> dict[str, Any]:
    """What a backup is of, but for what began anew or was noted by the restore itself."""
    there = read_rows(store.database)
    names = [name for name in kept_collections() if name not in {"migrations", "notices"}]
    return {
        name: {row["_id"]: row for row in there.get(name, ()) if row.get("state") not in UNDER_WAY}
        for name in names
    }


def empty(store: Store) -> None:
    for name in store.database.list_collection_names():
        store.database[name].drop()


@pytest.mark.parametrize(("name", "to"), [*((name, 0) for name in NAMES), (NAMES[-1], 1), (NAMES[-1], 2)])
def test_one_of_an_older_version_is_migrated(found: Store, tmp_path: Path, name: str, to: int) -> None:
    """As if it had been migrated where it was."""
    migrator = Migrator(found.database)
    empty(found)
    Old(name).put(found.database)
    if to:
        migrator.migrate(to=to)
    make_backup(found.database, open_place(str(tmp_path)), keep=None, clock=lambda: 1.8e9)
    migrator.migrate()
    wanted = kept(found)
    empty(found)
    result = CliRunner().invoke(command, [str(tmp_path), "--force", "--no-refill", "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert json.loads(result.stdout)["migrated"] == IDS[to:]
    assert strangers(found.database) == {}
    assert kept(found) == wanted
    assert migrator.level().is_ready


def test_what_it_holds_is_as_it_was_until_it_is_migrated(found: Store, tmp_path: Path) -> None:
    """A restore that stamped today's version would hide from the migrations what they are for."""
    empty(found)
    Old(NAMES[0]).put(found.database)
    before = {name: rows for name, rows in read_rows(found.database).items() if name in kept_collections()}
    place = open_place(str(tmp_path))
    made = make_backup(found.database, place, keep=None, clock=lambda: 1.8e9)
    with place.open(made.name) as file:
        restore(found.database, file, verify(file))
    after = {name: rows for name, rows in read_rows(found.database).items() if rows}
    assert after == {name: rows for name, rows in before.items() if rows}
    assert Migrator(found.database).level().pending == tuple(IDS)
