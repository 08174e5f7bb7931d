"""What `altpress init` makes of what it is given."""

import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from bot.cli import doctor, init
from bot.cli.init import parse_repository
from bot.cli.init_hooks import parse_hook_url
from bot.cli.init_reading import plan_all
from bot.errors import NotFound, RateLimited
from bot.setup.rights import EVENTS, PERMISSIONS, name_all

DOCS = Path(__file__).resolve().parents[3] / "docs" / "setup.md"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme/app", "acme/app"), (" acme/app ", "acme/app"), ("https://github.com/acme/app", "acme/app"),
        ("https://github.com/acme/app.git", "acme/app"), ("https://ghe.acme.example/a/b/releases?x=1", "a/b"),
        ("https://github.com/acme/my.app/", "acme/my.app"),
    ],
)  # fmt: skip
def test_repositories(text: str, name: str) -> None:
    assert parse_repository(text) == name


@pytest.mark.parametrize(
    "text", ["", "acme", "acme/", "/app", "acme/app/x", "-a/b", "a/b c", "http://x/a/b", "a/../b"]
)
def test_what_is_no_repository(text: str) -> None:
    with pytest.raises(click.BadParameter):
        parse_repository(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://bot.example", "https://bot.example/webhooks/github"),
        ("https://bot.example/", "https://bot.example/webhooks/github"),
        ("https://bot.example:8443/moved", "https://bot.example:8443/moved"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/webhooks/github"),
    ],
)
def test_hook_addresses(text: str, url: str) -> None:
    assert parse_hook_url(text) == url


@pytest.mark.parametrize(
    "text", ["bot.example", "http://bot.example", "https://", "https://u:p@x", "https://x/?a", "https://[x"]
)
def test_what_is_no_hook_address(text: str) -> None:
    with pytest.raises(click.BadParameter):
        parse_hook_url(text)


@dataclass
class Failing:
    """A reader for which every repository has its own trouble."""

    def plan(self, name: str) -> None:
        raise (
            RateLimited(f"{name}: GitHub asks for a pause.")
            if name == "a/a"
            else NotFound(f"{name} is gone.")
        )


def test_one_repositorys_trouble_hides_no_other_s() -> None:
    found, plans, problems = plan_all(Failing(), ("a/a", "b/b"))  # type: ignore[arg-type]
    assert (found, plans) == ([], [])
    assert "--github-token-stdin" in problems[0]
    assert problems[1] == "b/b is gone."


def test_the_docs_name_every_right_event_and_option() -> None:
    text = DOCS.read_text()
    for name in name_all([*PERMISSIONS, *EVENTS]).split(", "):
        assert name in text
    for command, page in ((init.command, text), (doctor.command, DOCS.with_name("doctor.md").read_text())):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert re.search(rf"`{parameter.opts[0]}\b", page), parameter.opts


@pytest.mark.parametrize(("out", "said"), [("-", "read what was printed,"), ("a.yml", "read a.yml,")])
def test_the_next_step_names_the_draft(out: str, said: str) -> None:
    steps = list(init._next_steps(Path(out), None, None, hooked=True, signed_in=True))
    assert said in steps[1]
