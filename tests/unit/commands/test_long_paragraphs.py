"""Paragraphs that cost a parser the square of their length: neither they nor what follows is read."""

import pytest

from bot.commands import parse_commands
from bot.commands.grammar import LONGEST_PARAGRAPH

FILLER = "\n" + "[a](" * (LONGEST_PARAGRAPH // 4)


def verbs(body: str) -> list[str]:
    return [request.verb for request in parse_commands(body, None)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("/help" + FILLER, []),
        ("/help\n\nx <b>" + FILLER + "\n\n/lint", ["help"]),
        ("/help\n\nplain" + FILLER + "\n\n/lint", ["help", "lint"]),
        ("/help\n" + "a" * (LONGEST_PARAGRAPH - 100), ["help"]),
    ],
    ids=["with a command", "with HTML before one", "of nothing that matters", "just short enough"],
)
def test_what_is_too_long_is_not_read(body, found):
    assert verbs(body) == found
