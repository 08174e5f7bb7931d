"""`altpress deliveries` on a real store."""

import json
from pathlib import Path

import pytest
import rq
from click.testing import CliRunner, Result
from redis import Redis

from bot.cli import cli
from bot.enqueue import Queue
from bot.enqueue.queue import id_of
from bot.enqueue.waits import WAITS
from bot.errors import BadSettings
from bot.records import Cause, CauseKind, Hosted, Job, Liveness, Publication
from bot.store import NewDelivery, Store
from bot.store.walk import walk_newest
from tests.installation import empty_stores

__all__ = ["empty_stores"]
NOW = 1_790_000_000_000
BODY = {
    "action": "published",
    "release": {"body": "evil \x1b[31m \x07 ghp_0123456789abcdefghijABCDEFGHIJ0123"},
}


@pytest.fixture
def ledger(store: Store, empty_stores: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    """A done, a failed and an ignored one, and the settings that lead there."""
    for name, value in empty_stores.items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    for number, guid in enumerate(("done", "failed", "waits")):
        headers = {"x-github-event": "release"}
        body = json.dumps(BODY).encode()
        store.deliveries.add(
            [NewDelivery(guid, "release", "published", "Acme/App", headers, body, NOW + number)]
        )
        store.deliveries.queue(guid, ["publish:acme/source@main"])
    store.deliveries.settle("done", "publish:acme/source@main", NOW + 5, "c" * 40)
    store.deliveries.fail("failed", "publish:acme/source@main", "The branch is \x1b[31mprotected.", NOW + 5)
    store.deliveries.add_ignored("ignored", "star", None, "acme/app", "not ours", NOW + 9)
    output = Hosted(path="apps.json", url="https://x", blob="0")
    cause = Cause(kind=CauseKind.RELEASE, delivery="done")
    store.publications.add(
        Publication(
            site="acme/source@main",
            commit="c" * 40,
            parent="p",
            subject="Publish Acme",
            causes=(cause,),
            at_ms=NOW,
            outputs=(output,),
        )
    )
    store.publications.set_live("acme/source@main", "c" * 40, Liveness.LIVE, NOW + 4_000)
    return store


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["deliveries", *arguments])


def listed(*arguments: str) -> list[str]:
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [one["guid"] for one in json.loads(result.output)]


@pytest.mark.parametrize(
    ("arguments", "guids"),
    [
        ([], ["ignored", "waits", "failed", "done"]),
        (["--limit", "2"], ["ignored", "waits"]),
        (["--state", "failed"], ["failed"]),
        (["--event", "release"], ["waits", "failed", "done"]),
        (["--event", "release.published", "--limit", "1"], ["waits"]),
        (["--event", "release.edited"], []),
        (["--repository", "ACME/app"], ["ignored", "waits", "failed", "done"]),
        (["--repository", "acme/other"], []),
        (["--since", "2026-09-21T14:13:20.001"], ["ignored", "waits", "failed"]),
        (["--since", "2h"], []),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_list_finds_what_is_asked_for(arguments: list[str], guids: list[str]) -> None:
    assert listed(*arguments) == guids


@pytest.mark.usefixtures("ledger")
def test_list_tells_people_what_came_of_each() -> None:
    lines = run("list").output.splitlines()
    rows = {line.split()[0]: line for line in lines}
    assert "commit ccccccc" in rows["done"]
    assert "waits for publish" in rows["waits"]
    assert "not ours" in rows["ignored"]
    assert "protected" in rows["failed"]
    assert "\x1b" not in "".join(lines), "foreign text cannot steer the terminal"
    assert run("list", "--state", "pending").output == "No delivery fits.\n"


@pytest.mark.usefixtures("ledger")
def test_show_tells_everything() -> None:
    output = run("show", "done").output
    for text in ("release.published", "Acme/App", "x-github-event", "Publish Acme", "live after 4 s"):
        assert text in output
    assert '"delivery": "done"' in output, "how to find it in the log"
    states = [
        line.split()[-1] for line in output.splitlines() if line.strip().startswith("20") and "UTC" in line
    ]
    assert states == ["pending", "queued", "done"]
    assert "ghp_0123" not in output
    assert "\x1b" not in output
    assert "the site's next publication" in run("show", "waits").output
    assert "no longer kept" in run("show", "ignored").output


@pytest.mark.usefixtures("ledger")
def test_show_gives_programs_the_payload_without_secrets() -> None:
    shown = json.loads(run("show", "done", "--json").output)
    assert shown["payload"]["action"] == "published"
    assert "ghp_0123" not in json.dumps(shown)
    assert [state for state, _ in shown["history"]] == ["pending", "queued", "done"]
    assert shown["commits"][0]["live"] == "live"


def test_replay_starts_work_again(ledger: Store) -> None:
    result = run("replay", "done", "FAILED")
    assert result.exit_code == 0
    assert [d.guid for d in ledger.deliveries.pending(10)] == ["done", "failed"]
    result = run("replay", "done", "ignored", "unknown")
    assert result.exit_code == 1
    assert "waits to be routed already" in result.output
    assert "no payload any more" in result.output
    assert "not in the ledger" in result.output
    assert "0 of 3" in result.output


def test_replay_of_what_failed(ledger: Store) -> None:
    assert "0 of 0" in run("replay", "--failed", "--since", "2h").output
    assert run("replay", "--failed").exit_code == 0
    assert [d.guid for d in ledger.deliveries.pending(10)] == ["failed"]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("arguments", [["replay"], ["replay", "x", "--failed"], ["list", "--since", "soon"]])
def test_what_makes_no_sense_is_said(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unknown_one_and_an_empty_directory_are_told(
    ledger: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del ledger
    assert "in the ledger" in str(run("show", "unknown").exception)
    monkeypatch.delenv("ALTPRESS_MONGO_URL")
    assert "altpress up" in str(run("--data", str(tmp_path), "list").exception)
    assert "altpress up" in str(run("list", "--data", str(tmp_path)).exception)
    assert str(tmp_path) in str(
        run("--data", "elsewhere", "show", "unknown", "--data", str(tmp_path)).exception
    )


GUIDS = ("3f2a1b4c-0000-4000-8000-000000000001", "3f2a1b4d-0000-4000-8000-000000000002")


@pytest.fixture
def long_ids(ledger: Store) -> Store:
    for number, guid in enumerate(GUIDS):
        body = json.dumps({f"key-{n}": "long word" * 20 for n in range(90)}).encode()
        ledger.deliveries.add([NewDelivery(guid, "release", "published", "acme/app", {}, body, NOW + number)])
        ledger.deliveries.queue(guid, [f"ingest:acme/source@main:acme/app:{number}:{guid}"])
    return ledger


def test_first_letters_stand_for_a_delivery(long_ids: Store) -> None:
    assert GUIDS[0] in run("show", "3F2A1B4C").output
    several = str(run("show", "3f2a1b").exception)
    assert all(guid in several for guid in GUIDS)
    assert "more of its letters" in several
    assert "in the ledger" in str(run("show", "3f2a1").exception), "five are too few"
    assert "in the ledger" in str(run("show", "3f2a1b4e").exception)
    assert isinstance(run("replay", "3f2a1b", GUIDS[0]).exception, BadSettings)
    assert long_ids.deliveries.pending(10) == [], "nothing starts when one of them is not clear"
    assert f"{GUIDS[1]} starts again" in run("replay", "3f2a1b4d", GUIDS[1]).output
    assert [one.guid for one in long_ids.deliveries.pending(10)] == [GUIDS[1]]


@pytest.mark.usefixtures("long_ids")
def test_a_narrow_output_that_is_no_terminal_has_whole_lines() -> None:
    runner = CliRunner(env={"COLUMNS": "60"})
    lines = runner.invoke(cli, ["deliveries", "list"]).output.splitlines()
    assert any(GUIDS[0] in line and "acme/app" in line and "waits for ingest" in line for line in lines)
    assert not any(line.endswith(" ") for line in lines)
    shown = runner.invoke(cli, ["deliveries", "show", GUIDS[0]]).output
    assert f"ingest:acme/source@main:acme/app:0:{GUIDS[0]}" in shown


@pytest.mark.usefixtures("long_ids")
def test_a_narrow_terminal_gets_ellipses() -> None:
    runner = CliRunner(env={"COLUMNS": "81", "FORCE_COLOR": "1", "TERM": "xterm"})
    lines = runner.invoke(cli, ["deliveries", "list"]).output.splitlines()
    assert len(lines) == 1 + 6, "a line each"
    rows = [line for line in lines if "3f2a1b4" in line]
    assert len(rows) == 2
    assert all("queued" in row and "release.published" in row and "acme/app" in row for row in rows)
    assert [row.split()[0] for row in rows] == ["3f2a1b4d…", "3f2a1b4c…"]


@pytest.mark.usefixtures("long_ids")
def test_a_payload_is_an_excerpt_or_left_out() -> None:
    shown = run("show", GUIDS[0]).output
    assert sum("key-" in line for line in shown.splitlines()) == 39
    assert "52 more lines: --json has them all" in shown
    assert "Payload" not in run("show", GUIDS[0], "--no-payload").output
    assert "payload" not in json.loads(run("show", GUIDS[0], "--json", "--no-payload").output)


def test_what_queued_work_waits_for_is_said(long_ids: Store, redis_client: Redis) -> None:
    queue, token = Queue(redis_client, publish_interval=30), f"ingest:acme/source@main:acme/app:0:{GUIDS[0]}"
    args = ("acme/source@main", "acme/app", 0, GUIDS[0])
    job = Job(name="ingest", args=args, delivery=GUIDS[0], site="acme/source@main")
    assert job.token == token
    queue.enqueue(job, delay=500)
    assert "alive" in run("show", GUIDS[0]).output
    put_off = rq.job.Job.fetch(
        id_of(token, GUIDS[0]), connection=queue.connection, serializer=queue.rq.serializer
    )
    put_off.meta[WAITS] = "GitHub asks for a pause."
    put_off.save_meta()
    rows = [line for line in run("list").output.splitlines() if "waits: GitHub asks for a pause." in line]
    assert [row.split()[0] for row in rows] == [GUIDS[0]]
    assert "waits: GitHub asks for a pause." in run("show", GUIDS[0]).output
    assert long_ids.deliveries.find(GUIDS[0]) is not None


def test_the_walk_meets_each_once_however_many_came_at_once(store: Store) -> None:
    times = [NOW, NOW + 1, NOW + 1, NOW + 1, NOW + 2, NOW + 2, NOW + 3]
    for number, at in enumerate(times):
        store.deliveries.add([NewDelivery(str(number), "push", None, None, {}, b"{}", at)])
    for page in (4, 5, 50):
        found = [one.guid for one in walk_newest(store.deliveries, page=page)]
        assert sorted(found) == sorted(map(str, range(len(times))))
