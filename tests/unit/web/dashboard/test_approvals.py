"""Versions that wait, on a site's page, and the button that lets them through."""

import pytest
from flask.testing import FlaskClient

from bot.catalog import parse_catalog
from bot.context import Context
from bot.decisions import AddDecision
from bot.records import Cause, CauseKind, DecisionRequest, Record, RequestProgress, RequestState, Verdict
from bot.web.dashboard.view_waits import build_waits, render_approval
from tests.unit.web.dashboard.conftest import send
from tests.unit.web.dashboard.test_pages import CATALOG, JSON, KEY, save_site
from tests.unit.web.dashboard.test_views import NOW, PAGES, apps
from tests.unit.web.dashboard.test_views import record as one

REASON = "app 2.0 waits for approval: it asks for more than 1.0, the entitlement <b>a</b>."
WAITS = Verdict(accepted=False, code="waiting.approval", reason=REASON)
COOLS = Verdict(accepted=False, code="waiting.cooldown", reason="app 2.0 cools down.")


def record(version: str, **changes: object) -> Record:
    return one(version, app="app", **{"updated_at": "2026-11-23T00:00:00Z", **changes})


@pytest.fixture
def waiting(context: Context) -> Record:
    save_site(context)
    found = record("2.0", verdict=WAITS)
    for known in (record("1.0"), found):
        context.store.records.save(KEY, known)
    return found


def requests(context: Context) -> list[DecisionRequest]:
    return [progress.request for progress in context.store.decision_edits.pending(KEY)]


def test_a_waiting_version_is_listed_with_its_reason(client: FlaskClient, waiting: Record) -> None:
    page = client.get(f"/sites/{KEY}").text
    assert "Versions that wait" in page
    assert f'name="file" value="{waiting.key}"' in page
    assert "the entitlement &lt;b&gt;a&lt;/b&gt;." in page
    assert "Newest refused" not in page


def test_without_one_there_is_no_such_list(client: FlaskClient, context: Context) -> None:
    save_site(context)
    context.store.records.save(KEY, record("1.0"))
    assert "Versions that wait" not in client.get(f"/sites/{KEY}").text


def test_the_button_asks_for_a_decision(client: FlaskClient, context: Context, waiting: Record) -> None:
    answer = send(client, "/approve", site=KEY, file=waiting.key)
    assert (answer.status_code, answer.location) == (303, f"/sites/{KEY}")
    assert "Approve One 2.0 (7) is under way" in client.get(f"/sites/{KEY}").text
    [asked] = requests(context)
    [edit] = asked.edits
    assert isinstance(edit, AddDecision)
    decision = edit.decision
    assert (decision.kind, decision.app, decision.version) == ("approve", "app", "2.0 (7)")
    assert decision.seen == "2026-11-23T00:00:00Z", "the file that was shown, and none after it"
    assert (decision.actor, asked.actor, asked.title) == ("dashboard", "dashboard", "Approve One 2.0 (7)")
    cause = Cause(kind=CauseKind.COMMAND, actor="dashboard", text="/approve app 2.0")
    state = context.store.sites.find(KEY)
    assert state is not None
    assert cause in state.causes
    assert [job.meta["site"] for job in context.queue.rq.jobs] == [KEY], "a publish"


def test_a_second_press_joins_the_first(client: FlaskClient, context: Context, waiting: Record) -> None:
    answers = [send(client, "/approve", site=KEY, file=waiting.key, headers=JSON) for _ in range(2)]
    assert len({answer.json["poll"] for answer in answers}) == 1
    [asked] = requests(context)
    poll = answers[0].json["poll"]
    assert client.get(poll, headers=JSON).json["label"] == "Publishing"
    context.store.decision_edits.settle(KEY, asked.id, RequestState.COMMITTED, NOW, commit="a" * 40)
    told = client.get(poll, headers=JSON).json
    assert (told["label"], told["settled"], told["link"]["text"]) == ("Approved", True, "aaaaaaa")
    assert told["link"]["url"].endswith(f"/acme/source/commit/{'a' * 40}")


@pytest.mark.parametrize("file", ["", "1", "1:10", "1:999", "1:x", "1:²", "../1:20", "9" * 99 + ":1"])
def test_what_does_not_wait_is_refused(
    client: FlaskClient, context: Context, waiting: Record, file: str
) -> None:
    assert send(client, "/approve", site=KEY, file=file).status_code == 404
    assert requests(context) == []
    assert send(client, "/approve", site="acme/other@main", file=waiting.key).status_code == 404


def test_nobody_approves_without_a_session_or_a_token(
    client: FlaskClient, context: Context, waiting: Record
) -> None:
    assert client.post("/approve", data={"site": KEY, "file": waiting.key}).status_code in {400, 403}
    client.delete_cookie("altpress")
    with client.session_transaction() as session:
        session.clear()
    assert send(client, "/approve", site=KEY, file=waiting.key).status_code in {303, 400, 401}
    assert requests(context) == []


def test_a_version_that_no_decision_can_name_is_refused(client: FlaskClient, context: Context) -> None:
    save_site(context)
    long = record("2.0", verdict=WAITS)
    assert long.facts is not None
    long = long.model_copy(update={"facts": long.facts.model_copy(update={"version": "1" * 400})})
    context.store.records.save(KEY, long)
    assert send(client, "/approve", site=KEY, file=long.key).status_code == 400
    assert requests(context) == []


# ---- the views ----------------------------------------------------------------------------------------


def test_only_what_waits_is_listed_newest_first() -> None:
    refused = record("4.0", verdict=Verdict(accepted=False, code="client.altstore.x"))
    stray = record("5.0", verdict=WAITS).model_copy(update={"app": "gone"})
    known = [record("1.0"), record("2.0", verdict=WAITS), record("3.0", verdict=COOLS), refused, stray]
    views = build_waits(parse_catalog(CATALOG), known, NOW)
    assert [(v.version.text, v.badge.label) for v in views] == [
        ("3.0 (7)", "Cools down"), ("2.0 (7)", "Waits for approval"),
    ]  # fmt: skip


def test_an_app_shows_what_waits_and_what_is_staged() -> None:
    waits = one("2.0", verdict=WAITS)
    app, _ = apps([one("1.0"), waits])
    assert (app.badge.label, app.note) == ("Waits for approval", REASON)
    assert app.version is not None
    assert app.version.text == "1.0 (7)"
    staged = one("2.0", staged_at="2026-11-23T00:00:00Z")
    app, _ = apps([one("1.0"), staged])
    assert (app.badge.label, app.note) == ("Published", "2.0 (7) is in the stage.")
    app, _ = apps([staged])
    assert (app.badge.label, app.version) == ("In the stage", None)


def progress(state: RequestState = RequestState.PENDING, **more: object) -> RequestProgress:
    cause = Cause(kind=CauseKind.COMMAND)
    asked = DecisionRequest(id="x", edits=(), title="t", actor="dashboard", cause=cause, at_ms=1)
    return RequestProgress(request=asked, state=state, **more)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("found", "label", "text", "settled"),
    [
        (None, "Failed", "The database no longer knows of it: press again.", True),
        (progress(), "Publishing", "Publishing …", False),
        (progress(reason="It waits in pull request #3.", pull="https://github.com/a/b/pull/3"),
         "Waiting", "It waits in pull request #3.", True),
        (progress(blocked=True, reason="It is protected."), "Waiting", "It is protected.", True),
        (progress(RequestState.UNCHANGED), "Approved", "It is approved.", True),
        (progress(RequestState.COMMITTED, commit="b" * 40), "Approved", "Published as", True),
        (progress(RequestState.REFUSED, reason="No."), "Failed", "No.", True),
    ],
)  # fmt: skip
def test_what_came_of_it_is_told(found: RequestProgress | None, label: str, text: str, settled: bool) -> None:
    told = render_approval(found, PAGES, KEY)
    assert (told["label"], told["text"], told["settled"]) == (label, text, settled)


def test_a_pull_request_is_linked_if_it_is_an_address() -> None:
    evil = render_approval(progress(pull="javascript:x"), PAGES, KEY)
    assert evil["link"] is None
