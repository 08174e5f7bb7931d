"""`altpress doctor` against real sandboxes and stores: what is well, and each thing that is not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot import __version__
from bot.cli.doctor import command
from bot.errors import Unavailable
from bot.github.clock import fetch_skew
from bot.sandbox.state import State
from bot.setup.codes import CODES
from bot.store import Store
from tests.installation import APP, SITE, Hub
from tests.processes import ROOT, free_port
from tests.sandboxes import Sandbox, as_user, run_sandbox
from tests.stores import short_dir

SECRET = "the-secret-that-signs-webhooks"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def hub(sandbox: Sandbox) -> Iterator[Hub]:
    hub = Hub(sandbox)
    yield hub
    hub.close()


def examine(*words: str, **settings: object) -> Result:
    """Run it in this process; `settings` are `ALTPRESS_…`."""
    environment = {f"ALTPRESS_{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner().invoke(command, list(words), env=environment)


def findings(*words: str, **settings: object) -> list[dict[str, Any]]:
    done = examine("--json", *words, **settings)
    document = json.loads(done.stdout)
    levels = {finding["level"] for finding in document["findings"]}
    assert document["ok"] == ("error" not in levels)
    assert done.exit_code == (1 if "error" in levels else 0)
    assert document["version"] == __version__
    for finding in document["findings"]:
        assert finding["code"] in CODES
        assert finding["level"] == "ok" or finding["fix"], f"nothing to do about {finding}"
    return list(document["findings"])


def told(found: list[dict[str, Any]], level: str, subject: str) -> str:
    """All that was found at this level about the subject."""
    return "\n".join(f["message"] for f in found if (f["level"], f["subject"]) == (level, subject))


def codes(found: list[dict[str, Any]], level: str) -> set[str]:
    return {finding["code"] for finding in found if finding["level"] == level}


def with_token(sandbox: Sandbox, place: Path, login: str = "maintainer", **more: object) -> dict[str, object]:
    return {
        "github_api_url": sandbox.api, "github_token": sandbox.tokens[login], "sites": SITE,
        "webhook_secrets": SECRET, "data_dir": place / "data", "port": free_port(), **more,
    }  # fmt: skip


@pytest.mark.long
def test_beside_a_running_sandbox_all_is_well_and_no_secret_is_shown() -> None:
    with short_dir() as data:
        words = [sys.executable, "-m", "bot", "up", "--sandbox", "--data", str(data), "--port", "0"]
        with (data.parent / f"{data.name}.log").open("wb") as log:
            up = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not (data / "up.json").exists():
                assert up.poll() is None, Path(log.name).read_text()
                assert time.monotonic() < deadline, Path(log.name).read_text()
                time.sleep(0.05)
            while (done := examine("--data", str(data))).exit_code != 0:  # the scheduler is the last to come
                assert time.monotonic() < deadline, done.output
            for part in (
                "MongoDB",
                "Redis",
                "workers",
                "scheduler",
                "web",
                "clock",
                "GitHub App",
                "CI jobs",
                "acme/source",
            ):
                assert part in done.output
            assert "0 error(s)" in done.output
            for secret in ("sandbox-webhook-secret", "sandbox-app.pem", "dashboard-password"):
                if (data / secret).exists():
                    assert (data / secret).read_text().strip().splitlines()[-1] not in done.output
            (data / "sandbox-app.pem").chmod(0o644)
            assert "can be read by others" in told(findings("--data", str(data)), "error", "data directory")
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)
            Path(log.name).unlink()


def test_a_token_without_webhooks(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = with_token(sandbox, tmp_path)
    found = findings(**settings)
    assert "signed in as maintainer" in told(found, "ok", "token")
    assert "catalog is valid" in told(found, "ok", "site acme/source@main")
    for repository in (SITE, APP):
        assert "there is none" in told(found, "error", f"webhook of {repository}")
    assert "not running" in told(found, "warning", "processes")
    assert "cannot be fetched" in told(found, "warning", "CI jobs"), "of an issuer that is not there"
    text = examine(**settings).output
    assert sandbox.tokens["maintainer"] not in text
    assert SECRET not in text


def test_webhooks_and_their_last_deliveries(sandbox: Sandbox, hub: Hub, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/webhooks/github"
    with as_user(sandbox, "maintainer") as session:
        for repository, events in ((SITE, ["*"]), (APP, ["push"])):
            body = {"events": events, "config": {"url": nobody, "content_type": "json", "secret": SECRET}}
            answer = session.post(f"{sandbox.api}/repos/{repository}/hooks", json=body, timeout=60)
            assert answer.status_code == 201
            log = answer.json()["deliveries_url"]
            while not session.get(log, timeout=60).json():
                time.sleep(0.02)
    found = findings(**with_token(sandbox, tmp_path))
    assert "could not be reached" in told(found, "error", f"webhook of {SITE}")
    assert "Release" in told(found, "error", f"webhook of {APP}"), "it listens to pushes alone"
    assert "leads to" in told(found, "ok", f"webhook of {SITE}")


def test_a_token_that_may_not_write(sandbox: Sandbox, tmp_path: Path) -> None:
    found = findings(**with_token(sandbox, tmp_path, "visitor"))
    assert codes(found, "error") >= {"token.rights"}
    assert "may not write" in told(found, "error", "site acme/source@main")
    assert "no right to look" in told(found, "warning", f"webhook of {SITE}")


def test_a_token_that_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    found = findings(**with_token(sandbox, tmp_path, github_token="ghp_wrong000000"))
    assert "refuses altpress's credentials" in told(found, "error", "GitHub")
    assert "ghp_wrong" not in json.dumps(found)


def test_rights_events_and_sites_of_an_app(sandbox: Sandbox, hub: Hub) -> None:
    with State.open(sandbox.data / "sandbox.sqlite3") as state:
        [row] = state.installations.select()
        rights = {**row.permissions, "contents": "read"}
        events = tuple(e for e in row.events if e != "release")
        only_site = (row.repositories[0],)
        state.installations.update(row.id, permissions=rights, events=events, repositories=only_site)
    words = ("--data", str(sandbox.data))
    found = findings(*words)
    lacking = told(found, "error", "GitHub App")
    assert "lacks Contents: write" in lacking
    assert "lacks the event Release" in lacking
    catalog = hub.file("altpress.yml")
    hub.push({"altpress.yml": f"{catalog}\nnonsense: 1\n"})
    assert "nonsense" in told(findings(*words), "error", "site acme/source@main")
    hub.push({"altpress.yml": None})
    assert "no repository with an altpress.yml" in told(findings(*words), "error", "sites")
    with State.open(sandbox.data / "sandbox.sqlite3") as state:
        state.installations.update(row.id, suspended_at="2026-11-22T00:00:00Z")
    assert "suspended" in told(findings(*words), "warning", "installation at acme")


def test_an_app_that_does_not_hear_of_an_apps_releases(sandbox: Sandbox, hub: Hub) -> None:
    with State.open(sandbox.data / "sandbox.sqlite3") as state:
        state.repositories.add(owner="visitor", name="tool", created_at=state.now(), pushed_at=state.now())
    hub.push({"altpress.yml": "name: A\napps: [{repository: visitor/tool}, {repository: visitor/gone}]\n"})
    found = findings("--data", str(sandbox.data))
    assert "not installed on visitor/tool" in told(found, "warning", "app tool of acme/source@main")
    assert "visitor/gone is not there" in told(found, "error", "app gone of acme/source@main")


def test_each_wrong_setting_is_named(tmp_path: Path) -> None:
    found = findings(port="none", web_threads="0", log_level="LOUD", data_dir=tmp_path)
    text = told(found, "error", "settings")
    assert "ALTPRESS_PORT" in text
    assert "ALTPRESS_WEB_THREADS" in text
    assert "ALTPRESS_LOG_LEVEL" in text


def test_files_and_values_are_named_together(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    found = findings(
        port="none", github_token_file=tmp_path / "empty", webhook_secrets_file=tmp_path / "nowhere",
        github_app_id=1, data_dir=tmp_path,
    )  # fmt: skip
    wrong = [f["message"].partition(" ")[0].rstrip(":") for f in found if f["code"] == "settings.values"]
    assert sorted(wrong) == [
        "ALTPRESS_GITHUB_TOKEN_FILE", "ALTPRESS_PORT", "ALTPRESS_WEBHOOK_SECRETS_FILE"
    ]  # fmt: skip


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    found = findings(data_dir=tmp_path, port=free_port())
    text = told(found, "error", "settings")
    assert "ALTPRESS_WEBHOOK_SECRETS" in text
    assert "ALTPRESS_GITHUB_APP_ID" in text


@pytest.mark.parametrize(
    ("role", "given", "missing"),
    [
        ("web", {"webhook_secrets": SECRET}, "ALTPRESS_WEBHOOK_SECRETS"),
        ("worker", {"github_token": "unused-token", "sites": SITE}, "ALTPRESS_GITHUB_APP_ID"),
        ("scheduler", {"github_token": "unused-token", "sites": SITE}, "ALTPRESS_GITHUB_APP_ID"),
    ],
)
def test_a_process_misses_nothing_of_the_others(
    role: str, given: dict[str, object], missing: str, tmp_path: Path
) -> None:
    nowhere = {"data_dir": tmp_path, "port": free_port(), "github_api_url": "http://127.0.0.1:9/api/v3"}
    found = findings("--role", role, **given, **nowhere)
    assert told(found, "error", "settings") == ""
    assert ("web" in {f["subject"] for f in found}) is (role == "web")
    assert ("GitHub" in {f["subject"] for f in found}) is (role != "web")
    assert told(findings("--role", role, **nowhere), "error", "settings").startswith(missing)


def test_services_that_do_not_answer(tmp_path: Path) -> None:
    port = free_port()
    found = findings(
        mongo_url=f"mongodb://user:pass-word@127.0.0.1:{port}/?serverSelectionTimeoutMS=300",
        redis_url=f"redis://:pass-word@127.0.0.1:{port}", github_api_url=f"http://127.0.0.1:{port}/api/v3",
        github_token="ghp_verySecret123456", sites=SITE, webhook_secrets=SECRET, data_dir=tmp_path, port=port,
    )  # fmt: skip
    for subject in ("MongoDB", "Redis", "GitHub"):
        assert "not answer" in told(found, "error", subject), found
    assert "pass-word" not in json.dumps(found)


def test_stores_and_processes(mongo_url: str, redis_url: str, tmp_path: Path, redis_client: object) -> None:
    del redis_client
    found = findings(
        mongo_url=mongo_url, redis_url=redis_url, webhook_secrets=SECRET, data_dir=tmp_path, port=free_port()
    )
    assert told(found, "ok", "MongoDB").splitlines()[0] == "answers"
    assert "append-only" in told(found, "ok", "Redis")
    assert "no worker is running" in told(found, "error", "workers")
    assert "none is running" in told(found, "error", "scheduler")


def test_half_a_restore(
    store: Store, mongo_url: str, database_name: str, redis_url: str, tmp_path: Path
) -> None:
    """Else all that is said is that no worker runs."""
    store.backups.begin_restore("altpress-x", 1)
    found = findings(
        mongo_url=mongo_url, mongo_database=database_name, redis_url=redis_url, webhook_secrets=SECRET,
        data_dir=tmp_path, port=free_port(),
    )  # fmt: skip
    assert "altpress-x is being restored" in told(found, "error", "restore")


class Late(BaseHTTPRequestHandler):
    """A GitHub whose clock is two minutes behind, and which refuses everybody."""

    def do_GET(self) -> None:
        self.send_response_only(401)
        self.send_header("Date", formatdate(time.time() - 120, usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_clock_is_read_even_from_a_refusal(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Late)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        assert fetch_skew(url) == pytest.approx(120, abs=2)
        found = findings(
            github_api_url=url, github_token="ghp_x00000000000", sites=SITE, webhook_secrets=SECRET,
            data_dir=tmp_path, port=free_port(),
        )  # fmt: skip
        assert "ahead of GitHub" in told(found, "error", "clock")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with pytest.raises(Unavailable):
        fetch_skew(f"http://127.0.0.1:{free_port()}")


def test_the_default_directory_does_not_hide_credentials(sandbox: Sandbox, tmp_path: Path) -> None:
    """A sandbox runs in the data directory, and the environment names a real installation."""
    settings = with_token(sandbox, tmp_path, data_dir=sandbox.data)
    assert "signed in as maintainer" in told(findings(**settings), "ok", "token")
    settings = {"data_dir": sandbox.data, "port": free_port()}
    assert "asks for all" in told(findings(**settings), "ok", "GitHub App")
    assert os.environ.get("ALTPRESS_DATA_DIR") is None
