"""An output that takes no more is told of, whatever kind of command writes to it."""

from contextlib import redirect_stdout
from pathlib import Path

import click
import pytest

from bot.cli.output import Answer, AnswerGroup


@click.command("tell", cls=Answer)
def alone() -> None:
    click.echo("a word")


@click.group(cls=AnswerGroup)
def group() -> None:
    """Its commands are of click's own kind."""


@group.command("tell")
def inside() -> None:
    click.echo("a word")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(("command", "words"), [(alone, []), (group, ["tell"])])
def test_a_full_disk_is_a_sentence(
    command: click.Command, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full, redirect_stdout(full):
        assert command.main(words, standalone_mode=False) == 2
    told = "altpress: The output cannot be written: No space left on device.\n"
    assert capsys.readouterr().err == told
