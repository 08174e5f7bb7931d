"""`altpress doctor` finds each fault that can be made: rights, branches, webhooks, addresses, what hangs."""

import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bot.cli.doctor_look import bounded
from bot.cli.doctor_machine import fetch_ready
from bot.cli.doctor_public import look_at_public
from bot.embedded.urls import mongo_socket, redis_socket
from bot.sandbox.state import State
from bot.setup.findings import Finding, Level, ok
from bot.setup.rights import TOKEN_RIGHTS
from tests.certificates import make_certificates
from tests.hanging import gate_to
from tests.installation import APP, SITE, Hub
from tests.integration.test_doctor import SECRET, codes, findings, hub, sandbox, told, with_token
from tests.processes import free_port
from tests.sandboxes import Sandbox, as_user, run_sandbox
from tests.webhook_receiver import Receiver

__all__ = ["hub", "sandbox"]  # fixtures
SUBJECT = "site acme/source@main"
LIVE = b'{"status":"ok"}\n'


def narrow(sandbox: Sandbox, **permissions: str) -> None:
    """The maintainer's token, as a fine-grained one that may do this alone."""
    with State.open(sandbox.data / "sandbox.sqlite3") as state:
        [row] = state.tokens.select(login="maintainer", kind="user")
        state.tokens.update(row.id, permissions=permissions)


def test_each_right_that_a_token_lacks(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = with_token(sandbox, tmp_path)
    for lacking, (name, _, vital) in TOKEN_RIGHTS.items():
        rights = dict.fromkeys(TOKEN_RIGHTS, "write") | {lacking: "read"}
        narrow(sandbox, **rights, metadata="read", repository_hooks="write")
        found = findings("--site", SITE, **settings)
        assert f"lacks {name}: read and write" in told(found, "error" if vital else "warning", SUBJECT)
        [finding] = [f for f in found if f["code"] == "token.rights" and f["level"] != "ok"]
        assert "/settings/personal-access-tokens" in finding["fix"]


def test_a_token_that_may_do_all_writes_nothing(sandbox: Sandbox, hub: Hub, tmp_path: Path) -> None:
    before = hub.git(SITE, "for-each-ref"), hub.get(f"/repos/{SITE}/issues")
    found = findings(**with_token(sandbox, tmp_path))
    assert "may do all" in told(found, "ok", SUBJECT)
    assert (hub.git(SITE, "for-each-ref"), hub.get(f"/repos/{SITE}/issues")) == before
    assert hub.get(f"/repos/{SITE}/pulls") == []


def test_a_token_that_ends_soon(sandbox: Sandbox, tmp_path: Path) -> None:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5 * 86_400))
    with State.open(sandbox.data / "sandbox.sqlite3") as state:
        [row] = state.tokens.select(login="maintainer", kind="user")
        state.tokens.update(row.id, expires_at=ends)
    found = findings(**with_token(sandbox, tmp_path))
    assert f"ends on {ends[:10]}" in told(found, "warning", "token")


def test_a_protected_branch(sandbox: Sandbox, hub: Hub) -> None:
    words = ("--data", str(sandbox.data))
    assert "takes commits" in told(findings(*words), "ok", SUBJECT)
    hub.ask(
        "PUT", "protection", json={"repository": SITE, "branch": "main", "reviews": 1, "as": "maintainer"}
    )
    assert "pull request" in told(findings(*words), "ok", SUBJECT)


def test_one_site_alone(sandbox: Sandbox, hub: Hub, tmp_path: Path) -> None:
    settings = with_token(sandbox, tmp_path, sites=f"{SITE},{APP}")
    assert "holds no altpress.yml" in told(findings(**settings), "error", f"site {APP}@main")
    for name in (SITE, "Acme/Source@main"):
        found = findings("--site", name, **settings)
        assert told(found, "ok", SUBJECT)
        assert told(found, "error", f"site {APP}@main") == ""
    assert "that is acme/other" in told(findings("--site", "acme/other", **settings), "error", "sites")


def test_webhooks_that_are_off_lead_elsewhere_or_check_nothing(
    sandbox: Sandbox, hub: Hub, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    config = {"url": f"{url}/webhooks/github", "content_type": "json", "secret": SECRET}
    hooks: dict[str, dict[str, Any]] = {
        SITE: {"active": False, "events": ["*"], "config": config},
        APP: {"active": True, "events": ["*"], "config": {**config, "insecure_ssl": "1"}},
    }
    with as_user(sandbox, "maintainer") as session:
        for repository, body in hooks.items():
            assert session.post(f"{sandbox.api}/repos/{repository}/hooks", json=body, timeout=60).ok
    settings = with_token(sandbox, tmp_path, public_url=f"http://localhost:{free_port()}")
    found = findings(**settings)
    assert "switched off" in told(found, "error", f"webhook of {SITE}")
    assert "ALTPRESS_PUBLIC_URL says localhost" in told(found, "warning", f"webhook of {APP}")
    assert {"hook.certificate", "public"} <= codes(found, "warning")


@pytest.mark.long
@pytest.mark.parametrize(
    ("status", "meaning"), [(401, "did not accept the signature"), (404, "nothing of altpress's is at")]
)
def test_what_an_app_s_webhook_is_answered(tmp_path: Path, status: int, meaning: str) -> None:
    bot = Receiver()
    bot.status = status
    with run_sandbox(tmp_path / "sandbox", bot_url=bot.root) as sandbox:
        hub = Hub(sandbox)
        hub.comment("/status", by="maintainer")
        while not bot.requests or hub.ask("GET", "under-way")["webhooks"]:
            time.sleep(0.02)
        words, subject = ("--data", str(sandbox.data)), "webhook of the App"
        found = findings(*words, public_url=bot.root)
        assert meaning in told(found, "error", subject)
        assert "leads to" in told(found, "ok", subject)
        elsewhere = findings(*words, public_url="http://localhost:9")
        assert "ALTPRESS_PUBLIC_URL says localhost" in told(elsewhere, "warning", subject)
        hub.close()
    bot.close()


# ---- the public address ------------------------------------------------------------------------------


@contextmanager
def serving(status: int, body: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def seen(url: str | None) -> list[tuple[str, Level]]:
    return [(finding.code, finding.level) for finding in look_at_public(url)]


def test_public_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(None) == []
    assert seen("http://bot.example.com") == [("public", Level.ERROR)]
    assert seen(f"http://127.0.0.1:{free_port()}") == [("public", Level.WARNING)]
    with serving(200, LIVE) as port:
        assert seen(f"http://127.0.0.1:{port}") == [("public", Level.OK)]
    for status, body in ((200, b"<h1>It works!</h1>"), (404, LIVE)):
        with serving(status, body) as port:
            assert seen(f"http://127.0.0.1:{port}/") == [("public", Level.ERROR)]
    made = make_certificates(tmp_path)
    with serving(200, LIVE, made.server_side()) as port:
        assert seen(f"https://127.0.0.1:{port}") == [("public.certificate", Level.ERROR)], "nobody trusts it"
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
        assert seen(f"https://127.0.0.1:{port}") == [
            ("public.certificate", Level.WARNING), ("public", Level.OK)
        ], "it is trusted, and ends within the hour"  # fmt: skip


def test_web_process_that_is_not_ready_says_what_is_missing(tmp_path: Path) -> None:
    lacking = json.dumps({"status": "unavailable", "missing": ["redis", "workers"]}).encode()
    for status, body, expected in (
        (200, LIVE, (200, [])), (503, lacking, (503, ["redis", "workers"])), (503, b"<html>", (0, [])),
        (200, b"[]", (0, [])), (503, b'{"missing": 7}', (0, [])),
    ):  # fmt: skip
        with serving(status, body) as port:
            assert fetch_ready("127.0.0.1", port) == expected
    with serving(503, lacking) as port:
        found = findings(data_dir=tmp_path, port=port)
    assert "not ready: redis, workers" in told(found, "error", "web")


# ---- what hangs --------------------------------------------------------------------------------------


def test_a_look_that_hangs_is_given_up_and_told_of_meanwhile() -> None:
    def look() -> Iterator[Finding]:
        yield ok("clock", "clock", "agrees")
        time.sleep(60)
        yield ok("clock", "clock", "agrees again")

    waited: list[str] = []
    found = list(bounded("github", "GitHub", look, silence=1, waits=waited.append))
    assert [(f.code, f.level) for f in found] == [("clock", Level.OK), ("github", Level.ERROR)]
    assert waited == ["GitHub"]


def test_a_bug_in_a_look_is_not_swallowed() -> None:
    def look() -> Iterator[Finding]:
        raise http.client.BadStatusLine("x")
        yield

    with pytest.raises(http.client.BadStatusLine):
        list(bounded("github", "GitHub", look, waits=lambda _: None))


@pytest.mark.long
def test_stores_and_a_github_that_hang(
    stores_dir: Path, mongo_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    del mongo_url, embedded_redis_url  # they run
    with (
        gate_to(str(mongo_socket(stores_dir))) as mongo,
        gate_to(str(redis_socket(stores_dir))) as redis,
    ):
        settings: dict[str, Any] = {
            "mongo_url": f"mongodb://127.0.0.1:{mongo.port}/?directConnection=true",
            "redis_url": f"redis://127.0.0.1:{redis.port}/0", "webhook_secrets": SECRET,
            "github_token": "ghp_verySecret123456", "sites": SITE, "data_dir": tmp_path, "port": free_port(),
            "github_api_url": f"http://127.0.0.1:{mongo.port}/api/v3",
        }  # fmt: skip
        mongo.hang()
        redis.hang()
        found = findings(**settings)
        assert {"mongodb", "redis", "github"} <= codes(found, "error")
        assert "ghp_verySecret" not in json.dumps(found)


def test_a_data_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may write everywhere")
    place = tmp_path / "data"
    place.mkdir(mode=0o500)
    assert "files.writable" in codes(findings(data_dir=place, port=free_port()), "error")
