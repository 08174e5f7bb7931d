"""How versions, apps and times are named in commands that decide."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from bot.catalog import parse_catalog
from bot.commands import COMMANDS, Intent, Place, Reach, Standing, answer_request, parse_commands
from bot.commands.deciding import find_version, name_for
from bot.commands.standing import Known
from bot.decisions import Decision, Decisions, apply_edits, parse_decisions
from bot.records import ACCEPTED, Facts, Record, RepositoryFacts, SiteState, Verdict
from bot.records import Site as SiteValue
from bot.source.site import SiteContext

NOW = 1_795_430_000.0  # 2026-11-23T10:33:20Z
FACTS = RepositoryFacts(
    id=1, full_name="acme/source", owner="acme", private=False, default_branch="main", html_url="https://h"
)
SITE = Place("acme/source", (Reach("acme/source@main", ("app",), whole=True),))
APP = Place("acme/app", (Reach("acme/source@main", ("app",), whole=False),))
CATALOG = "name: A\napps:\n  - {id: app, repository: acme/app, name: Acme}\n"


def record(number: int, version: str, build: str = "1", tag: str | None = None, verdict: Verdict = ACCEPTED):
    facts = Facts(bundle_identifier="a.b", name="Acme", version=version, build_version=build)
    at = f"2026-01-{number:02}T00:00:00Z"
    return Record(
        repository_id=2, asset_id=number, app="app", repository="acme/app", release_id=number,
        tag=tag or f"v{version}", published_at=at, release_url="https://r", asset_name="A.ipa", size=1,
        download_url=f"https://d/{number}", updated_at=at, facts=facts, verdict=verdict,
    )  # fmt: skip


BAD = Verdict(accepted=False, code="bad_ipa.no_app", reason="It holds no app.")
WAITS = Verdict(accepted=False, code="waiting.approval", reason="It asks for more.")
RECORDS = (
    record(1, "1.0"), record(2, "1.1", "10"), record(3, "1.1", "11", "v1.1-fixed"),
    record(4, "1.2", "1", "nightly"),
    record(5, "1.3", verdict=BAD), record(6, "1.4", verdict=WAITS),
)  # fmt: skip


@dataclass
class World:
    """One site in memory: what is decided has effect at once."""

    decisions: Decisions = field(default_factory=Decisions)
    intents: list[Intent] = field(default_factory=list)
    broken: bool = False
    catalog: str = CATALOG

    def now_ms(self):
        return int(NOW * 1000)

    def standing(self, site):
        if self.broken:
            parse_decisions(b'{"decisions": [{"@everyone": 1}], "x": 2}')
        state = SiteState(site=SiteValue(repository="acme/source", branch="main"), repository=FACTS)
        context = SiteContext(repository=FACTS, branch="main", base_url="https://h/")
        return Standing(
            state,
            context,
            parse_catalog(self.catalog),
            self.decisions,
            RECORDS,
            (),
            NOW,
            "octocat",
            "https://c",
        )

    def name(self, site, asked_in):
        return site

    def recorded(self, site):
        return None

    def decide(self, site, intent):
        self.intents.append(intent)
        self.decisions = apply_edits(self.decisions, intent.edits, NOW)


def say(text, world=None, role="admin", place=SITE):
    world = world or World()
    [request] = parse_commands(text, None)
    return answer_request(request, place, lambda: role, world), world


def kinds(world):
    return [(d.kind.value, d.version) for d in world.decisions.decisions]


@pytest.mark.parametrize(
    ("text", "found", "name"),
    [
        ("1.0", [1], "1.0"), ("v1.0", [1], "1.0"), ("V1.0", [1], "1.0"), ("1.0.", [1], "1.0"),
        ("1.0,", [1], "1.0"),
        ("1.1", [2, 3], "1.1"), ("1.1 (10)", [2], "1.1 (10)"), ("1.1(11)", [3], "1.1 (11)"),
        ("1.0 (1)", [1], "1.0 (1)"), ("v1.1", [2], "1.1 (10)"), ("v1.1-fixed", [3], "1.1 (11)"),
        ("nightly", [4], "1.2"), ("NIGHTLY", [4], "1.2"), ("1", [], ""), ("1.1 (12)", [], ""), ("", [], ""),
    ],
)  # fmt: skip
def test_a_version_is_named_in_many_ways(text, found, name):
    versions = [Known(one) for one in RECORDS]
    known = find_version(text, versions)
    assert [one.what.asset_id for one in known] == found
    assert not known or name_for(text, known, versions) == name


@pytest.mark.parametrize(
    ("text", "decided", "reason"),
    [
        ("/yank app 1.0", "1.0", None),
        ("/yank APP v1.0 it crashes", "1.0", "it crashes"),
        ("/yank 1.0 (1) it crashes", "1.0 (1)", "it crashes"),
        ('/yank app "1.1 (10)"', "1.1 (10)", None),
        ("/yank nightly app crashes", "1.2", "app crashes"),
        ("/yank app 1.4", "1.4", None),
        ("/yank app 1.0 (again)", "1.0", "(again)"),
        ("/yank app v1.0 (see below)", "1.0", "(see below)"),
    ],
)
def test_yanked(text, decided, reason):
    answer, world = say(text)
    assert answer.done
    [one] = world.decisions.decisions
    assert (one.version, one.reason, one.actor, one.link) == (decided, reason, "octocat", "https://c")


@pytest.mark.parametrize(
    ("text", "said", "done"),
    [
        ("/yank app 1.3", "Acme 1.3 is not published: It holds no app.", True),
        ("/yank app", "Which version of Acme? Known: `1.4`, `1.3`, `1.2`, `1.1`, `1.0`.", False),
        ("/yank app 1.22", "has no version `1.22`. Did you mean `1.2`?", False),
        ("/yank ap 1.2", "No app is called `ap` here. Did you mean `app`?", False),
        ("/pin app 1.3", "cannot be pinned: It holds no app.", False),
        ("/pin app 1.4", "cannot be pinned: it waits, see `/approve`", False),
        ("/pin app 1.0 now", "That is more than the command takes", False),
        ("/pin app 1.0 --until tomorrow", "`tomorrow` is none", False),
        ("/pin app 1.0 --until 2026-11-23", "`2026-11-23` is over", False),
        ("/pin app 1.0 --until 99999-01-01", "is none", False),
        ("/pin app 1.0 --until", "needs a value", False),
        ("/rollback app 1.4", "cannot come first: it waits for `/approve`", False),
        ("/rollback app 1.3", "cannot come first: It holds no app.", False),
        ("/rollback app 1.2", "Acme 1.2 comes first already", True),
        ("/approve app 1.0", "does not wait for an approval. Nothing changed. There: `1.4`.", False),
        ("/approve app 1.3", "does not wait, it is refused: It holds no app.", False),
        ("/unpin app 1.0 x", "That is more than the command takes", False),
        ("/unyank app 7", "has no version `7`", False),
        ("/promote", "No output of the catalog has `stage: true`", False),
        ("/resume x", "No app is called `x` here. Known: `app`.", False),
        ("/resume app x", "That is more than the command takes", False),
        ("/promote x", "No app is called `x` here. Known: `app`.", False),
        ("/resume", "Nothing is on hold. Nothing changed.", True),
        ("/yank app 1.0 (2)", "no version `1.0 (2)`. Did you mean `1.0 (1)`? Known: `1.0 (1)`.", False),
        ("/yank 1.1 (12) slow", "no version `1.1 (12)`. Known: `1.1 (11)`, `1.1 (10)`.", False),
        ("/approve app 1.4 (9)", "has no version `1.4 (9)`. Did you mean `1.4 (1)`?", False),
    ],
)
def test_nothing_is_decided(text, said, done):
    answer, world = say(text)
    assert said in answer.text
    assert answer.done is done
    assert world.intents == []


def test_a_time_is_taken_in_any_zone():
    _, world = say("/pin app 1.0 --until 2026-12-01T18:00+01:00")
    assert world.decisions.decisions[0].until == "2026-12-01T17:00:00Z"
    answer, world = say('/hold app --until "2026-12-01 18:00" tired')
    assert "Until 2026-12-01 18:00 UTC what comes new is kept back" in answer.text
    assert (world.decisions.decisions[0].until, world.decisions.decisions[0].reason) == (
        "2026-12-01T18:00:00Z",
        "tired",
    )


def test_a_rollback_names_builds_where_the_number_is_the_same():
    answer, world = say("/rollback app 1.1 (10)")
    assert "Yanked: `1.2`, `1.1 (11)`." in answer.text
    assert kinds(world) == [("yank", "1.2"), ("yank", "1.1 (11)")]
    answer, world = say("/rollback app nightly", world)
    assert kinds(world) == [("yank", "1.1 (11)")]
    assert "comes first now" not in answer.text, "that is an update"


def test_a_version_of_another_channel_cannot_come_first():
    beta = record(7, "2.0-beta").model_copy(update={"prerelease": True})
    channels = """
outputs: [{path: apps.json}, {path: beta.json, channels: [stable, beta]}]
apps: [{id: app, repository: acme/app, name: Acme, channels: [{channel: beta, prereleases: true}]}]
"""

    @dataclass
    class Channels(World):
        def standing(self, site):
            return replace(super().standing(site), records=(*RECORDS, beta))

    answer, world = say("/rollback app 2.0-beta", Channels(catalog=f"name: A{channels}"))
    assert "cannot come first: it is of a channel that the first output does not list" in answer.text
    assert not answer.done
    assert world.intents == []


def test_a_refused_file_gives_the_app_no_name():
    facts = Facts(bundle_identifier="x.y", name="Lite", version="9", build_version="1")
    other = record(9, "9", verdict=BAD).model_copy(update={"facts": facts})

    @dataclass
    class Unnamed(World):
        def standing(self, site):
            return replace(super().standing(site), records=(*RECORDS, other))

    answer, world = say("/hold app", Unnamed(catalog=CATALOG.replace(", name: Acme", "")))
    assert answer.text.startswith("**Hold Acme**")
    assert world.intents[0].title == "Hold Acme"


def test_a_site_on_hold_is_told_as_a_whole():
    _, world = say("/hold --all app reviews take long")
    assert [(d.app, d.reason) for d in world.decisions.decisions] == [(None, "app reviews take long")]
    answer, _ = say("/hold", world)
    assert answer.text.startswith("The whole site is on hold already, by octocat on ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/hold nope", "No app is called `nope` here. Known: `app`. For all apps, `--all` stands before the"),
        ("/hold holidays until Monday", "No app is called `holidays` here."),
        ('/hold "two words"', "No app is called `two words` here."),
        ("/hold al", "No app is called `al` here."),
        ("/hold app app broken", "One app a command"),
        ("/hold app until 2027-01-31.", "Did you mean `--until 2027-01-31.`?"),
        ("/resume nope", "No app is called `nope` here."),
        ("/promote nope", "No app is called `nope` here."),
        ("/yank app 1.0 1.2", "One version a command"),
        ("/yank app 1.0, v1.2 and so on", "One version a command"),
        ("/unhold app", "Did you mean `/resume`?"),
    ],
)
def test_what_may_have_been_meant_otherwise_is_refused(text, said):
    answer, world = say(text)
    assert said in answer.text
    assert not answer.done
    assert world.intents == []


@pytest.mark.parametrize("text", ["/hold appp", "/hold other is broken", "/hold --all holidays"])
def test_where_one_app_is_in_reach_the_name_of_another_is_no_reason(text):
    world = World(catalog=CATALOG + "  - {id: other, repository: acme/other, name: Other}\n")
    answer, world = say(text, world, place=APP)
    assert not answer.done
    assert world.intents == []
    answer, world = say("/hold waiting for a translation", world, place=APP)
    assert [(d.app, d.reason) for d in world.decisions.decisions] == [("app", "waiting for a translation")]


def test_the_name_of_an_app_may_be_written_as_in_a_sentence():
    _, world = say("/hold App, a bad day")
    assert [(d.app, d.reason) for d in world.decisions.decisions] == [("app", "a bad day")]


def test_what_is_only_just_approved_is_not_staged_yet():
    staging = CATALOG + "outputs: [{path: apps.json}, {path: beta.json, stage: true}]\n"
    answer, world = say("/promote app", World(catalog=staging))
    assert answer.text == "Nothing of Acme is staged. Nothing changed."
    say("/approve app 1.4", world)
    for text in ("/promote app", "/promote"):
        answer, _ = say(text, world)
        assert "is staged yet: what was just approved is with the next commit. Nothing" in answer.text
        assert not answer.done, "it is to be said again"
    assert [kind for kind, _ in kinds(world)] == ["approve"]


def test_a_hold_in_the_place_of_another_is_told():
    _, world = say("/hold app --until 2027-01-31 tired")
    answer, world = say("/hold app tired", world)
    assert "It takes the place of the hold until 2027-01-31 00:00 UTC (tired);" in answer.text
    assert [(d.kind.value, d.until) for d in world.decisions.decisions] == [("hold", None)]


def test_a_hold_that_stands_takes_over_another_end_and_another_reason():
    _, world = say("/hold app")
    for text, until, reason in (
        ("/hold app --until 2027-01-31", "2027-01-31T00:00:00Z", None),
        ("/hold app --until 2026-12-31 tired", "2026-12-31T00:00:00Z", "tired"),
        ("/hold app --until 2027-02-01", "2027-02-01T00:00:00Z", "tired"),
        ("/hold app rested", None, "rested"),
    ):
        answer, world = say(text, world)
        assert "It takes the place of the hold" in answer.text
        assert [(d.until, d.reason) for d in world.decisions.decisions] == [(until, reason)]
    answer, world = say("/hold app", world)
    assert "Acme is on hold already" in answer.text
    assert len(world.intents) == 5


def test_an_unpin_of_another_version_than_the_pinned_one_is_a_mistake():
    _, world = say("/pin app 1.0")
    answer, world = say("/unpin 1.2", world)
    assert answer.text == "Acme 1.2 is not pinned. Nothing changed. There: `1.0`."
    assert kinds(world) == [("pin", "1.0")]
    answer, world = say("/unpin v1.0", world)
    assert kinds(world) == []


def test_a_yank_of_what_is_pinned_says_so():
    _, world = say("/pin app 1.0")
    answer, world = say("/yank app 1.0", world)
    assert "It is pinned: that has no effect while it is yanked." in answer.text
    answer, _ = say("/yank app 1.2", world)
    assert "pinned" not in answer.text


def test_a_rollback_names_what_comes_later():
    staged = record(7, "1.5").model_copy(update={"staged_at": "2026-11-23T00:00:00Z"})

    @dataclass
    class Staged(World):
        def standing(self, site):
            return replace(super().standing(site), records=(*RECORDS, staged))

    stages = "outputs: [{path: apps.json}, {path: beta.json, stage: true}]\n"
    answer, world = say("/rollback app", Staged(catalog=CATALOG + stages))
    assert "Yanked: `1.2`. Not yanked, as not public yet: `1.5`, `1.4`." in answer.text
    say("/yank app 1.5", world)
    answer, _ = say("/rollback app 1.0", world)
    assert "Not yanked, as not public yet: `1.4`." in answer.text


def test_nothing_left_is_told():
    _, world = say("/rollback app 1.0")
    answer, world = say("/yank app 1.0", world)
    assert "No version of Acme is left" in answer.text
    assert "⚠️" in answer.text


def test_an_approval_names_the_build():
    _, world = say("/approve app 1.4")
    assert kinds(world) == [("approve", "1.4 (1)")]


def test_a_yank_of_a_version_that_is_gone_can_be_taken_back():
    old = Decision(kind="yank", app="app", version="0.1", actor="o", at="2026-01-01T00:00:00Z")
    answer, world = say("/unyank app 0.1", World(Decisions(decisions=(old,))))
    assert answer.done
    assert kinds(world) == []


def test_a_held_version_can_be_rolled_back_to_only_once_it_is_approved():
    held = Decision(kind="hold", app="app", actor="o", at="2026-01-03T12:00:00Z")
    answer, world = say("/rollback app 1.2", World(Decisions(decisions=(held,))))
    assert "is kept back by a hold" in answer.text
    answer, world = say("/approve app 1.2", world)
    assert kinds(world) == [("hold", None), ("approve", "1.2 (1)")]


def test_decisions_that_cannot_be_read_are_told_and_harmless():
    answer, world = say("/yank app 1.0", World(broken=True))
    assert not answer.done
    assert "cannot be used" in answer.text
    assert "@everyone" not in answer.text
    assert world.intents == []


@pytest.mark.parametrize(
    "verb", ["yank", "unyank", "rollback", "pin", "unpin", "hold", "resume", "approve", "promote"]
)
def test_a_role_is_needed_for_each(verb):
    needed = COMMANDS[verb].needs.value
    assert needed == ("maintain" if verb in {"approve", "promote"} else "write")
    below = {"write": "triage", "maintain": "write"}[needed]
    answer, world = say(f"/{verb} app 1.0", role=below)
    assert f"needs the role **{needed}**" in answer.text
    assert world.intents == []


HOSTILE = "@everyone </details> `x` <!-- y --> [a](http://b)"


@pytest.mark.parametrize(
    "text",
    [
        "/yank app 1.0 w", "/yank app 1.3", "/yank app 7", "/yank app", "/unyank app 1.0", "/unyank app",
        "/rollback app", "/rollback app 1.0", "/rollback app 1.2", "/rollback app 1.3", "/pin app 1.0",
        "/pin app 1.3", "/unpin app", "/hold app w", "/resume app", "/approve app 1.4", "/approve app 1.0",
        "/approve app 1.3", "/promote app", "/promote",
    ],
)  # fmt: skip
def test_an_apps_name_is_harmless_in_every_answer(text):
    catalog = CATALOG.replace("Acme", json.dumps(HOSTILE))
    before = World(catalog=catalog)
    for _ in range(2):  # the second time it is decided already
        answer, _ = say(text.replace(" w", f" {HOSTILE}"), before)
        for harm in ("@everyone", "</details>", "<!-- y", "](http://b)"):
            assert harm not in answer.text


def test_a_private_site_keeps_its_reasons_to_itself():
    @dataclass
    class Elsewhere(World):
        def standing(self, site):
            return replace(super().standing(site), hidden=True)

    answer, world = say("/yank app 1.0 a secret", Elsewhere())
    assert "acme/source" not in answer.text
    answer, _ = say("/yank app 1.0", world)
    assert answer.text == "Acme 1.0 is yanked already. Nothing changed."


def test_a_site_that_cannot_be_read_stops_no_other():
    @dataclass
    class Two(World):
        def standing(self, site):
            self.broken = site == "other/site@main"
            return super().standing(site)

    place = Place(
        "acme/app", tuple(Reach(site, ("app",), False) for site in ("other/site@main", "acme/source@main"))
    )
    world = Two()
    [request] = parse_commands("/yank 1.0", None)
    answer = answer_request(request, place, lambda: "write", world)
    assert answer.done
    assert "cannot be used" in answer.text
    assert kinds(world) == [("yank", "1.0")]


def test_a_version_with_an_endless_name_is_refused():
    long = record(9, "9" * 301)

    @dataclass
    class Long(World):
        def standing(self, site):
            return replace(super().standing(site), records=(long,))

    answer, world = say(f"/yank app {long.tag}", Long())
    assert "longer than a decision may write" in answer.text
    assert kinds(world) == []


def test_an_approval_is_for_what_its_author_could_see():
    @dataclass
    class Late(World):
        asked: float = 0

        def standing(self, site):
            return replace(super().standing(site), asked=self.asked)

    uploaded = datetime.fromisoformat("2026-01-06T00:00:00Z").timestamp()
    answer, world = say("/approve app 1.4", Late(asked=uploaded - 1))
    assert "The file of Acme 1.4 came after this comment" in answer.text
    assert kinds(world) == []
    say("/approve app 1.4", world := Late(asked=uploaded))
    assert [(d.version, d.at) for d in world.decisions.decisions] == [("1.4 (1)", "2026-01-06T00:00:00Z")]
    say("/hold app", world)
    assert world.decisions.decisions[1].at == "2026-11-23T10:33:20Z"
