"""docs/lint.md says what is there."""

import json
import re
from pathlib import Path

import pytest
import yaml

from bot.cli.lint import command
from bot.clients import CLIENTS

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "lint.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


@pytest.mark.parametrize("name", [*CLIENTS, "all"])
def test_every_client_is_described(name):
    assert f"| `{name}` |" in DOCS


def test_every_option_is_described():
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert {option for option in options if option not in DOCS} == set()
    assert set(re.findall(r"`(--[a-z-]+)", DOCS)) <= options


def test_the_examples_can_be_read():
    [shown] = map(json.loads, blocks("json"))
    assert list(shown) == ["verdicts", "problems"]
    [workflow] = map(yaml.safe_load, blocks("yaml"))
    assert "--format github" in workflow["jobs"]["lint"]["steps"][-1]["run"]
