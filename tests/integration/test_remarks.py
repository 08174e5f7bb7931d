"""What was pushed and may not be meant so: taken, and said once, where it was done."""

import json
from typing import Any

import pytest

from bot.records import DeliveryState
from tests.deciding import DECISIONS, KEY, SITE, Site
from tests.installation import Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
APPS = "apps:\n  - id: app\n    repository: acme/app\n"
CATALOG = f"name: Acme Apps\noutputs:\n  - path: apps.json\n{APPS}"
YANK = {"kind": "yank", "app": "app", "version": "1.0", "actor": "mia", "at": "2026-11-22T21:48:16Z"}


@pytest.fixture
def site(installation: Installation) -> Site:
    return Site(installation).start("1.0", "1.1", catalog=CATALOG)


def push(site: Site, path: str, text: str) -> list[str]:
    """What is said on this commit."""
    sha = site.bot.hub.push({path: text})
    site.bot.drain()
    site.sweep()
    return [comment["body"] for comment in site.bot.hub.get(f"/repos/{SITE}/commits/{sha}/comments")]


def decided(*more: dict[str, Any]) -> str:
    return json.dumps({"decisions": [YANK, *more]}, indent=2)


def test_a_decision_about_what_nobody_knows(site: Site) -> None:
    assert push(site, DECISIONS, decided()) == []
    later = {**YANK, "version": "1.12"}
    [said] = push(site, DECISIONS, decided(later, {**YANK, "app": "apq"}))
    assert "`1.12` is no version of `app` that is known (did you mean `1.1`?)" in said.replace("\\", "")
    assert "`apq` is no app of the catalog (did you mean `app`?)" in said.replace("\\", "")
    assert "line 13, decisions" in said.replace("\\", "")
    assert site.versions() == ["1.1"]
    site.bot.hub.release("v1.12")
    site.bot.drain()
    assert site.versions() == ["1.1"], "it was meant for what was to come"
    assert push(site, DECISIONS, decided(later)) == [], "said before, or not there any more"


def test_a_misspelt_decision_beside_a_mistake_is_told_once_that_is_mended(site: Site) -> None:
    misspelt, broken = {**YANK, "app": "apq"}, {**YANK, "actor": None}
    [refused] = push(site, DECISIONS, decided(misspelt, broken))
    assert "cannot read" in refused
    assert "line 21, decisions > 2 > actor: must be text" in refused.replace("\\", "").replace("&gt;", ">")
    [said] = push(site, DECISIONS, decided(misspelt))
    assert "`apq` is no app of the catalog (did you mean `app`?)" in said.replace("\\", "")


def test_what_failed_for_a_broken_file_is_no_failure_once_it_is_mended(site: Site) -> None:
    ledger = site.bot.store.deliveries
    site.bot.hub.push({DECISIONS: "{broken"})
    site.bot.hub.release("v1.2")
    site.bot.drain()
    site.sweep()
    assert site.versions() == ["1.1", "1.0"]
    assert ledger.page(50, state=DeliveryState.FAILED) != []
    site.bot.hub.push({DECISIONS: json.dumps({"decisions": []})})
    site.bot.drain(expect=lambda: site.versions() == ["1.2", "1.1", "1.0"])
    assert ledger.page(50, state=DeliveryState.FAILED) == []


def test_decisions_that_github_has_forgotten_since(site: Site) -> None:
    """After a forced push: nobody can tell what is new."""
    heads = site.bot.store.sites
    head = heads.load_head(KEY)
    assert head is not None
    heads.save_head(KEY, head.model_copy(update={"blobs": {**head.blobs, DECISIONS: "0" * 40}}))
    assert push(site, DECISIONS, decided({**YANK, "version": "1.12"})) == []
    assert site.versions() == ["1.1"]
    assert site.bot.store.deliveries.page(50, state=DeliveryState.FAILED) == []


def test_an_output_that_leaves_the_catalog_is_left_and_told(site: Site) -> None:
    [said] = push(site, "altpress.yml", CATALOG.replace("apps.json", "source.json"))
    assert "The catalog no longer names `apps.json`: the file stays as it was published last" in said
    assert site.versions() == site.versions("source.json") == ["1.1", "1.0"]
    site.bot.hub.push({"altpress.yml": CATALOG.replace("apps.json", "third.json"), "source.json": None})
    site.bot.drain()
    comments = site.bot.hub.get(f"/repos/{SITE}/comments")
    assert len(comments) == 1, "that one was deleted with it"


def test_an_entry_of_channels_that_never_counts(site: Site) -> None:
    channels = "    channels:\n      - {channel: stable, tags: 'v*'}\n      - {channel: stable, tags: 'v*'}\n"
    [said] = push(site, "altpress.yml", CATALOG + channels)
    assert "the entry for `stable` of `app` never counts" in said.replace("\\", "")
    assert push(site, "altpress.yml", CATALOG + channels + "    subtitle: Better\n") == []
