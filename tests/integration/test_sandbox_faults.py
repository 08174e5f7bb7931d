"""A sandbox on its worst day: what goes wrong goes wrong for the bot alone; and one more repository."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jwt
import pytest
import requests

from bot.sandbox.client import SandboxClient, SandboxError
from tests.sandboxes import Sandbox, as_user, run_sandbox
from tests.webhook_receiver import Receiver


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with closing(Receiver()) as bot, run_sandbox(tmp_path / "data", bot_url=bot.root) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox.running.html_url, sandbox.running.control_token) as found:
        yield found


def test_the_bot_meets_faults_and_people_do_not(sandbox: Sandbox, client: SandboxClient) -> None:
    client.set_faults(calls=0.9, seed=1)
    with as_user(sandbox, "maintainer") as person:
        url = f"{sandbox.api}/repos/acme/source"
        assert {person.get(url, timeout=60).status_code for _ in range(30)} == {200}
    outcomes = Counter(_call_as_app(sandbox) for _ in range(60))
    assert {500, 502, 403, "reset"} <= outcomes.keys()
    assert sum(client.faults()["done"].values()) > 40
    client.set_faults()
    assert {_call_as_app(sandbox) for _ in range(20)} == {200}


def _call_as_app(sandbox: Sandbox) -> object:
    now = int(time.time())
    claims = {"iat": now - 10, "exp": now + 300, "iss": str(sandbox.keys.app_id)}
    token = jwt.encode(claims, sandbox.keys.private_key_file.read_text(), algorithm="RS256")
    try:
        answer = requests.get(f"{sandbox.api}/app", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    except requests.ConnectionError:
        return "reset"
    return answer.status_code


def test_a_new_repository_is_announced_and_covered(client: SandboxClient) -> None:
    done = client.create("acme/second", {"altpress.yml": b"name: Second\napps: []\n"})
    assert done["full_name"] == "acme/second"
    events = {row["event"] for row in client.wait(done["guids"])}
    assert events == {"repository", "installation_repositories"}
    assert "acme/second" in client.info()["repositories"]
    with pytest.raises(SandboxError, match="already"):
        client.create("acme/second", {"README.md": b""})
    with pytest.raises(SandboxError, match="OWNER/NAME"):
        client.create("nobody/second", {"README.md": b""})


def test_dropped_deliveries_are_logged_as_failed_and_doubled_ones_twice(client: SandboxClient) -> None:
    client.set_faults(dropped=0.9, seed=3)
    rows = [client.wait(client.push("acme/app", {"a": str(n).encode()})["guids"])[0] for n in range(6)]
    assert 504 in {row["status_code"] for row in rows}
    client.set_faults(doubled=0.9, seed=3)
    sent = [client.push("acme/app", {"b": str(n).encode()})["guids"] for n in range(6)]
    client.wait([guid for guids in sent for guid in guids])
    deadline = time.monotonic() + 60
    while not (twice := _sent_twice(client)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert twice


def _sent_twice(client: SandboxClient) -> bool:
    return 2 in Counter(row["guid"] for row in client.deliveries(40)).values()
