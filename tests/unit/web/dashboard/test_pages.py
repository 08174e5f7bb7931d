"""The pages and buttons over real stores."""

import json

from flask.testing import FlaskClient

from bot.context import Context
from bot.enqueue import Outcome, Outcomes
from bot.records import Cause, CauseKind, Job, Publication, RepositoryFacts, Site
from bot.sandbox.make_ipa import draw_icon
from bot.store import NewDelivery
from tests.unit.web.dashboard.conftest import send

KEY = "acme/source@main"
CATALOG = "name: Acme\napps:\n  - {id: app, repository: acme/app}\n"
JSON = {"Accept": "application/json"}


def save_site(context: Context, **changes: object) -> None:
    facts = RepositoryFacts(
        id=1, full_name="acme/source", owner="acme", private=False, default_branch="main", html_url="x"
    )
    seen = {"head": "h", "catalog_sha": "s", "catalog": CATALOG, "apps": ["acme/app"], **changes}
    context.store.sites.save(Site(repository="acme/source", branch="main"), facts, **seen)  # type: ignore[arg-type]


def add_deliveries(context: Context, count: int) -> None:
    context.store.deliveries.add(
        [
            NewDelivery(f"{n:08d}-0", "release", "published", "acme/app", {}, b"{}", 1000 + n)
            for n in range(count)
        ]
    )


def test_empty_pages_say_what_to_do_next(client: FlaskClient) -> None:
    assert "altpress init" in client.get("/").text
    assert "altpress doctor" in client.get("/deliveries").text
    assert "Publish a release" in client.get("/publications").text


def test_a_broken_catalog_is_told_with_its_problems(client: FlaskClient, context: Context) -> None:
    save_site(context, catalog=None, problems=["line 3: <script> is no key"])
    page = client.get(f"/sites/{KEY}").text
    assert "line 3: &lt;script&gt; is no key" in page
    assert "Rebuild all" not in page
    assert "line 3: &lt;script&gt;" in client.get("/").text
    assert send(client, "/rebuild", site=KEY).status_code == 400


def test_deliveries_come_in_pages(client: FlaskClient, context: Context) -> None:
    add_deliveries(context, 35)
    first = client.get("/deliveries").text
    assert first.count("<tr data-row") == 30
    assert "before=1005" in first
    older = client.get("/deliveries?before=1005").text
    assert older.count("<tr data-row") == 5
    assert "Older" not in older
    assert client.get("/deliveries?state=failed").text.count("<tr data-row") == 0
    assert client.get("/deliveries?state=nonsense&before=x").status_code == 200


def test_a_failed_delivery_is_retried(client: FlaskClient, context: Context) -> None:
    add_deliveries(context, 1)
    guid = "00000000-0"
    assert send(client, "/replay", guid=guid).status_code == 400, "still waits"
    context.store.deliveries.fail(guid, "t", "The disk is full.", 5)
    assert "The disk is full." in client.get(f"/deliveries/{guid}").text
    answer = send(client, "/replay", guid=guid, back="/deliveries?state=failed")
    assert (answer.status_code, answer.location) == (303, "/deliveries?state=failed")
    assert client.get(f"/state/deliveries/{guid}", headers=JSON).json["label"] == "Pending"
    assert send(client, "/replay", guid="nobody").status_code == 404


def test_a_rebuild_is_enqueued_once_while_it_waits(client: FlaskClient, context: Context) -> None:
    save_site(context)
    polls = [send(client, "/rebuild", site=KEY, app="app", headers=JSON).json["poll"] for _ in range(2)]
    (job,) = context.queue.rq.jobs
    assert list(job.args) == [KEY, "app", "dashboard"]
    assert client.get(polls[0], headers=JSON).json["label"] == "Rebuilding"
    token = Job(name="rebuild", args=(KEY, "app", "dashboard")).token
    late = Outcome(context.now_ms() + 1, "No catalog.", done=False)
    Outcomes(context.queue.connection).note(token, late)
    assert client.get(polls[1], headers=JSON).json["text"] == "No catalog."


def test_what_is_not_there_is_refused(client: FlaskClient, context: Context) -> None:
    save_site(context)
    assert send(client, "/rebuild", site="x/y@main").status_code == 404
    assert send(client, "/rebuild", site=KEY, app="none").status_code == 404
    assert context.queue.rq.count == 0
    for path in ("/sites/x/y@main", "/deliveries/none", f"/icons/{'0' * 64}.png", "/icons/..%2fx.png"):
        assert client.get(path).status_code == 404, path
    refused = client.get("/sites/x/y@main", headers=JSON)
    assert json.loads(refused.text)["error"]["message"] == "altpress knows no such site (any more)."


def test_only_pictures_are_shown_as_icons(client: FlaskClient, context: Context) -> None:
    png = draw_icon("acme")
    context.store.blobs.put(f"sha256:{'a' * 64}", png)
    context.store.blobs.put(f"sha256:{'b' * 64}", b"<svg onload=alert(1)>")
    answer = client.get(f"/icons/{'a' * 64}.png")
    assert (answer.data, answer.mimetype) == (png, "image/png")
    assert client.get(f"/icons/{'b' * 64}.png").status_code == 404


def test_a_publication_shows_commit_and_reason(client: FlaskClient, context: Context) -> None:
    save_site(context)
    cause = Cause(kind=CauseKind.COMMAND, actor="dashboard", text="/rebuild app")
    made = Publication(
        site=KEY, commit="c" * 40, parent="p", subject="Publish Acme 1", causes=(cause,), at_ms=5
    )
    context.store.publications.add(made)
    for path in ("/", f"/sites/{KEY}", "/publications", f"/publications?site={KEY}"):
        page = client.get(path).text
        assert f"https://github.com/acme/source/commit/{'c' * 40}" in page, path
        assert "/rebuild app by dashboard" in page, path
