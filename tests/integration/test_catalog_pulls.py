"""Pull requests that change the catalog or the decisions: what altpress says about them, and keeps saying."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from bot.enqueue.pace import take_turn
from bot.errors import BotError, NotReady
from bot.github import GitHub
from bot.github.reviews import PullState
from bot.records import DeliveryState
from config.settings import load_settings
from jobs.catalog_pull import MOST_OF_PULL, check_pull
from tests.installation import KEY, SITE, Installation, empty_stores, installation

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
CATALOG = "altpress.yml"


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It knows its site, which publishes one version."""
    installation.sweep()
    installation.hub.release("v1.0", notes="First.")
    installation.drain()
    assert '"version": "1.0"' in installation.hub.file("apps.json")
    return installation


def ask(bot: Installation, verb: str, path: str, **body: Any) -> dict[str, Any]:
    """What a person does on the site's page; the bot has heard of it when this returns."""
    done = dict(bot.hub.ask(verb, path, json={"repository": SITE, **body}))
    told, ends = set(done.get("guids", ())), time.monotonic() + 60
    while not told <= {row["guid"] for row in bot.hub.deliveries()}:
        assert time.monotonic() < ends, "the bot does not answer"
        time.sleep(0.02)
    return done


def push(
    bot: Installation, files: Mapping[str, str | None], *, branch: str = "change", repository: str = SITE,
    by: str = "maintainer",
) -> str:  # fmt: skip
    coded = {
        path: None if text is None else base64.b64encode(text.encode()).decode()
        for path, text in files.items()
    }
    body = {"repository": repository, "files": coded, "branch": branch, "as": by, "message": "Change"}
    return str(ask(bot, "POST", "pushes", **body)["sha"])


def open_pull(bot: Installation, head: str = "change", *, by: str = "maintainer", base: str = "main") -> int:
    body = {"head": head, "base": base, "as": by, "title": "Change the catalog"}
    return int(ask(bot, "POST", "pulls", **body)["number"])


def propose(bot: Installation, files: Mapping[str, str | None]) -> int:
    """A pull request with these files, and all that follows from it."""
    push(bot, files)
    number = open_pull(bot)
    bot.drain()
    return number


def edit_pull(bot: Installation, number: int, **fields: Any) -> None:
    ask(bot, "PATCH", f"pulls/{number}", **{"as": "maintainer", **fields})


def checks(bot: Installation, number: int) -> dict[str, Any]:
    return dict(bot.hub.ask("GET", "checks", params={"repository": SITE, "ref": f"#{number}"}))


def the_run(bot: Installation, number: int) -> dict[str, Any]:
    [run] = checks(bot, number)["check_runs"]
    return dict(run)


def said(bot: Installation, number: int) -> list[str]:
    return [comment["body"] for comment in bot.hub.get(f"/repos/{SITE}/issues/{number}/comments")]


def catalog(bot: Installation, old: str = "", new: str = "") -> str:
    """The catalog with other words."""
    text = bot.hub.file(CATALOG)
    assert old in text
    return text.replace(old, new) if old else text + new


def failed(bot: Installation) -> list[str | None]:
    return [d.reason for d in bot.store.deliveries.page(100) if d.state is DeliveryState.FAILED]


def test_what_merging_would_do_is_told_and_nothing_is_done(bot: Installation) -> None:
    before = bot.hub.git(SITE, "rev-parse", "main")
    number = propose(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Better Apps")})
    run = the_run(bot, number)
    assert (run["name"], run["status"], run["conclusion"]) == ("altpress", "completed", "success")
    assert (run["app"]["slug"], run["annotations"]) == ("altpress", [])
    assert "change" in run["output"]["title"]
    assert '+  "name": "Better Apps"' in run["output"]["text"]
    [comment] = said(bot, number)
    for words in ('-  "name": "Acme Apps"', '+  "name": "Better Apps"', "taken by altstore", "<details>"):
        assert words in comment
    assert comment.splitlines()[-1] == f"<!-- altpress:pull:{KEY}:{number} -->"
    assert bot.hub.git(SITE, "rev-parse", "main") == before
    assert failed(bot) == []
    ask(bot, "POST", f"pulls/{number}/merge")
    bot.drain()
    assert '"name": "Better Apps"' in bot.hub.file("apps.json"), "as it was said"
    assert said(bot, number) == [comment]


def test_an_output_that_would_be_left_behind_is_told(bot: Installation) -> None:
    """Who added its address would hear of nothing any more, and no commit says so."""
    number = propose(bot, {CATALOG: catalog(bot, "path: apps.json", "path: source.json")})
    assert "The catalog would no longer name `apps.json`: the file stays as it is" in said(bot, number)[0]
    ask(bot, "POST", f"pulls/{number}/merge")
    bot.drain()
    assert '"version": "1.0"' in bot.hub.file("source.json")
    assert '"version": "1.0"' in bot.hub.file("apps.json"), "as it was said"


def test_problems_stand_at_their_lines_until_they_are_mended(bot: Installation) -> None:
    text = catalog(
        bot, "    repository: acme/app\n", "    repository: acme/app\n    nmae: x\n    keep: many\n"
    )
    number = propose(bot, {CATALOG: text})
    run, lines = the_run(bot, number), text.splitlines()
    assert run["conclusion"] == "failure"
    assert run["output"]["title"] == f"2 problems in {CATALOG}"
    notes = {note["title"]: note for note in run["annotations"]}
    assert set(notes) == {"apps > 0 > nmae", "apps > 0 > keep"}
    for title, note in notes.items():
        assert (note["path"], note["annotation_level"]) == (CATALOG, "failure")
        assert title.rpartition(" ")[2] in lines[note["start_line"] - 1]
    assert "did you mean `name`?" in notes["apps > 0 > nmae"]["message"]
    [first] = said(bot, number)
    assert "nmae" in first
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Mended Apps")})
    bot.drain()
    assert the_run(bot, number)["conclusion"] == "success"
    [second] = said(bot, number)
    assert "nmae" not in second
    assert "Mended Apps" in second
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.problems == (), "the branch itself is as it was"


def test_what_leaves_the_files_alone_gets_no_word(bot: Installation) -> None:
    number = propose(bot, {"README.md": "Better words\n"})
    assert (said(bot, number), checks(bot, number)["check_runs"]) == ([], [])
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    bot.drain()
    assert len(said(bot, number)) == 1
    push(bot, {CATALOG: catalog(bot)})
    bot.drain()
    [now] = said(bot, number)
    assert "neither the catalog nor the decisions any more" in now
    assert failed(bot) == []


def test_a_run_that_is_asked_for_again_is_made_again(bot: Installation) -> None:
    number = propose(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    first, comments = the_run(bot, number), said(bot, number)
    [guid] = ask(bot, "POST", f"checks/{first['id']}/rerequest")["guids"]
    bot.drain()
    second = the_run(bot, number)
    assert second["id"] > first["id"]
    assert (second["external_id"], said(bot, number)) == (first["external_id"], comments)
    delivery = bot.store.deliveries.find(guid)
    assert delivery is not None
    assert (delivery.event, delivery.state) == ("check_run", DeliveryState.DONE)
    [guid] = ask(bot, "POST", f"checks/{second['id']}/rerequest", all=True)["guids"]
    bot.drain()
    delivery = bot.store.deliveries.find(guid)
    assert delivery is not None
    assert (delivery.event, delivery.state) == ("check_suite", DeliveryState.DONE)
    third = the_run(bot, number)
    assert third["id"] > second["id"]
    second = third
    check_pull.work(bot.context, KEY, number, None, None)
    assert the_run(bot, number)["id"] == second["id"], "nobody asked, and nothing is new"
    edit_pull(bot, number, state="closed")
    check_pull.work(bot.context, KEY, number, second["id"], None)
    assert the_run(bot, number)["id"] == second["id"], "a closed one is over"


def test_decisions_are_read_too(bot: Installation) -> None:
    yank = {"kind": "yank", "app": "app", "version": "1.0", "actor": "mia", "at": "2026-11-22T21:48:16Z"}
    good = json.dumps({"decisions": [yank]}, indent=2)
    number = propose(bot, {".altpress/decisions.json": good})
    assert the_run(bot, number)["conclusion"] == "success"
    [comment] = said(bot, number)
    assert '-          "version": "1.0"' in comment
    bad = json.dumps({"decisions": [yank, {**yank, "kind": "yanks", "at": "never"}]}, indent=2)
    push(bot, {".altpress/decisions.json": bad})
    bot.drain()
    run = the_run(bot, number)
    assert run["conclusion"] == "failure"
    found = {note["title"]: bad.splitlines()[note["start_line"] - 1] for note in run["annotations"]}
    assert '"yanks"' in found["decisions > 1 > kind"]
    assert '"never"' in found["decisions > 1 > at"]
    assert '"version": "1.0"' in bot.hub.file("apps.json")


def test_what_may_not_be_meant_so_is_a_warning(bot: Installation) -> None:
    """A version may be yanked before it is there, so nothing is refused; nor is it told twice."""
    yank = {"kind": "yank", "app": "app", "version": "1.00", "actor": "mia", "at": "2026-11-22T21:48:16Z"}
    text = json.dumps({"decisions": [yank]}, indent=2)
    number = propose(bot, {".altpress/decisions.json": text})
    run = the_run(bot, number)
    assert run["conclusion"] == "neutral"
    [note] = run["annotations"]
    assert (note["annotation_level"], note["path"]) == ("warning", ".altpress/decisions.json")
    assert '"1.00"' in text.splitlines()[note["start_line"] - 1]
    assert "is no version of `app` that is known (did you mean `1.0`?)" in note["message"]
    assert "perhaps not what is meant" in said(bot, number)[0]
    ask(bot, "POST", f"pulls/{number}/merge")
    bot.drain()
    assert bot.hub.get(f"/repos/{SITE}/comments") == []
    assert failed(bot) == []


def test_anybody_s_fork_is_read_and_nothing_that_it_names(bot: Installation) -> None:
    secret = {"repository": "acme/secret", "private": True, "description": "Merger with Umbrella"}
    coded = {"README.md": base64.b64encode(b"x").decode()}
    ask(bot, "POST", "repositories", **secret, files=coded)
    bot.drain()
    bot.store.repositories.forget("acme/secret")
    bot.hub.ask("POST", "forks", json={"repository": SITE, "as": "visitor"})
    added = "  - id: secret\n    repository: acme/secret\n    bundle-id: com.acme.secret\n"
    push(bot, {CATALOG: catalog(bot, new=added)}, repository="visitor/source", by="visitor")
    number = open_pull(bot, "visitor:change", by="visitor")

    asked: list[str] = []

    class Watched(GitHub):
        def fetch_repository(self, full_name: str) -> Any:
            asked.append(full_name)
            return super().fetch_repository(full_name)

    with bot.acting(Watched) as context:
        check_pull.work(context, KEY, number, None, None)
    assert "acme/secret" not in asked
    bot.drain()
    run = the_run(bot, number)
    assert run["conclusion"] == "success"
    [comment] = said(bot, number)
    assert "No release is known yet of `secret`" in comment
    assert "Umbrella" not in comment + run["output"]["text"]
    [guid] = ask(bot, "POST", f"checks/{run['id']}/rerequest")["guids"]
    bot.drain()
    delivery = bot.store.deliveries.find(guid)
    assert delivery is not None
    assert delivery.state is DeliveryState.DONE
    assert the_run(bot, number)["id"] > run["id"], "GitHub names no pull request of a fork"


def test_it_is_the_result_of_merging_that_counts(bot: Installation) -> None:
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Proposed")})
    bot.hub.push({CATALOG: catalog(bot, "description: Apps made", "description: Games made")})
    number = open_pull(bot)
    bot.drain()
    [comment] = said(bot, number)
    assert "What merging" in comment
    assert '"name": "Proposed"' in comment
    assert "Apps made" not in comment, "the base has moved since, and stays as it is"
    app = "  - id: second\n    repository: acme/app\n    tags: x\n"
    bot.hub.push({CATALOG: catalog(bot, "apps:\n", f"apps:\n{app}")})
    bot.drain()
    push(bot, {CATALOG: bot.hub.git(SITE, "show", f"change:{CATALOG}") + app})
    bot.drain()
    run = the_run(bot, number)
    assert (run["conclusion"], run["annotations"]) == ("failure", []), "each side alone is well"
    assert "once merged" in said(bot, number)[0]


@pytest.mark.long
def test_a_conflict_is_looked_at_as_far_as_it_goes(bot: Installation) -> None:
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Mine")})
    bot.hub.push({CATALOG: catalog(bot, "name: Acme Apps", "name: Yours")})
    number = open_pull(bot)
    bot.drain()
    assert the_run(bot, number)["conclusion"] == "neutral"
    [comment] = said(bot, number)
    assert "conflicts with `main`" in comment
    assert '+  "name": "Mine"' in comment


def test_it_waits_a_while_for_github_to_work_out_the_merge(bot: Installation) -> None:
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    number = open_pull(bot)

    class Slow(GitHub):
        def fetch_pull(self, repository: str, number: int) -> PullState:
            found = super().fetch_pull(repository, number)
            return PullState(
                found.number, found.open, found.base, found.head, found.branch, None, None, found.files
            )

    with bot.acting(Slow) as context:
        for _ in range(3):
            with pytest.raises(BotError) as caught:
                check_pull.work(context, KEY, number, None, None)
            assert caught.value.retry
        check_pull.work(context, KEY, number, None, None)
    assert "GitHub has not worked out yet" in said(bot, number)[0]
    bot.drain()
    assert "What merging" in said(bot, number)[0]


def test_of_two_heads_the_newest_wins(bot: Installation) -> None:
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: First")})
    number = open_pull(bot)

    class Overtaken(GitHub):
        """Somebody pushes while the files are being read."""

        def fetch_parents(self, repository: str, sha: str) -> tuple[str, ...]:
            push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Second")})
            return super().fetch_parents(repository, sha)

    with bot.acting(Overtaken) as context, pytest.raises(BotError) as caught:
        check_pull.work(context, KEY, number, None, None)
    assert caught.value.retry
    assert said(bot, number) == []
    bot.drain()
    [comment] = said(bot, number)
    assert '"name": "Second"' in comment
    assert the_run(bot, number)["conclusion"] == "success"


def test_with_a_token_it_is_a_commit_status(bot: Installation) -> None:
    token = bot.hub.sandbox.tokens["maintainer"]
    for name in ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY_FILE"):
        bot.monkeypatch.delenv(f"ALTPRESS_{name}")
    bot.monkeypatch.setenv("ALTPRESS_GITHUB_TOKEN", token)
    bot.monkeypatch.setenv("ALTPRESS_SITES", SITE)
    from jobs.runner import settings as cached

    cached.cache_clear()
    number = propose(bot, {CATALOG: catalog(bot, new="nonsense: 1\n")})
    found = checks(bot, number)
    assert found["check_runs"] == []
    [status] = found["statuses"]
    assert (status["context"], status["state"], status["creator"]["login"]) == (
        "altpress",
        "failure",
        "maintainer",
    )
    assert status["description"] == f"1 problem in {CATALOG}"
    [comment] = bot.hub.get(f"/repos/{SITE}/issues/{number}/comments")
    assert status["target_url"] == comment["html_url"]
    assert comment["user"]["login"] == "maintainer"
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    bot.drain()
    assert [row["state"] for row in checks(bot, number)["statuses"]] == ["success"]
    assert len(said(bot, number)) == 1
    assert load_settings().github_token is not None


def test_where_check_runs_are_refused_it_is_a_status(bot: Installation) -> None:
    rights = {"checks": "read", "statuses": "write"}
    bot.hub.change_installation(permissions=rights)
    number = propose(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    found = checks(bot, number)
    assert found["check_runs"] == []
    assert [(row["context"], row["creator"]["login"]) for row in found["statuses"]] == [
        ("altpress", "altpress[bot]")
    ]
    bot.hub.change_installation(permissions={"statuses": "none"})
    push(bot, {CATALOG: catalog(bot, new="nonsense: 1\n")})
    bot.drain()
    assert checks(bot, number)["statuses"] == []
    assert "nonsense" in said(bot, number)[0], "the comment needs other rights"
    assert failed(bot) == []


def test_who_pushes_without_end_has_to_wait(bot: Installation) -> None:
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    number = open_pull(bot)
    for _ in range(MOST_OF_PULL):
        take_turn(bot.context.queue.connection, f"pull:{KEY}:{number}", most=MOST_OF_PULL, seconds=600)
    with pytest.raises(NotReady) as caught:
        check_pull.work(bot.context, KEY, number, None, None)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 600
    assert (said(bot, number), checks(bot, number)["check_runs"]) == ([], [])


def test_a_site_whose_catalog_was_never_right_is_answered_too(installation: Installation) -> None:
    good = installation.hub.file(CATALOG)
    installation.hub.push({CATALOG: "nonsense: 1\n"})
    installation.sweep()
    number = propose(installation, {CATALOG: good})
    assert the_run(installation, number)["conclusion"] == "success"
    assert '+  "name": "Acme Apps"' in said(installation, number)[0]


@pytest.mark.long
def test_files_that_altpress_makes_are_not_to_be_changed_by_hand(bot: Installation) -> None:
    lock = bot.hub.file(".altpress/lock.jsonl")
    number = propose(bot, {".altpress/lock.jsonl": lock + "\n", "apps.json": "{}"})
    assert the_run(bot, number)["conclusion"] == "neutral"
    [comment] = said(bot, number)
    assert "`.altpress/lock.jsonl` is changed by hand" in comment
    assert "`apps.json` is made by altpress" in comment


@pytest.mark.long
def test_a_catalog_that_goes_is_told(bot: Installation) -> None:
    number = propose(bot, {CATALOG: None})
    assert the_run(bot, number)["conclusion"] == "neutral"
    assert "would hold no catalog" in said(bot, number)[0]


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\n" + "#" * 1_100_000, "larger than 1 MiB"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
         + "".join(f"{n}: &{n} [{','.join([f'*{o}'] * 9)}]\n" for o, n in zip("bcdef", "cdefg", strict=True)),
         "more than 20,000 values"),
        ('"@everyone </details> <!-- altpress:pull:x -->\\n/yank app 1.0": 1\n', "is no key here"),
    ],
    ids=["huge", "bomb", "markup"],
)  # fmt: skip
def test_hostile_files_are_told_and_harmless(bot: Installation, text: str, words: str) -> None:
    number = propose(bot, {CATALOG: text})
    run = the_run(bot, number)
    assert run["conclusion"] == "failure"
    assert words in run["annotations"][0]["message"]
    [comment] = said(bot, number)
    assert "@everyone" not in comment
    assert comment.count("<!--") == 1
    assert not any(line.startswith("/") for line in comment.splitlines())
    assert failed(bot) == []


@pytest.mark.long
def test_more_problems_than_one_request_takes(bot: Installation) -> None:
    decisions = [{"kind": "yanks"} for _ in range(30)]
    number = propose(bot, {".altpress/decisions.json": json.dumps({"decisions": decisions}, indent=1)})
    run = the_run(bot, number)
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert len(run["annotations"]) == 90  # kind, actor and at of each
    assert len({note["start_line"] for note in run["annotations"]}) == 60  # `kind`, and the decision itself


@pytest.mark.long
def test_a_pull_request_that_turns_to_another_branch_is_left(bot: Installation) -> None:
    push(bot, {"x.txt": "x"}, branch="other")
    number = propose(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    assert len(said(bot, number)) == 1
    edit_pull(bot, number, base="other")
    bot.drain()
    assert "neither the catalog nor the decisions any more" in said(bot, number)[0]
    edit_pull(bot, number, base="main")
    bot.drain()
    assert '"name": "Other"' in said(bot, number)[0]
