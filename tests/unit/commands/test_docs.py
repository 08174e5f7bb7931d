import runpy
from pathlib import Path

import pytest

from bot.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_commands_is_what_the_commands_say():
    script = runpy.run_path(str(ROOT / "scripts/render_commands.py"))
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert page == script["render_page"](), "run scripts/render_commands.py"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_explains_itself(command):
    assert command.usage.startswith(f"/{command.verb}")
    assert command.summary[0].islower()
    assert not command.summary.endswith(".")
