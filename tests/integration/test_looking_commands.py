"""`/preview`, `/lint`, `/retry` and `/rebuild`, the whole way: a signed webhook, the worker, the sandbox."""

import json
from pathlib import Path

import pytest
from rq.serializers import JSONSerializer

from bot.dispatch import dispatch_once
from bot.records import Cause, CauseKind, DeliveryState
from bot.sandbox.make_ipa import make_ipa
from bot.store.delivery_rows import NewDelivery
from tests.harmless import check_harmless
from tests.installation import APP, KEY, SITE, Burst, Installation, empty_stores, installation, serving
from tests.talk import DONE, IDLE, REFUSED, reactions, replies, say, start

__all__ = ["empty_stores", "installation"]


def hold(bot: Installation) -> None:
    decision = {"kind": "hold", "app": "app", "actor": "maintainer", "at": "2026-01-01T00:00:00Z"}
    bot.hub.push({".altpress/decisions.json": json.dumps({"decisions": [decision]})})
    bot.drain()


def test_preview(installation: Installation) -> None:
    bot = installation
    start(bot)
    assert "Nothing would change" in say(bot, "/preview")
    assert reactions(bot) == DONE
    hold(bot)
    bot.hub.release(
        "v1.0", notes="</details> <!-- altpress:reply:acme/source:1 --> @visitor\n```\n/yank app 1.0"
    )
    bot.drain()
    head = bot.hub.git(SITE, "rev-parse", "main")
    reply = say(bot, "/preview app")
    assert "1 version waiting:\n\n- `app` 1.0 \\(1\\) of [v1.0](" in reply
    assert "A hold keeps it back." in reply
    assert "- Acme 1.0 added" in reply
    assert '\n+          "version": "1.0",\n' in reply
    assert "<details><summary>apps.json: +" in reply
    assert reactions(bot) == DONE
    assert bot.hub.git(SITE, "rev-parse", "main") == head, "nothing is published"
    assert bot.hub.file("apps.json").count('"version"') == 0

    reply = say(bot, "/preview", by="visitor")
    assert "`/preview` needs the role **triage** (or more) on `acme/source`; yours is **read**" in reply
    assert reactions(bot) == REFUSED
    assert "needs the role" in say(bot, "/preview", by="visitor", repository=APP)
    assert "1 version waiting" in say(bot, "/preview", by="developer", repository=APP)


def test_lint(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    reply = say(bot, "/lint", by="visitor")
    assert (
        "| Output | altstore | altstore-2.0 | altstore-pal | sidestore | feather | livecontainer |" in reply
    )
    assert "| `apps.json` | ✅ | ✅ | - | ✅ | ✅ | ✅ |" in reply
    assert reactions(bot) == DONE


def test_lint_of_a_document_that_somebody_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_stores: dict[str, str]
) -> None:
    """Before altpress writes its own again: here it publishes once an hour."""
    url = "https://example.com/a"
    version = {
        "version": "1.0",
        "date": "2026-01-01",
        "downloadURL": url,
        "size": 1,
        "localizedDescription": "x",
    }
    entry = {
        "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "Acme", "iconURL": url,
        "localizedDescription": "x", "appPermissions": {"entitlements": [], "privacy": {}},
        "versions": [version, version],
    }  # fmt: skip
    with serving(tmp_path, {**empty_stores, "PUBLISH_INTERVAL": "3600"}, monkeypatch) as bot:
        start(bot)
        document = {"name": "Acme", "identifier": "com.acme", "apps": [entry]}
        bot.hub.push({"apps.json": json.dumps(document)})
        bot.hub.push({"altpress.yml": bot.hub.file("altpress.yml") + "    bundle-id: com.acme.app\n"})
        bot.drain()
        reply = say(bot, "/lint", by="visitor", repository=APP)
        assert "| `apps.json` | ❌ | ❌ | - | ❌ | ✅ | ✅ |" in reply
        assert "**altstore, altstore-2.0, sidestore** refuse: " in reply
        assert "SourceError 2" in reply
        assert "(`duplicateVersion`)" in reply
        assert "<details><summary>apps.json: 1 error" in reply
        check_harmless(reply)


def test_retry(installation: Installation) -> None:
    bot = installation
    start(bot)
    assert "Nothing has failed here" in say(bot, "/retry")
    assert reactions(bot) == IDLE
    bot.hub.release("v1.0")
    bot.drain()
    [delivery] = [d for d in bot.store.deliveries.page(50) if d.action == "published"]
    bot.store.deliveries.replay(delivery.guid)
    bot.store.deliveries.fail(delivery.guid, "", "GitHub did not answer.", 1)
    assert "needs the role **write**" in say(bot, "/retry", by="visitor")
    assert reactions(bot) == REFUSED
    reply = say(bot, "/retry app")
    assert f"`release.published` of `acme/app`, delivery `{delivery.guid[:8]}`" in reply
    assert "GitHub did not answer." in reply
    assert reactions(bot) == DONE
    assert _state(bot, delivery.guid) is DeliveryState.DONE

    bot.store.deliveries.replay(delivery.guid)
    bot.store.deliveries.fail(delivery.guid, "", "Again.", 1)
    assert "Started again: `release.published`" in say(bot, f"/retry {delivery.guid[:8]}")
    assert _state(bot, delivery.guid) is DeliveryState.DONE
    assert "has not failed: it is done" in say(bot, f"/retry {delivery.guid}")
    assert "No delivery of these repositories begins with `00000000`" in say(bot, "/retry 00000000")
    assert reactions(bot) == REFUSED
    assert "Did you mean `app`" in say(bot, "/retry apq")


def test_a_failure_is_over_with_the_next_publish_in_every_place(installation: Installation) -> None:
    """One that finds nothing to change is a publish, too."""
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    late = NewDelivery("late", "release", "edited", APP, {}, b"{}", bot.context.now_ms())
    bot.store.deliveries.add([late])
    bot.store.deliveries.fail("late", "", "GitHub did not answer.", bot.context.now_ms())
    bot.sweep()
    assert "GitHub did not answer." in say(bot, "/status")
    [issue] = [one for one in bot.hub.get(f"/repos/{SITE}/issues") if "state of" in one["title"]]
    assert "GitHub did not answer." in issue["body"]
    bot.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
    bot.context.queue.enqueue_publish(KEY, now=bot.context.clock())
    bot.drain()
    assert "GitHub did not answer." not in say(bot, "/status")
    bot.run_later(expect=lambda: bot.hub.get(f"/repos/{SITE}/issues/{issue['number']}")["state"] == "closed")


def test_retry_in_an_apps_repository_is_about_that_app_alone(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.push({"README.md": "x"})
    bot.drain()
    push = next(d for d in bot.store.deliveries.page(50) if d.event == "push" and d.repository == SITE)
    bot.store.deliveries.replay(push.guid)
    bot.store.deliveries.fail(push.guid, "", "A secret of the site.", 1)
    assert "Nothing has failed here" in say(bot, "/retry", by="developer", repository=APP)
    reply = say(bot, f"/retry {push.guid[:8]}", by="developer", repository=APP)
    assert "No delivery of these repositories" in reply
    assert _state(bot, push.guid) is DeliveryState.FAILED
    assert "A secret of the site." in say(bot, "/retry")
    assert _state(bot, push.guid) is not DeliveryState.FAILED


def test_retry_reads_what_could_not_be_read(installation: Installation) -> None:
    bot = installation
    start(bot)
    release = bot.hub.release("v1.0", {"Acme.ipa": b"no zip"})
    bot.drain()
    assert [r.verdict.accepted for r in bot.store.records.of_site(KEY)] == [False]
    reply = say(bot, "/retry", by="developer", repository=APP)
    assert "1 release with files that were not read: read again" in reply
    bot.hub.replace_asset(release, "Acme.ipa", make_ipa(version="1.0"))
    say(bot, "/retry", by="developer", repository=APP)
    assert '"version": "1.0"' in bot.hub.file("apps.json")


def misread(bot: Installation) -> None:
    """The one file is known as another version than it holds."""
    [record] = bot.store.records.of_site(KEY)
    assert record.facts is not None
    wrong = record.model_copy(update={"facts": record.facts.model_copy(update={"version": "6.6"})})
    bot.store.records.save(KEY, wrong)


def test_what_rebuild_began_is_not_lost_with_the_queue(installation: Installation) -> None:
    """The command has its reply before all of it is read."""
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    misread(bot)
    bot.hub.comment("/rebuild app --from-scratch", by="maintainer")
    bot._settle_webhooks()
    dispatch_once(bot.store, bot.context.queue)
    queue = bot.context.queue.rq
    while "Every file of 1 release" not in "".join(replies(bot)):
        worker = Burst([queue], connection=queue.connection, serializer=JSONSerializer)
        assert worker.work(burst=True, max_jobs=1, logging_level="WARNING")
    assert queue.count
    queue.connection.flushall()
    bot.sweep()
    [mended] = bot.store.records.of_site(KEY)
    assert mended.facts is not None
    assert mended.facts.version == "1.0"
    assert {d.state for d in bot.store.deliveries.page(50)} <= {DeliveryState.DONE, DeliveryState.IGNORED}


def test_rebuild_from_scratch_reads_every_file_again(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    misread(bot)
    say(bot, "/rebuild app")
    assert '"version": "6.6"' in bot.hub.file("apps.json"), "what is known is not read again"
    reply = say(bot, "/rebuild app --from-scratch")
    assert "Every file of 1 release of `app` is read again, from scratch." in reply
    assert reactions(bot) == DONE
    assert '"version": "1.0"' in bot.hub.file("apps.json")
    assert '"version": "6.6"' not in bot.hub.file("apps.json")
    assert "nothing new found" in say(bot, "/rebuild")
    assert reactions(bot) == DONE
    assert "no option `--form-scratch`" in say(bot, "/rebuild --form-scratch")


def _state(bot: Installation, guid: str) -> DeliveryState:
    found = bot.store.deliveries.find(guid)
    assert found is not None
    return found.state
