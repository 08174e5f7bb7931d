"""Conditional requests and the logs of webhooks, against the running sandbox."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.github import GitHub, KeptAnswer
from bot.sandbox.make_ipa import make_ipa
from tests.installation import APP, SITE, Hub
from tests.sandboxes import Sandbox, run_sandbox


@dataclass
class Answers:
    """In memory."""

    kept: dict[str, KeptAnswer] = field(default_factory=dict)

    def load(self, key: str) -> KeptAnswer | None:
        return self.kept.get(key)

    def save(self, key: str, answer: KeptAnswer) -> None:
        self.kept[key] = answer


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    place: Path = tmp_path_factory.mktemp("conditional") / "data"
    with run_sandbox(place) as running:
        yield running


@pytest.fixture
def hub(sandbox: Sandbox) -> Iterator[Hub]:
    hub = Hub(sandbox)
    yield hub
    hub.close()


@pytest.fixture(params=["app", "token"])
def github(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[GitHub]:
    key = sandbox.keys.private_key_file.read_text()
    if request.param == "app":
        github = GitHub.from_app(sandbox.keys.app_id, key, sandbox.api)
    else:
        github = GitHub.from_token(sandbox.tokens["maintainer"], sandbox.api, (SITE,))
    github.remember(Answers())
    yield github
    github.close()


def look(github: GitHub) -> tuple[list[str], str, list[int]]:
    """Everything that a sweep asks, of one site and one app."""
    [site] = [found.site for found in github.discover_sites() if found.site.repository == SITE]
    facts = github.fetch_repository(APP)
    releases = list(github.stream_releases(facts))
    return [r.tag for r in releases], github.fetch_head(site), [len(r.assets) for r in releases]


def test_what_did_not_change_costs_nothing(github: GitHub, hub: Hub, request: pytest.FixtureRequest) -> None:
    tag = f"v{len(request.node.name)}.0"
    files = {f"{number}.ipa": make_ipa() for number in range(31)}  # more than a release shows of itself
    hub.release(tag, files)
    first = look(github)
    asked = github.requests["api"]
    assert github.requests["not_modified"] == 0
    before = Counter(github.requests)
    assert look(github) == first
    spent = Counter(github.requests) - before
    assert spent == {"not_modified": asked}, "every one of them"
    budgets = {b.remaining for b in github.take_budgets()}
    look(github)
    assert {b.remaining for b in github.take_budgets()} <= budgets

    hub.edit_release(tag, notes="Other words.")
    before = Counter(github.requests)
    facts = github.fetch_repository(APP)
    assert "Other words." in {release.body for release in github.stream_releases(facts)}
    spent = Counter(github.requests) - before
    assert spent["api"] >= 1, "what changed is sent"
    hub.delete_release(tag)


def test_what_is_gone_is_no_kept_answer(github: GitHub, hub: Hub) -> None:
    facts = github.fetch_repository(APP)
    assert list(github.stream_releases(facts)) == []
    hub.release("v9.0")
    assert [release.tag for release in github.stream_releases(facts)] == ["v9.0"]
    hub.delete_release("v9.0")
    assert list(github.stream_releases(facts)) == []
