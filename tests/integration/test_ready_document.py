"""The step of docs/ready.md, run as a runner of GitHub Actions runs it."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from werkzeug.serving import make_server

from bot.context import Context
from bot.web import close_app, create_app
from config.settings import Settings
from tests.fake_store import FakeStore, site_state
from tests.installation import Quiet
from tests.oidc_issuer import Issuer, run_issuer

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "ready.md"
TOOLS = ("bash", "curl", "jq")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"a runner has {', '.join(TOOLS)}; this machine has not"
)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


@pytest.fixture
def store() -> FakeStore:
    made = FakeStore()
    made.sites.states = [site_state()]
    return made


@pytest.fixture
def address(store: FakeStore, issuer: Issuer) -> Iterator[str]:
    """altpress."""
    settings = Settings(webhook_secrets="a webhook secret", oidc_issuer=issuer.url)
    app = create_app(context=Context(settings, store=store))  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    close_app(app)


@pytest.fixture
def request_url(issuer: Issuer) -> Iterator[str]:
    """Where a job of GitHub Actions asks for its token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            good = self.headers["Authorization"] == "bearer of-the-job"
            [audience] = parse_qs(parts.query)["audience"]
            body = json.dumps({"count": 1, "value": issuer.token(aud=audience)}).encode()
            self.send_response(200 if good else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token?api-version=2.0"
    server.shutdown()
    server.server_close()


def run_step(address: str, request_url: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    text = DOCUMENT.read_text().partition("```yaml\n")[2].partition("```")[0]
    [job] = yaml.safe_load(text)["jobs"].values()
    assert job["permissions"]["id-token"] == "write"
    [step] = job["steps"]
    environment = {
        "PATH": os.environ["PATH"], **step["env"], "ALTPRESS": address, "TAG": "v1.0",
        "ACTIONS_ID_TOKEN_REQUEST_URL": request_url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job",
        **changes,
    }  # fmt: skip
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)


def test_the_step_tells(address: str, request_url: str, store: FakeStore) -> None:
    done = run_step(address, request_url)
    assert done.returncode == 0, done.stderr
    mask, answer = done.stdout.split("\n", 1)
    assert mask.startswith("::add-mask::eyJ"), "GitHub hides it from the log of the job"
    assert json.loads(answer)["release"] == "acme/app@v1.0"
    assert len(store.deliveries.stored) == 1


def test_the_step_fails_with_the_reason(address: str, request_url: str) -> None:
    done = run_step(address, request_url, SITE="acme/other")
    assert done.returncode != 0
    assert "no app repository" in done.stdout
    assert run_step(address, request_url, ACTIONS_ID_TOKEN_REQUEST_TOKEN="other").returncode != 0
