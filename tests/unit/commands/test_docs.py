import runpy
from pathlib import Path

import pytest

from bot.commands import COMMANDS, parse_commands
from bot.commands.examples import EXAMPLES
from bot.commands.words import read_arguments

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_commands_is_what_the_commands_say():
    script = runpy.run_path(str(ROOT / "scripts/render_commands.py"))
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert page == script["render_page"](), "run scripts/render_commands.py"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_example_is_written_as_the_command_wants_it(command):
    assert EXAMPLES[command.verb]
    for line, meaning in EXAMPLES[command.verb]:
        [request] = parse_commands(line, None)
        assert request.verb == command.verb
        assert len(read_arguments(request.words, command.flags).positional) <= command.most
        assert not meaning.endswith(".")


def test_no_example_is_of_a_command_that_is_not_there():
    assert EXAMPLES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_explains_itself(command):
    assert command.usage.startswith(f"/{command.verb}")
    assert command.summary[0].islower()
    assert not command.summary.endswith(".")
