"""Looking before anything is published: right, and without a trace."""

import json
from typing import Any

from bot.catalog import parse_catalog
from bot.decisions import Decisions
from bot.records import SiteState
from bot.sandbox.make_ipa import make_ipa
from bot.source.preview import Preview
from jobs.preview import preview_site
from tests.installation import KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


def start(bot: Installation, *tags: str) -> None:
    for tag in tags:
        bot.hub.release(tag)
    bot.sweep()


def state_of(bot: Installation) -> SiteState:
    state = bot.store.sites.find(KEY)
    assert state is not None
    return state


def preview(bot: Installation, **given: Any) -> Preview:
    """Also holds that a look changes nothing: neither the branch nor the stores."""
    before = snapshot(bot)
    found = preview_site(bot.context, state_of(bot), **given)
    assert snapshot(bot) == before
    return found


def snapshot(bot: Installation) -> dict[str, Any]:
    database = bot.store.records._rows.database  # all rows, whatever its methods tell
    cached = {"repositories", "blobs", "blob_chunks", "answers"}
    cached |= {"deliveries", "delivery_chunks"}  # which arrive meanwhile
    names = sorted(set(database.list_collection_names()) - cached)
    rows = {name: list(database[name].find().sort("_id", 1)) for name in names}
    return {"head": bot.hub.git(SITE, "rev-parse", "main"), **rows}


def test_a_site_that_is_as_it_should_be(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0")
    found = preview(bot)
    assert found.unchanged
    assert (found.changes, found.waiting, found.problems, found.unread) == ((), (), (), ())
    [output] = found.outputs
    assert output.path == "apps.json"
    assert set(output.verdicts.values()) == {"accept"}


def test_a_catalog_and_decisions_that_are_not_there_yet(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0", "v1.1")
    text = bot.hub.file("altpress.yml")
    catalog = parse_catalog(text.replace("apps:\n", "apps:\n  - id: new\n    repository: acme/new\n", 1))
    yank = {"kind": "yank", "app": "app", "version": "1.1", "actor": "m", "at": "2026-11-22T00:00:00Z"}
    decisions = Decisions.model_validate({"decisions": [yank]})
    found = preview(bot, catalog=catalog, decisions=decisions)
    assert [line for line in found.changes if "1.1" in line] == ["Acme 1.1 removed"]
    assert '-          "version": "1.1",' in found.outputs[0].diff.lines
    assert found.unread == ("new",)
    assert preview(bot, decisions=decisions, apps=["new"]).unchanged
    assert not preview(bot, decisions=decisions, apps=["app"]).unchanged


def test_what_a_hold_keeps_back_is_shown_as_if_it_were_let_through(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0")
    hold = {"kind": "hold", "app": "app", "actor": "m", "at": "2026-01-01T00:00:00Z"}
    bot.hub.push({".altpress/decisions.json": json.dumps({"decisions": [hold]})})
    bot.drain()
    bot.hub.release("v1.1", {"Acme.ipa": make_ipa(version="1.1", build_version="7")})
    bot.drain()
    found = preview(bot)
    assert found.unchanged
    assert [(w.app, w.version, w.tag) for w in found.waiting] == [
        ("app", "1.1 (7)", "v1.1"),
        ("app", "1.0 (1)", "v1.0"),
    ]
    assert found.released is not None
    assert "Acme 1.1 added" in found.released.changes
    assert not found.released.unchanged


def test_what_waits_at_a_gate_or_in_the_stage_is_shown_as_if_it_were_public(
    installation: Installation,
) -> None:
    bot = installation
    catalog = bot.hub.file("altpress.yml")
    staged = "  - path: apps.json\n  - path: staging.json\n    stage: true\n"
    bot.hub.push({"altpress.yml": catalog.replace("  - path: apps.json\n", staged)})
    start(bot, "v1.0")
    found = preview(bot)
    assert [(w.version, w.staged) for w in found.waiting] == [("1.0 (1)", True)]
    assert found.released is not None
    assert [o.path for o in found.released.outputs if o.diff.lines] == ["apps.json"]

    gated = f"{catalog}    approve: always\n"
    bot.hub.push({"altpress.yml": gated})
    bot.drain()
    bot.hub.release("v1.1")
    bot.drain()
    found = preview(bot)
    [waiting] = [w for w in found.waiting if not w.staged]
    assert waiting.version == "1.1 (1)"
    assert "waits for approval" in waiting.reason
    assert found.released is not None
    assert "Acme 1.1 added" in found.released.changes


def test_a_damaged_site_is_looked_at_in_silence(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0", "v1.1")
    lock = bot.hub.file(".altpress/lock.jsonl").splitlines()
    bot.hub.push({".altpress/lock.jsonl": "\n".join([lock[0], "{broken", "", *lock[2:]])})
    assert preview(bot).problems == ()
    bot.hub.push({".altpress/decisions.json": "{broken"})
    assert "decisions.json" in preview(bot).problems[0]


def test_what_is_gone_from_github_is_not_taken_from_the_lock_again(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0", "v1.1")
    [gone] = [record for record in bot.store.records.of_site(KEY) if record.tag == "v1.1"]
    bot.store.records.remove(KEY, gone.repository_id, [gone.asset_id])
    assert preview(bot).changes == ("Acme 1.1 removed",)


def test_an_emptied_database_previews_as_the_lock_says(installation: Installation) -> None:
    bot = installation
    start(bot, "v1.0")
    with bot.emptied() as fresh:
        state = state_of(bot)
        fresh.store.sites.save(
            state.site, state.repository, head=state.head, catalog_sha=state.catalog_sha,
            catalog=state.catalog, problems=(), apps=state.apps,
        )  # fmt: skip
        assert preview(fresh).unchanged
