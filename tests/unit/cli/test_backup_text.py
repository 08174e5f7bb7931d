"""What the commands of backups say."""

import pytest

from bot.backup import Listed, Manifest
from bot.backup.format import Part, show_size
from bot.cli.backup_text import listed_json, render_listed, show_age

NOW = 1_795_420_800.0  # 2026-11-23T08:00:00Z
GOOD = Manifest(
    "0.1.0", "2026-11-23T05:59:00Z", "2026-11-23T06:00:00Z", "0" * 64, 99,
    collections={"talks": Part(1200, 9, "0" * 64)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (409 * 2**20, "409.0 MiB"), (2**50, "1024.0 TiB")],
)
def test_sizes(size: int, shown: str) -> None:
    assert show_size(size) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-23T07:59:59Z", "1 s"),
        ("2026-11-23T07:30:00Z", "30 min"),
        ("2026-11-22T20:00:00Z", "12 h"),
        ("2026-11-01T08:00:00Z", "22 d"),
        ("2026-11-23T09:00:00Z", "0 s"),
    ],
)
def test_ages(moment: str, shown: str) -> None:
    assert show_age(moment, NOW) == shown


def test_a_list_tells_good_ones_from_others() -> None:
    rows = [Listed("b", 2048, GOOD), Listed("a", 5, None, "The file is not\nwhole.")]
    good, bad = render_listed(rows, NOW)
    assert good == "b     2.0 KiB     2 h old  1,200 documents  altpress 0.1.0"
    assert "cannot be used" in bad
    assert "\n" not in bad
    assert [row["ok"] for row in map(listed_json, rows)] == [True, False]
    assert listed_json(rows[0])["collections"] == {"talks": 1200}
