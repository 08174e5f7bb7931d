"""A CI job ends the wait: from its token to the source, with everything real; and each store away."""

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.dispatch import dispatch_once
from bot.embedded.urls import mongo_url as url_of_mongo
from bot.embedded.urls import redis_url as url_of_redis
from bot.enqueue import Queue
from bot.enqueue import connect as connect_redis
from bot.enqueue.hasten import hasten_ingests
from bot.records import DeliveryState, Job
from bot.sandbox.make_ipa import make_ipa
from bot.store import NewDelivery, Store
from jobs.runner import settings as cached_settings
from jobs.sites import todays_catalog
from jobs.waiting import find_waiting
from tests.fake_store import site_state
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation
from tests.oidc_issuer import Issuer, run_issuer
from tests.processes import Process, altpress, free_port
from tests.stores import mongo_server, opened_store, redis_server, short_dir

__all__ = ["empty_stores", "installation"]


@pytest.fixture
def bot(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """It knows its site, and would wait for an hour after the newest file."""
    monkeypatch.setenv("ALTPRESS_QUIET_PERIOD", "3600")
    cached_settings.cache_clear()
    installation.sweep()
    return installation


def versions(bot: Installation) -> list[str]:
    source = json.loads(bot.hub.file("apps.json"))
    return [version["version"] for app in source["apps"] for version in app["versions"]]


def tell(bot: Installation, *, repository: str = APP, body: Any = None, **asked: Any) -> requests.Response:
    """What a step of the workflow does: ask for a token, and send it."""
    asked = {"repository": repository, "audience": SITE, **asked}
    token = bot.hub.ask("POST", "tokens", json=asked)["value"]
    address = f"{bot.hub.sandbox.running.dashboard_url}/hooks/ready"
    return requests.post(address, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def draft(bot: Installation, tag: str) -> int:
    body = {"repository": APP, "tag": tag, "as": "developer"}
    return int(bot.hub.ask("POST", "releases", json=body)["id"])


def put(bot: Installation, release: int, name: str = "A.ipa", version: str = "2.0") -> None:
    data = make_ipa(version=version)
    bot.hub.ask("PUT", f"releases/{release}/assets", params={"name": name}, data=data)


def publish(bot: Installation, release: int, **how: Any) -> None:
    bot.hub.ask("POST", f"releases/{release}/publish", json=how)


def state(bot: Installation, told: requests.Response) -> Any:
    return bot.store.deliveries.find(told.json()["delivery"])


def unfinished(bot: Installation) -> list[Any]:
    return [d for d in bot.store.deliveries.page(50) if d.open or d.state is DeliveryState.FAILED]


def test_a_release_whose_files_came_late_is_published_when_its_job_says_so(bot: Installation) -> None:
    number = draft(bot, "v2.0")
    put(bot, number)
    publish(bot, number, late_assets=0.3)
    release = f"/repos/{APP}/releases/{number}"
    bot.drain(expect=lambda: bot.hub.get(release)["assets"][0]["state"] == "uploaded")
    bot.drain()
    assert versions(bot) == [], "an hour of quiet has to pass"
    before = bot.hub.commits()

    told = tell(bot, ref="refs/tags/v2.0", event="release")
    assert told.status_code == 202, told.text
    assert (told.json()["release"], told.json()["sites"]) == ("acme/app@v2.0", [KEY])
    bot.drain()
    assert versions(bot) == ["2.0"]
    bot.run_later(expect=lambda: not unfinished(bot))
    assert state(bot, told).state is DeliveryState.DONE
    assert len(bot.hub.commits()) == len(before) + 1
    assert bot.context.queue.depth().scheduled == 0, "those that waited came along, and found it read"
    message = bot.hub.git(SITE, "log", "-1", "--format=%B", "main")
    assert "Altpress-Release: acme/app@v2.0" in message


def test_what_a_job_says_before_the_release_is_published_counts(bot: Installation) -> None:
    number = draft(bot, "app/v2.0+1")
    put(bot, number)
    told = tell(bot, body={"tag": "app/v2.0+1"})
    assert told.status_code == 202
    bot.drain()
    assert state(bot, told).state is DeliveryState.QUEUED, "it may still be on its way"
    publish(bot, number)
    bot.drain()
    assert versions(bot) == ["2.0"]
    bot.run_later(expect=lambda: not unfinished(bot))
    assert state(bot, told).state is DeliveryState.DONE


def test_a_missing_file_is_waited_for_whoever_says_what(bot: Installation) -> None:
    number = draft(bot, "v2.0")
    publish(bot, number)
    told = tell(bot, ref="refs/tags/v2.0")
    bot.drain()
    assert versions(bot) == []
    assert state(bot, told).state is DeliveryState.QUEUED
    put(bot, number)
    again = tell(bot, ref="refs/tags/v2.0")
    assert (again.status_code, again.json()["delivery"] != told.json()["delivery"]) == (202, True)
    bot.drain()
    assert versions(bot) == ["2.0"]
    bot.run_later(expect=lambda: not unfinished(bot))
    assert len(bot.store.records.of_site(KEY)) == 1


def test_status_does_not_make_an_app_wait_that_a_job_vouched_for(bot: Installation) -> None:
    catalog = bot.hub.file("altpress.yml")
    both = "apps:\n  - id: app\n    repository: acme/app\n    assets: [A.ipa]\n"
    both += "  - id: pro\n    repository: acme/app\n    assets: [Pro.ipa]\n"
    bot.hub.push({"altpress.yml": catalog.partition("apps:")[0] + both})
    bot.drain()
    number = draft(bot, "v2.0")
    put(bot, number)
    publish(bot, number)
    bot.drain()
    state = bot.store.sites.find(KEY)
    assert state is not None
    waiting = find_waiting(bot.context, state, todays_catalog(state))
    assert {one.app: "rests" in str(one.reason) for one in waiting} == {"app": True, "pro": False}
    assert tell(bot, ref="refs/tags/v2.0").status_code == 202
    bot.drain()
    assert versions(bot) == ["2.0"]
    [left] = find_waiting(bot.context, state, todays_catalog(state))
    assert (left.app, "Pro.ipa" in str(left.reason)) == ("pro", True)


def test_a_later_file_is_not_vouched_for(bot: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word of a job holds for what was there by then; a minute for clocks that differ."""
    number = draft(bot, "v2.0")
    put(bot, number)
    repository = bot.hub.get(f"/repos/{APP}")["id"]
    bot.store.ready.note(KEY, repository, "v2.0", int(time.time() * 1000) - 120_000)
    publish(bot, number)
    bot.drain()
    assert versions(bot) == []
    bot.store.ready.note(KEY, repository, "v2.0", int(time.time() * 1000))
    bot.context.queue.enqueue(Job(name="ingest", args=(KEY, APP, number, None)))
    bot.drain()
    assert versions(bot) == ["2.0"]


def test_a_tag_without_a_release_is_told_in_the_ledger(bot: Installation) -> None:
    body = {
        "repository": {"id": 1, "full_name": APP}, "tag": "v9", "sites": [KEY],
        "told_ms": int(time.time() * 1000) - 300_000,
    }  # fmt: skip
    guid, headers = str(uuid.uuid4()), {"x-github-event": "ready", "content-type": "application/json"}
    row = NewDelivery(guid, "ready", None, APP, headers, json.dumps(body).encode(), 1)
    bot.store.deliveries.add([row])
    bot.drain()
    found = bot.store.deliveries.find(guid)
    assert found is not None
    assert (found.state, found.open) == (DeliveryState.FAILED, ())
    assert found.reason == "acme/app has no published release with the tag v9."


def test_a_renamed_repository_may_tell_before_altpress_knows(bot: Installation) -> None:
    bot.hub.release("v1.0")
    bot.drain()
    number = draft(bot, "v2.0")
    put(bot, number)
    publish(bot, number)
    bot.hub.ask("PATCH", "repositories", json={"repository": APP, "name": "renamed"})
    told = tell(bot, repository="acme/renamed", ref="refs/tags/v2.0")
    assert told.status_code == 202, told.text
    bot.drain()
    bot.run_later(expect=lambda: "2.0" in versions(bot))


def test_who_may_not_changes_nothing(bot: Installation) -> None:
    known = {delivery.guid for delivery in bot.store.deliveries.page(50)}
    tag = {"tag": "v2.0"}
    assert tell(bot, body=tag, audience=None).status_code == 403
    assert tell(bot, body=tag, audience="acme/other").status_code == 403
    assert tell(bot, body=tag, repository=SITE).status_code == 403
    assert tell(bot, body=tag, event="pull_request").status_code == 403
    assert tell(bot).status_code == 422
    assert {delivery.guid for delivery in bot.store.deliveries.page(50)} == known


def test_waits_of_one_release_are_hastened_and_no_others(bot: Installation) -> None:
    queue = bot.context.queue
    jobs = {
        number: queue.enqueue(Job(name="ingest", args=(KEY, APP, number, None)), delay=1000)
        for number in (1, 2)
    }
    other = queue.enqueue(Job(name="ingest", args=("acme/other@main", APP, 1, None)), delay=1000)
    assert hasten_ingests(queue, KEY, 1) == 1
    assert hasten_ingests(queue, KEY, 1) == 0, "it comes as soon as it can"
    registry = queue.rq.scheduled_job_registry
    assert registry.get_jobs_to_schedule() == [jobs[1]]
    assert set(registry.get_job_ids(cleanup=False)) == {*jobs.values(), other}


# ---- the web process, with a store away


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


def build_settings(issuer: Issuer, mongo_url: str, redis_url: str) -> dict[str, object]:
    return {
        "redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": f"test-{uuid.uuid4().hex[:12]}",
        "webhook_secrets": "a webhook secret", "port": free_port(), "oidc_issuer": issuer.url,
        "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    }  # fmt: skip


def lives(settings: dict[str, object]) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{settings['port']}/health/live", timeout=10).ok
        except requests.RequestException:
            return False

    return answers


def post(settings: dict[str, object], token: str) -> requests.Response:
    address = f"http://127.0.0.1:{settings['port']}/hooks/ready"
    return requests.post(address, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def save_site(store: Store) -> None:
    known = site_state()
    store.sites.save(known.site, known.repository, head=None, catalog_sha=None, catalog=None, apps=known.apps)


def check_log(process: Process, tokens: list[str]) -> None:
    """Every line is JSON, and no part of a token is in any."""
    assert process.lines()
    for token in tokens:
        assert not [part for part in token.split(".") if part in process.text]


def test_with_redis_away_it_is_taken_and_done_when_redis_is_back(
    issuer: Issuer, mongo_url: str, tmp_path: Path
) -> None:
    with short_dir() as data:
        settings = build_settings(issuer, mongo_url, url_of_redis(data))
        tokens = [issuer.token(), issuer.token(exp=1), issuer.confused()]
        with (
            opened_store(mongo_url, str(settings["mongo_database"])) as store,
            altpress("web", output=tmp_path / "web.log", **settings, log_level="DEBUG") as web,
        ):
            save_site(store)
            web.wait_for(lives(settings))
            answers = [post(settings, token) for token in tokens]
            assert [answer.status_code for answer in answers] == [202, 401, 401]
            guid = answers[0].json()["delivery"]
            assert [d.guid for d in store.deliveries.pending(10)] == [guid]
            [line] = web.lines("ready_told")
            assert (line["delivery"], line["repository"], line["tag"]) == (guid, "acme/app", "v1.0")
            check_log(web, tokens)
            with redis_server(data):
                connection = connect_redis(url_of_redis(data))
                queue = Queue(connection, publish_interval=15)
                assert dispatch_once(store, queue) == 1
                [job] = queue.rq.jobs
                assert job.func_name == "jobs.ready.take_ready"
                assert job.args[:3] == ["acme/source@main", "acme/app", "v1.0"]
                connection.close()


def test_with_the_database_away_it_is_refused_in_time(issuer: Issuer, redis_url: str, tmp_path: Path) -> None:
    with short_dir() as data:
        settings = build_settings(issuer, url_of_mongo(data), redis_url)
        with altpress("web", output=tmp_path / "web.log", **settings) as web:
            with (
                mongo_server(data) as mongo,
                opened_store(url_of_mongo(data), str(settings["mongo_database"])) as store,
            ):
                save_site(store)
                web.wait_for(lives(settings))
                mongo.send_signal(signal.SIGSTOP)
                began = time.monotonic()
                hanging = post(settings, issuer.token())
                assert (hanging.status_code, time.monotonic() - began < 10) == (503, True)
                mongo.send_signal(signal.SIGCONT)
                web.wait_for(lambda: post(settings, issuer.token()).status_code == 202)
            gone = post(settings, issuer.token())
            assert (gone.status_code, int(gone.headers["Retry-After"]) > 0) == (503, True)
            assert web.lines("request_crashed") == []
