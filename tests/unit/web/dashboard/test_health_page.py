"""`/health` of the whole application: JSON for programs, a page for browsers, and who learns what."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bot import __version__
from bot.context import Context
from bot.migrate import Migrator
from bot.web import close_app, create_app
from bot.web.looks import NO_ANSWER
from bot.web.parts import informative, needed

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
PAGE = (Path(__file__).resolve().parents[4] / "docs/health.md").read_text(encoding="utf-8")
TRUSTED = {"Authorization": "Bearer t0ken"}


def test_who_is_signed_in_learns_the_details(client: FlaskClient) -> None:
    found = client.get("/health").json
    assert found["version"] == __version__
    assert "seen in the last" in found["parts"]["workers"]["detail"]
    assert {"scheduler", "deliveries", "github"} <= found["informative"].keys()


def test_strangers_do_not(stranger: FlaskClient) -> None:
    answer = stranger.get("/health")
    assert answer.json.keys() == {"status", "missing", "parts"}
    assert __version__ not in answer.text
    assert "version" not in stranger.get("/health", headers={"Authorization": "Bearer wrong"}).json


def test_the_token_of_the_metrics_lets_in_and_nothing_else(context: Context) -> None:
    given = {"metrics_token": "t0ken", "dashboard_password_hash": None, "backup_to": "/backups"}
    settings = context.settings.model_validate({**context.settings.model_dump(), **given})
    app = create_app(context=Context(settings, store=context.store, queue=context.queue))
    try:
        client = app.test_client()
        found = client.get("/health", headers=TRUSTED).json
        assert found["version"] == __version__
        assert found["informative"]["backup"]["detail"] == "none was made yet"
        assert "version" not in client.get("/health", headers={"Authorization": "Bearer t0ke"}).json
        assert "version" not in client.get("/health").json, "there is no dashboard to be signed in to"
    finally:
        close_app(app)


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
def test_programs_get_json(stranger: FlaskClient, headers: dict[str, str]) -> None:
    assert stranger.get("/health", headers=headers).mimetype == "application/json"


def test_browsers_get_a_page_that_nothing_caches(stranger: FlaskClient) -> None:
    answer = stranger.get("/health", headers=HTML)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "Missing: migrations, workers." in answer.text or "Missing: workers." in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert set(answer.vary) == {"Accept", "Authorization", "Cookie"}
    for asset in re.findall(r'href="(/assets/[^"]+)"', answer.text):
        assert stranger.get(asset.replace("&amp;", "&")).status_code == 200
    assert __version__ not in answer.text


def test_the_page_tells_more_to_who_is_signed_in(client: FlaskClient) -> None:
    text = client.get("/health", headers=HTML).text
    assert f"altpress {__version__} is not ready" in text
    assert "none leads" in text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/receiving", "/health"])
def test_nothing_is_cached(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).headers["Cache-Control"] == "no-store"


def test_migrations_that_are_not_applied(context: Context, stranger: FlaskClient) -> None:
    context.store.database["records"].insert_one({"_id": "of an older altpress"})
    assert "migrations" in stranger.get("/health/ready").json["missing"]
    assert stranger.get("/health/receiving").status_code == 200, "the ledger takes webhooks all the same"


def test_stores_that_are_away_are_no_crash(context: Context, tmp_path: Path) -> None:
    given = {
        "metrics_token": "t0ken",
        "dashboard_password_hash": None,
        "data_dir": tmp_path,
        "backup_to": "/b",
    }
    settings = context.settings.model_validate({**context.settings.model_dump(), **given})
    app = create_app(context=Context(settings))  # embedded stores that nobody started
    try:
        found = app.test_client().get("/health", headers=TRUSTED).json
        parts = {**found["parts"], **found["informative"]}
        details = {part["detail"] for part in parts.values()}
        assert not any(part["ok"] for part in parts.values())
        assert details <= {"The database does not answer.", "The queue does not answer (ConnectionError).",
                           NO_ANSWER}  # fmt: skip
    finally:
        close_app(app)


def test_a_new_database_is_stamped_and_ready(context: Context, stranger: FlaskClient) -> None:
    Migrator(context.store.database).stamp_new()
    assert stranger.get("/health/ready").json["missing"] == ["workers"]


def test_told_to_stop(context: Context) -> None:
    app = create_app(context=context)
    try:
        app.extensions["stopping"]()
        answer = app.test_client().get("/health/receiving")
        assert (answer.status_code, answer.json["missing"]) == (503, ["stopping"])
    finally:
        close_app(app)


def test_the_page_of_the_docs_has_every_part(context: Context) -> None:
    settings = context.settings.model_copy(update={"backup_to": "/backups"})
    told = re.findall(r"^\| `(\w+)` \| (needed|informs) \|", PAGE, re.MULTILINE)
    everything = Context(settings, store=context.store, queue=context.queue)
    assert [name for name, kind in told if kind == "needed"] == list(needed(everything))
    assert sorted(name for name, kind in told if kind == "informs") == sorted(informative(everything))


def test_the_page_of_the_docs_has_every_address(stranger: FlaskClient) -> None:
    rules = {str(rule) for rule in stranger.application.url_map.iter_rules()}
    routes = {rule for rule in rules if rule.startswith("/health")}
    assert set(re.findall(r"^\| `(/health[\w/]*)` \|", PAGE, re.MULTILINE)) == routes
