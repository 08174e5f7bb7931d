"""Comments and texts that would break a careless bot: shown, and harmless."""

import json
from pathlib import Path

import pytest

from bot.github.comments import LONGEST_BODY
from bot.replies.length import measure
from tests.deciding import Site
from tests.harmless import check_harmless, unfolded
from tests.installation import APP, KEY, SITE, empty_stores, installation, serving
from tests.talk import DONE, comments, reactions, replies, say, start

__all__ = ["empty_stores", "installation"]
EVIL = (
    "@everyone @acme/all #1 GH-2\n</details>\n<!-- -->\n<!-- x\n```\n````\n~~~\n/yank app 1.0\n"
    "@altpress yank app 1.0"
)
NOTES = EVIL.replace("<!-- x\n", "")  # which hides the rest, as on GitHub
HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$" + "x" * 43


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_stores: dict[str, str]):
    """An installation that publishes once an hour: what is pushed meanwhile can be looked at."""
    more = {
        "PUBLISH_INTERVAL": "3600",
        "PUBLIC_URL": "https://bot.example",
        "DASHBOARD_PASSWORD_HASH": HASH,
    }
    with serving(tmp_path, {**empty_stores, **more}, monkeypatch) as found:
        yield found


def test_ten_commands_have_ten_answers_in_one_reply(installation):
    site = Site(installation).start("1.0", "1.1")
    lines = [
        "/help", "/help yank", "/status app", "/lint", "/yank app 1.1 it crashes", "/preview", "/retry",
        "/rebuild", "/unyank app 1.1", "/status",
    ]  # fmt: skip
    reply = site.say("\n".join(lines))
    quoted = [
        line.removeprefix("> `").removesuffix("`") for line in reply.splitlines() if line.startswith("> `")
    ]
    assert quoted == lines
    assert site.reactions() == DONE
    assert "  - yanked: 1.1" not in reply.split("> `/unyank")[1], "each sees what came of those before"
    assert site.versions() == ["1.1", "1.0"]
    check_harmless(reply)


def test_a_very_long_difference_is_folded_and_shortened(slow):
    bot = slow
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    news = [
        {"title": f"Number {n} {'x' * 60}", "identifier": f"n{n}", "caption": "y" * 120, "date": "2026-11-22"}
        for n in range(1000)
    ]
    document = json.loads(bot.hub.file("apps.json")) | {"news": news}
    bot.hub.push({"apps.json": json.dumps(document, indent=2)})
    bot.drain()
    reply = say(bot, "/preview\n/status\n/preview app\n/lint")
    assert len(json.dumps(news, indent=2)) > 200_000
    assert measure(reply) <= LONGEST_BODY
    assert "<details><summary>apps.json: +" in reply
    assert " lines more\n\n</details>" in reply
    assert reply.count("> `/") == 4
    assert reactions(bot) == DONE
    assert len(unfolded(reply)) < 10_000, "it is folded"
    check_harmless(reply)


def test_what_does_not_fit_leads_to_the_dashboard(slow):
    bot = slow
    start(bot)
    outputs = "".join(f"  - path: out/{n}.json\n" for n in range(8))
    catalog = bot.hub.file("altpress.yml").replace("  - path: apps.json\n", f"  - path: apps.json\n{outputs}")
    news = "".join(
        f"  - title: Number {n}\n    identifier: n{n}\n    caption: {'y' * 100}\n    date: 2026-11-22\n"
        for n in range(200)
    )
    bot.hub.push({"altpress.yml": f"{catalog}\nnews:\n{news}"})
    bot.drain()
    reply = say(bot, "/preview")
    assert measure(reply) <= LONGEST_BODY
    assert "… (shortened; more is on [the dashboard](https://bot.example))" in reply
    assert reply.rstrip().endswith("-->"), "its mark is there"
    check_harmless(reply)
    bot.context.queue.put_off_publish(KEY, seconds=600, now=bot.context.clock())
    assert "It waits for GitHub's limits of writes, until 20" in say(bot, "/status")


def test_a_hostile_release_is_shown_and_harmless(installation):
    bot = installation
    start(bot)
    decision = {
        "kind": "hold",
        "app": "app",
        "actor": EVIL[:90],
        "at": "2026-01-01T00:00:00Z",
        "reason": EVIL,
    }
    bot.hub.push({".altpress/decisions.json": json.dumps({"decisions": [decision]})})
    bot.drain()
    bot.hub.release("v1.0", notes=NOTES, name=EVIL)
    bot.hub.release("v1.1", {"`@all`.ipa": EVIL.encode()}, notes=EVIL)
    bot.drain()
    reply = say(bot, "/preview\n/status\n/retry @everyone\n/rebuild </details>\n/help <!--")
    notes = [line for line in reply.splitlines() if line.startswith("+") and "localizedDescription" in line]
    assert any("@everyone" in line and "/yank app 1.0" in line for line in notes), "shown as they are"
    assert "on hold, by" in reply
    assert "`'@all'.ipa`" in reply
    check_harmless(reply)
    bare = "\n".join(line for line in reply.splitlines() if not line.startswith("<!-- altpress:"))
    for text in (reply, bare, f"> {bare}"):
        before = len(comments(bot, SITE))
        assert say(bot, text) == "", "neither its own words nor those that it quoted are commands"
        assert len(comments(bot, SITE)) == before + 1
    assert [d["kind"] for d in json.loads(bot.hub.file(".altpress/decisions.json"))["decisions"]] == ["hold"]
    assert "v1.1" in "".join(replies(bot) + replies(bot, APP))
