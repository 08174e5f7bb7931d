"""The sandbox's pages for people, over HTTP from a real sandbox process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.sandbox.client import SandboxClient, SandboxError

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    data = tmp_path_factory.mktemp("sandbox") / "data"
    words = [
        sys.executable,
        "-m",
        "bot.sandbox",
        "--data",
        str(data),
        "--port",
        "0",
        "--bot-url",
        "http://127.0.0.1:9",
    ]
    process = subprocess.Popen(
        words, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, cwd=data.parent
    )
    yield wait(data)
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def wait(data: Path) -> SandboxClient:
    for _ in range(3_000):
        try:
            return SandboxClient.find(data)
        except SandboxError:
            time.sleep(0.02)
    raise AssertionError("the sandbox did not start")


@pytest.fixture
def root(client: SandboxClient) -> str:
    return str(client.info()["api_url"]).removesuffix("/api/v3")


def read(url: str) -> str:
    answer = requests.get(url, timeout=60)
    assert answer.status_code == 200, answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    return answer.text


def test_home_leads_to_everything(root: str) -> None:
    home = read(f"{root}/")
    assert 'href="/acme/source"' in home
    assert 'href="/acme/app"' in home
    page = read(f"{root}/acme/source")
    assert f"git clone {root}/acme/source.git" in page
    assert 'href="/acme/source/issues/1"' in page
    assert requests.get(f"{root}/_pages/page.css", timeout=60).status_code == 200


def test_what_was_said_is_shown_and_not_run(client: SandboxClient, root: str) -> None:
    url = client.comment("acme/source", 1, f"**/help** {HOSTILE}", **{"as": "visitor"})["url"]
    page = read(url)
    assert f'id="{url.partition("#")[2]}"' in page
    assert "<strong>/help</strong> &lt;script&gt;" in page


def test_a_release_and_its_files(client: SandboxClient, root: str) -> None:
    draft = client.draft("acme/app", tag="v1.0", name=HOSTILE, notes=HOSTILE)
    client.upload(draft["id"], "Acme.ipa", b"bytes")
    assert requests.get(f"{root}/acme/app/releases/tag/v1.0", timeout=60).status_code == 404
    page = read(client.publish(draft["id"])["url"])
    assert f'href="{root}/acme/app/releases/download/v1.0/Acme.ipa"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;script&gt;alert(1)" in read(f"{root}/acme/app")


def test_a_commit_and_its_difference(client: SandboxClient) -> None:
    url = client.push("acme/source", {"a<b>.txt": HOSTILE.encode()}, message=HOSTILE)["url"]
    page = read(url)
    assert '<span class="added">+&lt;script&gt;' in page


@pytest.mark.parametrize(
    "path", ["/acme/none", "/acme/app/issues/99", "/acme/app/commit/abc", "/acme/app/releases/tag/x"]
)
def test_what_is_not_there(root: str, path: str) -> None:
    assert requests.get(root + path, timeout=60).status_code == 404
