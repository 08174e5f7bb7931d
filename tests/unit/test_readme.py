"""The README's tables say what the code does."""

import re
from pathlib import Path

from bot.cli import COMMANDS as PROGRAM
from bot.commands import COMMANDS as CHAT

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def rows(first: str) -> list[list[str]]:
    """The cells of all table rows whose first cell matches."""
    lines = (line.strip("|").split("|") for line in README.splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line] for line in lines if re.fullmatch(first, line[0].strip())]


def test_every_chat_command_is_there_and_no_other() -> None:
    table = {cells[0].strip("`"): cells[1] for cells in rows(r"`/.*`")}
    assert table == {command.usage: command.summary for command in CHAT.values()}


def test_every_sub_command_is_there_and_no_other() -> None:
    table = {cells[0].strip("`"): cells[1] for cells in rows(r"`[a-z-]+`") if cells[0].strip("`") in PROGRAM}
    assert table == PROGRAM


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
