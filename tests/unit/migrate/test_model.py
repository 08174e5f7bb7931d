"""How a database and a program stand to each other."""

import pytest

from bot.migrate.load import load_migrations
from bot.migrate.model import Applied, Migration, build_level, parse_applied
from tests.stores import ROOT

FIRST, SECOND = (Applied(number, ended_ms=1) for number in ("0001", "0002"))


def known(*versions: int) -> list[Migration]:
    return [Migration(v, f"try {v}", 0, lambda _: None, "None.", "c") for v in versions]


@pytest.mark.parametrize(
    ("applied", "pending", "too_new", "unknown"),
    [
        ([], ["0001", "0002"], [], []),
        ([FIRST], ["0002"], [], []),
        ([FIRST, Applied("0002")], ["0002"], [], []),
        ([FIRST, SECOND], [], [], []),
        ([FIRST, SECOND, Applied("0003", needs=2)], [], [], ["0003"]),
        ([FIRST, SECOND, Applied("0003", needs=3)], [], ["0003"], ["0003"]),
    ],
    ids=["none", "one", "begun", "all", "a newer one that can be read", "a newer one that cannot"],
)
def test_level(applied: list[Applied], pending: list[str], too_new: list[str], unknown: list[str]) -> None:
    level = build_level(known(1, 2), applied)
    assert (list(level.pending), list(level.too_new), list(level.unknown)) == (pending, too_new, unknown)
    assert level.is_ready == (not pending and not too_new)


def test_a_row_of_a_newer_altpress_may_have_more_fields() -> None:
    found = parse_applied(
        {"_id": "0009", "title": "later", "ended_ms": 5, "mood": "good", "schema_version": 9}
    )
    assert found == Applied("0009", title="later", ended_ms=5)


def test_every_migration_is_in_the_docs() -> None:
    lines = (ROOT / "docs" / "migrations.md").read_text().splitlines()
    told = [line.split("|")[1].strip() for line in lines if line.startswith("| 0")]
    assert told == [migration.id for migration in load_migrations()]


def test_a_migration_imports_three_names_and_no_more_of_altpress() -> None:
    """What it relies on must be there, unchanged, in years."""
    for path in (ROOT / "scripts" / "migrations").glob("0*.py"):
        ours = [line for line in path.read_text().splitlines() if line.startswith(("from bot", "import bot"))]
        assert ours == ["from bot.migrate.model import Row, Steps, Update"], path.name
