"""What `/status` tells, of whom, and to whom."""

import re
from dataclasses import dataclass, field

import pytest
from markdown_it import MarkdownIt

from bot.catalog import parse_catalog
from bot.commands import Place, Reach, SiteFacts, answer_request, parse_commands
from bot.decisions import Decision, Decisions
from bot.records import Delivery, DeliveryState, Facts, Proposal, Publication, Record, Verdict
from bot.replies import WaitingRelease
from tests.fake_store import site_state

NOW = 1_795_384_800_000  # 2026-11-22 22:00 UTC
HOUR = 3_600_000
CATALOG = """
name: Acme
apps:
  - {id: acme, repository: acme/app}
  - {id: beta, repository: acme/beta, bundle-id: com.acme.beta}
"""
KEY = "acme/source@main"
UNDECIDED = Decisions()
SITE = Place("acme/source", (Reach(KEY, ("acme", "beta"), whole=True),))
APP = Place("acme/app", (Reach(KEY, ("acme",), whole=False),))
HOSTILE = "`x` @all </details> <!-- [a](https://e.example) #1 | **b**\n/yank acme\n@bot go\n\n# big"


def record(number, **changes):
    when = "2026-11-22T21:00:00Z"
    version = changes.pop("version", "1.0")
    values = {
        "repository_id": 1, "asset_id": number, "app": "acme", "repository": "acme/app", "release_id": number,
        "tag": f"v{version}", "release_url": f"https://github.com/acme/app/releases/tag/v{version}",
        "asset_name": "Acme.ipa", "size": 9, "download_url": f"https://github.com/acme/app/{number}.ipa",
        "published_at": when, "updated_at": when,
        "facts": Facts(bundle_identifier="com.acme.app", name="Acme", version=version, build_version="7"),
    }  # fmt: skip
    return Record(**{**values, **changes})


def rejected(number, **changes):
    verdict = Verdict(accepted=False, code="bad_ipa.no_app", reason="There is no app in it.")
    return record(number, **{"verdict": verdict, "facts": None, **changes})


def document(*versions, bundle="com.acme.app"):
    return {"apps": [{"bundleIdentifier": bundle, "versions": list(versions)}]}


def version(number, name="1.0", **changes):
    url = f"https://github.com/acme/app/{number}.ipa"
    return {
        "version": name,
        "buildVersion": "7",
        "date": "2026-11-22T21:00:00Z",
        "downloadURL": url,
        **changes,
    }


def publication(**changes):
    values = {
        "site": KEY, "commit": "0123456789abcdef", "parent": "0", "subject": "Publish Acme 1.0", "causes": (),
        "at_ms": NOW - 2 * HOUR,
    }  # fmt: skip
    return Publication(**{**values, **changes})


def failure(reason):
    return Delivery(guid="g", event="release", state=DeliveryState.FAILED, received_ms=NOW, reason=reason)


@dataclass
class World:
    """The port: one site, as these values say."""

    records: list = field(default_factory=list)
    published: dict | None = None
    publication: Publication | None = None
    waiting: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    private: frozenset = frozenset()
    site_private: bool = False
    problems: tuple = ()
    catalog: str = CATALOG
    generation: int = 0
    proposal: Proposal | None = None
    decisions: Decisions | None = UNDECIDED
    put_off_ms: int | None = None

    def now_ms(self):
        return NOW

    def look(self, site, apps):
        state = site_state("acme/source", "acme/app", "acme/beta")
        repository = state.repository.model_copy(update={"private": self.site_private})
        changes = {"repository": repository, "problems": self.problems, "generation": self.generation}
        changes["proposal"] = self.proposal
        return SiteFacts(
            state=state.model_copy(update=changes), catalog=parse_catalog(self.catalog), records=self.records,
            published=self.published, publication=self.publication, waiting=self.waiting, failed=self.failed,
            private=self.private, decisions=self.decisions, put_off_ms=self.put_off_ms,
        )  # fmt: skip


def status(world, text="/status", place=SITE):
    [request] = parse_commands(text, "altpress")
    return answer_request(request, place, lambda: "none", world)


def line_of(text, start):
    [line] = [line for line in text.splitlines() if line.strip().startswith(start)]
    return line.strip()


def test_a_site_without_anything_says_so():
    text = status(World()).text
    assert text.startswith("**`acme/source@main`**: altpress has published nothing here yet.")
    assert line_of(text, "- **`acme`**").endswith("nothing published yet.")


def test_outputs_without_a_known_publication_tell_of_an_emptied_database():
    text = status(World(published={"apps": []})).text
    assert "nothing here yet" not in text
    assert (
        "no publication is known here (the database may have been emptied: `altpress rebuild-state`)." in text
    )


WAITS = Proposal(number=7, url="https://github.com/acme/source/pull/7", subject="Publish Acme 1.1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Waits in [pull request 7](https://github.com/acme/source/pull/7) for somebody to"),
        (
            {"declined": True},
            "Somebody closed [pull request 7](https://github.com/acme/source/pull/7) without",
        ),
    ],
)
def test_what_waits_in_a_pull_request_is_told(changes, words):
    world = World(proposal=WAITS.model_copy(update=changes))
    assert words in status(world).text
    private = World(proposal=WAITS.model_copy(update=changes), site_private=True)
    assert "pull request" not in status(private, place=APP).text


def test_a_site_where_nothing_waits_tells_of_no_pull_request():
    assert "pull request" not in status(World(proposal=Proposal())).text


def test_the_newest_published_version_is_named_with_its_age_and_release():
    world = World(
        [record(1), record(2, version="1.1")], document(version(2, "1.1"), version(1)), publication()
    )
    text = status(world).text
    assert line_of(text, "- **`acme`**") == (
        "- **`acme`** (`com.acme.app`): 1.1 (7), release "
        "[v1.1](https://github.com/acme/app/releases/tag/v1.1), 2026-11-22 21:00 UTC (1 hour ago)."
    )
    assert "[0123456](https://github.com/acme/source/commit/0123456789abcdef)" in text
    assert "2026-11-22 20:00 UTC (2 hours ago): Publish Acme 1.0." in text


def test_what_is_published_is_read_from_the_document_not_from_the_records():
    world = World([record(1), record(2, version="1.1")], document(version(1)))
    assert "1.0 (7), release [v1.0]" in line_of(status(world).text, "- **`acme`**")


def test_an_app_that_was_taken_over_by_its_bundle_id_has_a_version_without_a_release():
    entry = {"version": "0.9", "date": "2020-01-01", "downloadURL": "https://old.example/a.ipa"}
    world = World(published=document(entry, bundle="com.acme.beta"))
    line = line_of(status(world, "/status beta").text, "- **`beta`**")
    assert line == "- **`beta`** (`com.acme.beta`): 0.9, 2020-01-01 00:00 UTC (6 years ago)."


def test_what_waits_is_told_with_its_reason():
    waits = WaitingRelease(
        "acme", "v2.0", "https://github.com/r", "acme/app v2.0: no file matches *.ipa", NOW - 120_000
    )
    line = line_of(status(World(waiting=[waits])).text, "- waits")
    reason = "acme/app v2.0: no file matches \\*.ipa"
    assert line == f"- waits: [v2.0](https://github.com/r): {reason} (first seen 2 minutes ago)"
    unknown = WaitingRelease("acme", None, None, None, NOW)
    assert "a release, which is being read (first seen just now)" in status(World(waiting=[unknown])).text


def test_what_was_rejected_is_told_newest_first_and_bounded():
    records = [rejected(n, tag=f"v{n}", published_at=f"2026-11-{n:02}T00:00:00Z") for n in range(1, 9)]
    text = status(World(records)).text
    told = [line for line in text.splitlines() if "rejected: " in line]
    assert [f"[v{n}]" in line for n, line in zip((8, 7, 6, 5, 4), told, strict=True)] == [True] * 5
    assert "There is no app in it. (`bad_ipa.no_app`)" in told[0]
    assert "… and 3 more rejected" in text


def test_problems_failures_and_what_is_due_are_told_in_the_site_alone():
    world = World(problems=("line 3: bad",), failed=[failure("No rights.")] * 2, generation=2)
    text = status(world).text
    assert "The catalog cannot be read; the last valid one is in force:\n\n- line 3: bad" in text
    assert text.count("No rights.") == 1
    assert "The next publication is due, for 2 reasons." in text
    elsewhere = status(world, place=APP).text
    assert "line 3" not in elsewhere
    assert "No rights." not in elsewhere


def decided(kind, version=None, app="acme", **changes):
    values = {"kind": kind, "app": app, "version": version, "actor": "mia", "at": "2026-11-22T19:00:00Z"}
    return Decision.model_validate({**values, **changes})


def test_what_is_decided_is_told_with_who_when_and_why():
    link = "https://github.com/acme/source/issues/1#issuecomment-7"
    found = [
        decided("yank", "1.1", reason="crashes", link=link),
        decided("pin", "1.0", until="2026-12-01T00:00:00Z"),
        decided("hold"),
        decided("hold", app=None, reason="holidays"),
        decided("yank", "2.0", app="beta"),
    ]
    world = World([record(1)], document(version(1)), decisions=Decisions(decisions=tuple(found)))
    text = status(world, "/status acme").text
    age = "2026-11-22 19:00 UTC (3 hours ago)"
    assert f"  - yanked: 1.1, by mia, [2026-11-22 19:00 UTC \\(3 hours ago\\)]({link}): crashes" in text
    assert f"  - pinned at 1.0, by mia, {age}, until 2026-12-01 00:00 UTC" in text
    assert f"  - on hold, by mia, {age}" in text
    assert f"The whole site is held:\n\n- on hold, by mia, {age}: holidays" in text
    assert "2.0" not in text
    hidden = World(decisions=Decisions(decisions=tuple(found)), site_private=True)
    assert "issuecomment" not in status(hidden, place=APP).text


def test_what_is_kept_back_is_told_with_what_lets_it_through():
    verdict = Verdict(accepted=False, code="waiting.approval", reason="acme 1.2 waits for approval.")
    waits = record(2, version="1.2", verdict=verdict)
    staged = record(3, version="1.3", staged_at="2026-11-22T21:00:00Z")
    text = status(World([record(1), waits, staged], document(version(1)))).text
    assert "  - waits: 1.2 \\(7\\) of [v1.2](" in text
    assert "acme 1.2 waits for approval. `/approve acme 1.2 (7)`" in text
    assert "  - waits: 1.3 \\(7\\) of [v1.3](" in text
    assert "`/promote acme`" in text
    assert "rejected" not in text


def test_a_staged_version_tells_until_when_by_itself():
    staged = record(3, version="1.3", staged_at="2026-11-22T21:00:00Z")
    world = World([record(1), staged], document(version(1)))
    assert "It is in the stage: /promote makes it public. `/promote acme`" in status(world).text
    stages = "promote-after: 24h\noutputs: [{path: apps.json}, {path: beta.json, stage: true}]\n"
    world.catalog = f"{CATALOG}\n{stages}"
    told = "It is in the stage until 2026-11-23 21:00 UTC: /promote makes it public at once. `/promote acme`"
    assert told in status(world).text


def test_decisions_that_cannot_be_read_are_told():
    assert "The decisions cannot be read: nothing is published" in status(World(decisions=None)).text


def test_a_publication_that_waits_for_githubs_limits_says_until_when():
    text = status(World(put_off_ms=NOW + 120_000, generation=1)).text
    assert "for 1 reason. It waits for GitHub's limits of writes, until 2026-11-22 22:02 UTC." in text


def test_failures_are_told_once_with_their_age_and_what_to_write():
    text = status(World(failed=[failure("No rights.")] * 3)).text
    assert "- No rights. (2026-11-22 22:00 UTC (just now), and 2 more like it; `/retry g`)" in text


def test_in_an_apps_repository_only_that_app_is_told():
    text = status(World([record(1)], document(version(1))), place=APP).text
    assert "**`acme`**" in text
    assert "beta" not in text


def test_the_named_app_alone_is_told():
    assert "**`acme`**" not in status(World(), "/status BETA").text
    refused = status(World(), "/status betta")
    assert not refused.done
    assert "Did you mean `beta`? Known: `acme`, `beta`." in refused.text


def test_releases_of_a_private_repository_are_counted_not_named_elsewhere():
    secret = rejected(2, tag="v9-secret", asset_name="Secret.ipa")
    waits = WaitingRelease("acme", "v8-secret", "https://x.example", "secret", NOW)
    world = World([record(1), secret], document(version(1)), waiting=[waits], private=frozenset({"acme/app"}))
    text = status(world).text
    assert "secret" not in text.lower()
    assert "rejected: 1 release (its repository is private: ask there)" in text
    assert "1.0 (7), 2026-11-22" in text
    assert "v9-secret" in status(world, place=APP).text


def test_a_private_site_is_not_named_elsewhere():
    world = World(publication=publication(), site_private=True)
    text = status(world, place=APP).text
    assert "acme/source" not in text
    assert text.startswith("**A private source**: last published 2026-11-22 20:00 UTC (2 hours ago).")
    assert "acme/source" in status(world).text


@pytest.mark.parametrize(
    "published", [{}, {"apps": 7}, {"apps": [7, {"versions": {}}, {"versions": [None]}]}]
)
def test_a_document_of_any_shape_is_no_bug(published):
    assert "nothing published yet" in status(World([record(1)], published)).text


def test_foreign_text_says_nothing_of_its_own():
    evil = rejected(
        3, tag=HOSTILE, asset_name=HOSTILE, release_url="https://e.example/) @all <b>", notes=HOSTILE,
        verdict=Verdict(accepted=False, code=HOSTILE, reason=HOSTILE),
    )  # fmt: skip
    waits = WaitingRelease("acme", HOSTILE, "javascript:x", HOSTILE, NOW)
    entry = version(1, HOSTILE, buildVersion=HOSTILE, date=HOSTILE)
    world = World(
        [record(1, tag=HOSTILE), evil], document(entry, bundle=HOSTILE),
        publication(subject=HOSTILE, commit=HOSTILE), waiting=[waits], failed=[failure(HOSTILE)],
        problems=(HOSTILE,),
    )  # fmt: skip
    text = status(world).text
    children = [child for token in MarkdownIt().parse(text) for child in token.children or ()]
    assert not [c for c in children if c.type == "text" and re.search(r"[@#]\w", c.content)]
    kinds = {child.type for child in children}
    assert kinds <= {"text", "text_special", "softbreak", "code_inline", "strong_open", "strong_close",
                     "link_open", "link_close"}  # fmt: skip
    assert {token.type for token in MarkdownIt().parse(text)}.isdisjoint({"html_block", "heading_open"})
    assert not [line for line in text.splitlines() if line.strip().startswith(("/", "@"))]
    assert parse_commands(text, "bot") == ()
