"""One release, followed by the GUID of its delivery from the webhook to the replies."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.github import GitHub
from config.log import Json, Mask, bind, bind_more
from jobs.ingest import ingest_release
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
OURS = ("bot.", "jobs.")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """The log as an operator has it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Json(Mask(())))
    level = logging.root.level
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.INFO)
    yield stream
    logging.root.setLevel(level)
    logging.root.removeHandler(handler)


def lines(logged: io.StringIO) -> list[dict[str, Any]]:
    """What altpress logged since this was asked last; the sandbox's own lines apart."""
    found = [json.loads(line) for line in logged.getvalue().splitlines()]
    logged.seek(0)
    logged.truncate()
    ours = [line for line in found if line["logger"].startswith(OURS)]
    return [line for line in ours if not line["logger"].startswith("bot.sandbox")]


def start(bot: Installation) -> None:
    bot.sweep()


def delivered(bot: Installation, known: set[str], event: str) -> list[str]:
    """The new deliveries of an event, oldest first."""
    found = [d["guid"] for d in bot.hub.deliveries() if d["event"] == event and d["guid"] not in known]
    return found[::-1]


def trailers(bot: Installation) -> list[str]:
    body = bot.hub.git(SITE, "log", "-1", "--format=%B", "main").splitlines()
    return [line.partition(": ")[2] for line in body if line.startswith("Altpress-Delivery: ")]


def replies(bot: Installation) -> list[str]:
    comments = bot.hub.get(f"/repos/{SITE}/issues/1/comments")
    return [c["body"] for c in comments if c["user"]["login"] == "altpress[bot]"]


def test_a_release_is_followed_by_its_delivery(installation: Installation, logged: io.StringIO) -> None:
    bot = installation
    start(bot)
    known = {d["guid"] for d in bot.hub.deliveries()}
    lines(logged)
    bot.hub.release("v1.0")
    bot.drain()
    guids = delivered(bot, known, "release")
    [guid] = trailers(bot)
    assert guid in guids
    found = lines(logged)
    assert [line for line in found if not {"delivery", "deliveries"} & line.keys()] == []
    mine = [line for line in found if line.get("delivery") == guid]
    assert {(line.get("job"), line["event"]) for line in mine} >= {
        (None, "webhook_stored"), (None, "delivery_routed"), ("ingest", "ipa_read"), ("ingest", "job_done"),
        ("publish", "site_published"), ("publish", "job_done"), ("live", "publication_live"),
    }  # fmt: skip
    commit = bot.hub.git(SITE, "rev-parse", "main").strip()
    assert [publication.commit for publication in bot.store.publications.of_delivery(guid)] == [commit]
    row = bot.store.deliveries.find(guid)
    assert row is not None
    assert row.publications == (commit,)
    assert f"({guid[:8]})" in bot.hub.git(SITE, "log", "-1", "--format=%B", "main")

    known = {d["guid"] for d in bot.hub.deliveries()}
    bot.hub.comment("/status", by="maintainer")
    bot.drain()
    [reply] = replies(bot)
    assert f"(delivery `{guid[:8]}`)" in reply
    [asked] = delivered(bot, known, "issue_comment")[:1]
    assert f"<!-- altpress:delivery {asked} -->" in reply


def test_what_people_are_told_names_the_delivery(installation: Installation) -> None:
    bot = installation
    start(bot)
    known = {d["guid"] for d in bot.hub.deliveries()}
    bot.hub.release("v1.0", {"Acme.ipa": b"no zip"})
    bot.drain()
    guids = delivered(bot, known, "release")
    [notice] = [c["body"] for c in bot.hub.get(f"/repos/{APP}/comments")]
    assert any(f"<!-- altpress:delivery {guid} -->" in notice for guid in guids)
    known = {d["guid"] for d in bot.hub.deliveries()}
    bot.hub.push({"altpress.yml": "nonsense: 1\n"})
    bot.drain()
    [pushed] = delivered(bot, known, "push")[:1]
    [notice] = [c["body"] for c in bot.hub.get(f"/repos/{SITE}/comments")]
    assert f"<!-- altpress:delivery {pushed} -->" in notice


def test_a_merged_publish_names_all(installation: Installation, logged: io.StringIO) -> None:
    bot = installation
    start(bot)
    known = {d["guid"] for d in bot.hub.deliveries()}
    releases = [bot.hub.release(tag) for tag in ("v1.0", "v1.1", "v1.2")]
    bot._settle_webhooks()
    guids = delivered(bot, known, "release")[: len(releases)]
    with bot.acting(GitHub) as ctx:
        for release, guid in zip(releases, guids, strict=True):
            ingest_release.work(ctx, KEY, APP, release, guid)
    lines(logged)
    bot.drain()
    assert set(trailers(bot)) >= set(guids)
    published = [line for line in lines(logged) if line["event"] == "site_published"]
    assert set(guids) <= set(published[0]["deliveries"])
    commit = bot.hub.git(SITE, "rev-parse", "main").strip()
    for guid in guids:
        assert commit in {publication.commit for publication in bot.store.publications.of_delivery(guid)}


def test_what_a_sweep_found_goes_by_an_id_of_the_sweep(
    installation: Installation, logged: io.StringIO
) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot._settle_webhooks()
    for delivery in bot.store.deliveries.pending(50):  # as if they had never come
        bot.store.deliveries.ignore(delivery.guid, "lost", 1)
    lines(logged)
    start(bot)
    body = bot.hub.git(SITE, "log", "-1", "--format=%B", "main")
    [origin] = [line.partition(": ")[2] for line in body.splitlines() if line.startswith("Altpress-Origin: ")]
    assert origin.startswith("sweep-")
    assert f"({origin})" in body
    found = {(line.get("job"), line["event"]) for line in lines(logged) if line.get("origin") == origin}
    assert found >= {
        ("sweep", "swept"), ("scan", "job_done"), ("ingest", "ipa_read"), ("publish", "site_published"),
        ("live", "publication_live"),
    }  # fmt: skip


def test_more_fields_end_with_their_unit(logged: io.StringIO) -> None:
    log = logging.getLogger("bot.test")
    with bind(job="a"):
        with bind(site="b"):
            bind_more(delivery="c", nothing=None)
            log.info("inside")
        log.info("outside")
    bind_more(delivery="d")
    log.info("after")
    fields = [{k: v for k, v in line.items() if k in {"job", "site", "delivery"}} for line in lines(logged)]
    assert fields == [{"job": "a", "site": "b", "delivery": "c"}, {"job": "a"}, {}]
