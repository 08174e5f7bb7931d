"""`scripts/smoke` on a real installation, on ones that are not well, and on servers that mean harm."""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot import __version__
from bot.cli.password import hash_password
from bot.cli.up_watch import http_answers
from tests.certificates import make_certificates
from tests.processes import altpress, free_port
from tests.stores import ROOT, short_dir

pytestmark = pytest.mark.xdist_group("smoke")  # one installation for all of them
SMOKE = ROOT / "scripts/smoke"
TOKEN = "a-token-for-the-smoke-test"  # pragma: allowlist secret
NAMES = ["live", "ready", "health", "closed", "metrics", "version", "unsigned", "signed", "dashboard"]
SLOW = 0.5  # seconds that a harmful server gets


@dataclass(frozen=True)
class Run:
    status: int
    report: dict[str, Any]
    output: str

    @property
    def states(self) -> dict[str, str]:
        return {check["name"]: check["state"] for check in self.report["checks"]}

    def detail(self, name: str) -> str:
        return str(next(check["detail"] for check in self.report["checks"] if check["name"] == name))


def smoke(url: str, *options: object, **environ: str) -> Run:
    """As a runner calls it: nothing installed, not even the virtual environment's packages."""
    command = [sys.executable, "-S", str(SMOKE), url, "--json", *map(str, options)]
    environment = {"PATH": os.environ["PATH"], **environ}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    report = json.loads(run.stdout) if run.stdout else {}
    return Run(run.returncode, report, run.stdout + run.stderr)


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """`scripts/smoke … | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-S", str(SMOKE), f"http://127.0.0.1:{free_port()}"]
    run = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(writing)
    assert (run.returncode, run.stderr) == (141, "")


@dataclass(frozen=True)
class World:
    url: str
    data: Path

    @property
    def secret(self) -> str:
        return (self.data / "sandbox-webhook-secret").read_text().strip()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with short_dir() as folder:
        data = folder / "data"
        arguments = ("up", "--sandbox", "--data", str(data), "--port", "0")
        settings = {"metrics_token": TOKEN, "workers": 1, "dashboard_password_hash": hash_password(TOKEN)}
        with altpress(*arguments, output=folder / "log", **settings) as process:
            process.wait_for((data / "up.json").exists, timeout=90)
            yield World(json.loads((data / "up.json").read_text())["url"], data)


@pytest.mark.slow
def test_a_running_installation_passes_everything(world: World, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    secret = world.data / "sandbox-webhook-secret"
    secrets = tmp_path / "secrets"
    secrets.write_text(f"{secret.read_text().strip()}\nthe-one-before\n")
    options = ("--metrics-token-file", token, "--webhook-secret-file", secrets, "--require-all")
    run = smoke(world.url, *options, "--expect-version", __version__, "--wait", 20)
    assert run.states == dict.fromkeys(NAMES, "passed"), run.output
    assert (run.status, run.report["ok"], run.report["version"]) == (0, True, __version__)
    assert TOKEN not in run.output
    assert world.secret not in run.output


@pytest.mark.slow
def test_secrets_from_the_environment(world: World) -> None:
    secrets = {"ALTPRESS_SMOKE_METRICS_TOKEN": TOKEN, "ALTPRESS_SMOKE_WEBHOOK_SECRET": f"{world.secret},old"}
    run = smoke(world.url, "--require-all", **secrets)
    assert (run.status, set(run.states.values())) == (0, {"passed"}), run.output


@pytest.mark.slow
def test_without_secrets_what_is_skipped_is_told(world: World) -> None:
    run = smoke(world.url)
    skipped = ["metrics", "version", "signed"]
    assert [name for name, state in run.states.items() if state == "skipped"] == skipped
    assert (run.status, run.report["ok"]) == (0, True)
    strict = smoke(world.url, "--require-all")
    assert (strict.status, strict.report["ok"]) == (1, False)


@pytest.mark.slow
def test_what_is_wrong_is_found(world: World) -> None:
    wrong = {"ALTPRESS_SMOKE_METRICS_TOKEN": "no", "ALTPRESS_SMOKE_WEBHOOK_SECRET": "no"}
    run = smoke(world.url, **wrong)
    failed = [name for name, state in run.states.items() if state == "failed"]
    assert (run.status, failed) == (1, ["metrics", "version", "signed"])
    assert "401" in run.detail("metrics")


@pytest.mark.slow
def test_another_version_is_found(world: World) -> None:
    run = smoke(world.url, "--expect-version", "99.0", ALTPRESS_SMOKE_METRICS_TOKEN=TOKEN)
    assert (run.status, run.states["version"], run.report["version"]) == (1, "failed", __version__)
    assert __version__ in run.detail("version")
    unseen = smoke(world.url, "--expect-version", "99.0")  # no token: it cannot be seen, so it is not there
    assert (unseen.status, unseen.states["version"]) == (1, "failed")


def test_metrics_that_are_open_on_this_machine(mongo_url: str, redis_url: str, tmp_path: Path) -> None:
    """As a sandbox has them; somewhere else, or where there is a token, it is a fault."""
    port = free_port()
    settings = {
        "mongo_url": mongo_url, "redis_url": redis_url, "port": port, "webhook_secrets": "s",
        "metrics_open": "true", "data_dir": tmp_path / "data",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with altpress("web", output=tmp_path / "log", **settings) as process:
        process.wait_for(lambda: http_answers("127.0.0.1", port, "/health/live"), timeout=60)
        found, said = smoke(url), smoke(url, "--metrics-open", "--expect-version", __version__)
        strict = smoke(url, ALTPRESS_SMOKE_METRICS_TOKEN=TOKEN)
    assert (found.states["closed"], found.states["version"]) == ("skipped", "passed")
    assert (said.states["closed"], said.states["version"]) == ("passed", "passed")
    assert strict.states["closed"] == "failed"


def test_a_web_process_without_workers_is_not_ready(mongo_url: str, redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    settings = {
        "mongo_url": mongo_url, "redis_url": redis_url, "port": port, "webhook_secrets": "s",
        "github_token": "t", "sites": "acme/source", "data_dir": tmp_path / "data",
    }  # fmt: skip
    with altpress("web", output=tmp_path / "log", **settings) as process:
        process.wait_for(lambda: http_answers("127.0.0.1", port, "/health/live"), timeout=60)
        run = smoke(f"http://127.0.0.1:{port}", "--wait", 3, "--no-dashboard")
    assert run.status == 1
    assert (run.states["live"], run.states["ready"]) == ("passed", "failed"), run.output
    assert "503" in run.detail("ready")
    assert "waiting (" in run.output


class Harm(BaseHTTPRequestHandler):
    """What a server may answer; `behaviour` says which."""

    behaviour = ""
    told: list[str]  # requests that came in, with their credentials

    def do_GET(self) -> None:
        self.told.append(f"{self.path} {self.headers.get('Authorization', '')}")
        getattr(self, f"answer_{self.behaviour}")()

    def do_POST(self) -> None:
        self.do_GET()

    def answer_redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def answer_trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while not self.server.over.wait(SLOW / 10):  # type: ignore[attr-defined] # set below
                self.wfile.write(b" ")
        except OSError:
            self.close_connection = True

    def answer_escapes(self) -> None:
        body = b'{"parts": {"\\u001b[2Jmongo": {"ok": false}}}'
        self.send_response(200 if self.path != "/elsewhere" else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def harmful(behaviour: str, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    told: list[str] = []
    handler = type("Handler", (Harm,), {"behaviour": behaviour, "told": told})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.over = threading.Event()  # type: ignore[attr-defined] # read by the handler
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port, told
        finally:
            server.over.set()  # type: ignore[attr-defined] # as above
            server.shutdown()
            thread.join()


def test_redirects_are_not_followed() -> None:
    with harmful("redirect") as (port, told):
        run = smoke(f"http://127.0.0.1:{port}", ALTPRESS_SMOKE_METRICS_TOKEN=TOKEN)
    assert (run.status, set(run.states.values())) == (1, {"failed", "skipped"})
    assert "302 to '/elsewhere'" in run.detail("metrics")
    assert not [line for line in told if "elsewhere" in line]


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [("endless", "more than 4194304 bytes"), ("trickle", "no whole answer within 0.5 s")],
)
def test_every_read_has_an_end(behaviour: str, told: str) -> None:
    with harmful(behaviour) as (port, _):
        run = smoke(f"http://127.0.0.1:{port}", "--timeout", SLOW)
    assert (run.status, run.states["live"]) == (1, "failed")
    assert told in run.detail("live")


def test_what_it_says_cannot_steer_a_terminal() -> None:
    with harmful("escapes") as (port, _):
        run = smoke(f"http://127.0.0.1:{port}")
    assert run.states["health"] == "failed"
    assert "\x1b" not in "".join(check["detail"] for check in run.report["checks"])


def test_secrets_never_leave_this_machine_without_tls() -> None:
    """0.0.0.0 is not loopback by its name, and yet reaches this machine."""
    secrets = {"ALTPRESS_SMOKE_METRICS_TOKEN": TOKEN, "ALTPRESS_SMOKE_WEBHOOK_SECRET": TOKEN}
    with harmful("escapes") as (port, told):
        run = smoke(f"http://0.0.0.0:{port}", **secrets)
    assert (run.states["metrics"], run.states["signed"]) == ("failed", "failed")
    assert "https only" in run.detail("metrics")
    assert told
    assert not [line for line in told if TOKEN in line]


def test_only_a_certificate_that_is_trusted_gets_secrets(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    secrets = {"ALTPRESS_SMOKE_METRICS_TOKEN": TOKEN}
    with harmful("escapes", certificates.server_side()) as (port, told):
        url = f"https://127.0.0.1:{port}"
        stranger = smoke(url, **secrets)
        assert (set(stranger.states.values()), told) == ({"failed", "skipped"}, [])
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.detail("live")
        known = smoke(url, "--cacert", certificates.authority, **secrets)
    assert known.states["live"] == "passed"
    assert [line for line in told if line == f"/metrics Bearer {TOKEN}"]


def test_a_secret_that_no_header_takes_is_not_shown() -> None:
    with harmful("escapes") as (port, _):
        run = smoke(f"http://127.0.0.1:{port}", ALTPRESS_SMOKE_METRICS_TOKEN="schl\u00fcssel\u2026geheim")
    assert (run.status, run.states["metrics"]) == (1, "failed")
    assert "no header can" in run.detail("metrics")
    assert "geheim" not in run.output


def test_nobody_there() -> None:
    run = smoke(f"http://127.0.0.1:{free_port()}")
    assert (run.status, run.states["live"]) == (1, "failed")
    assert "ConnectionRefusedError" in run.detail("live")


def test_a_secret_whose_file_comes_later_is_waited_for(tmp_path: Path) -> None:
    """`altpress up --sandbox &` makes it at its first start, while this looks already."""
    late = tmp_path / "secret"
    maker = threading.Timer(1, late.write_text, ["a-secret"])
    maker.start()
    url = f"http://127.0.0.1:{free_port()}"
    run = smoke(url, "--webhook-secret-file", late, "--wait", 3)
    maker.join()
    assert (run.status, run.states["live"]) == (1, "failed")
    late.unlink()
    assert smoke(url, "--webhook-secret-file", late).status == 2


@pytest.mark.parametrize("url", ["ftp://h", "h", "https://user:word@h", "https://h/?token=x"])
def test_an_address_that_cannot_be_one(url: str) -> None:
    run = smoke(url)
    assert (run.status, run.report) == (2, {})
    assert run.output.startswith("scripts/smoke: the address")


def test_a_check_of_each_name_is_told_in_its_help() -> None:
    told = subprocess.run([str(SMOKE), "--help"], capture_output=True, text=True, check=True).stdout
    assert all(f"\n  {name} " in told for name in NAMES)
