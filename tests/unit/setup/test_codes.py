"""Programs read the codes of findings: each that is used is in the table, and the page has the same table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.setup.codes import CODES

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [*(ROOT / "bot/cli").glob("doctor*.py"), *(ROOT / "bot/setup").glob("*.py")]
TELLING = {
    "ok", "warning", "error", "tell", "_check", "guarded", "bounded", "look", "check_version",
    "check_store_clock",
}  # fmt: skip


def calls() -> Iterator[ast.Call]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield node


def test_every_code_is_in_the_table() -> None:
    first = [
        node.args[0].value
        for node in calls()
        if isinstance(node.func, ast.Name)
        and node.func.id in TELLING
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(first) > 40
    assert set(first) - CODES.keys() == set()


def test_every_code_is_told_of() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES if path.name != "codes.py"]
    assert [code for code in CODES if not any(f'"{code}"' in text for text in texts)] == []


def test_the_page_has_the_same_table() -> None:
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert {code: (looked, meaning) for code, looked, meaning in rows} == dict(CODES)
