"""The runbook: a section for each alert, and nothing in it that does not exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bot.cli import cli
from tests.deploy.test_prometheus import ALERTS, ROOT

PAGE = ROOT / "docs" / "runbook.md"
TEXT = PAGE.read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
SAID = " ".join(rule["annotations"]["description"] for rule in ALERTS.values())
INLINE = [line for line in re.findall(r"`([^`\n]+)`", TEXT) if re.match(r"(\S+ )*altpress \w", line)]
FENCED = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
ASKED = INLINE + [line.partition("#")[0] for line in FENCED if line.startswith("altpress ")]
COMMANDS = sorted({line[line.rindex("altpress ") :].strip() for line in ASKED})


def test_one_section_an_alert_in_the_order_of_the_rules() -> None:
    assert sorted(SECTIONS) == sorted(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_section_says_what_it_means_who_suffers_and_what_to_do(alert: str) -> None:
    section = SECTIONS[alert]
    assert section.startswith("- **Means** ")
    assert "\n- **Suffers** " in section
    assert "\n- **Look** " in section or "\n- **Mend** " in section


@pytest.mark.parametrize("line", COMMANDS)
def test_command_and_its_options_exist(line: str) -> None:
    command: click.Command = cli
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(command, info_name="altpress")
    while isinstance(command, click.Group):
        assert words, line
        found = command.get_command(context, words[0])
        assert found is not None, f"{line}: there is no {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
        if isinstance(command, click.Group) and (not words or words[0] not in command.list_commands(context)):
            break
    command.make_parser(context).parse_args(list(words))  # raises for an option that there is not


def test_commands_were_found() -> None:
    assert len(COMMANDS) > 10
    assert "altpress deliveries list --state failed --since 2h" in COMMANDS


def test_events_that_are_named_are_logged() -> None:
    source = "".join(
        path.read_text() for folder in ("bot", "config", "jobs") for path in Path(ROOT, folder).rglob("*.py")
    )
    events = set(re.findall(r"`([a-z]+_[a-z_]+)`", TEXT)) - {"altpress_", "gave_up"}
    assert len(events) > 5
    assert {event for event in events if f'"{event}"' not in source} == set()


def test_commands_in_the_alerts_exist_too() -> None:
    told = re.findall(r"\baltpress (doctor|backup|migrate|deliveries [a-z]+(?: --\w+ \w+)?)\b", SAID)
    assert {"doctor", "backup", "migrate", "deliveries list --state failed"} == set(told)
