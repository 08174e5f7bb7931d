"""The sandbox's issuer of tokens, as a job and whoever checks its token meet it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.errors import BadToken
from bot.oidc import Claims, KeyRing, verify_token
from bot.sandbox.client import SandboxClient, SandboxError
from tests.sandboxes import ROOT, Sandbox, run_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("oidc") / "data") as running:
        yield running


def check(sandbox: Sandbox, token: str) -> Claims:
    ring = KeyRing(f"{sandbox.html}/oidc")
    return verify_token(token, find_key=ring.find, issuer=ring.issuer, now=time.time())


def run(sandbox: Sandbox, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bot", "sandbox", "token", *arguments, "--data", str(sandbox.data)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ, check=False)


def test_the_command_prints_the_token_of_a_job(sandbox: Sandbox) -> None:
    done = run(sandbox, "acme/app", "--audience", "acme/source", "--event", "release")
    assert done.returncode == 0, done.stderr
    claims = check(sandbox, done.stdout.strip())
    assert (claims.repository, claims.repository_owner, claims.aud) == ("acme/app", "acme", "acme/source")
    assert (claims.ref, claims.ref_type, claims.tag) == ("refs/heads/main", "branch", None)
    assert claims.event_name == "release"
    with SandboxClient.find(sandbox.data) as client:
        shown = client._session.get(f"{sandbox.api}/repos/acme/app", timeout=60).json()
    assert claims.number == shown["id"]


def test_a_job_for_a_tag_says_so(sandbox: Sandbox) -> None:
    with SandboxClient.find(sandbox.data) as client:
        draft = client.draft("acme/app", tag="v1.0")
        client.publish(draft["id"])
        token = client.issue_token("acme/app", ref="refs/tags/v1.0")
        with pytest.raises(SandboxError, match=r"no ref 'refs/tags/v9'"):
            client.issue_token("acme/app", ref="refs/tags/v9")
        with pytest.raises(SandboxError, match="no ref"):
            client.issue_token("acme/app", ref="../../sandbox-oidc.pem")
        with pytest.raises(SandboxError, match="no repository"):
            client.issue_token("acme/nothing")
    claims = check(sandbox, token)
    assert claims.tag == "v1.0"
    assert claims.aud == f"{sandbox.html}/acme", "GitHub's default is the owner's address"


def test_each_token_is_one_of_its_own(sandbox: Sandbox) -> None:
    with SandboxClient.find(sandbox.data) as client:
        tokens = [check(sandbox, client.issue_token("acme/app")) for _ in range(2)]
    assert tokens[0].jti != tokens[1].jti


def test_the_issuer_is_open_and_the_tokens_are_not(sandbox: Sandbox) -> None:
    found = requests.get(f"{sandbox.html}/oidc/.well-known/openid-configuration", timeout=60).json()
    assert found["issuer"] == f"{sandbox.html}/oidc"
    keys = requests.get(found["jwks_uri"], timeout=60).json()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "e", "key_ops", "kid", "kty", "n", "use"]]
    refused = requests.post(f"{sandbox.html}/_sandbox/tokens", json={"repository": "acme/app"}, timeout=60)
    assert refused.status_code == 404


def test_another_sandbox_is_another_issuer(sandbox: Sandbox, tmp_path: Path) -> None:
    with run_sandbox(tmp_path / "data") as other, SandboxClient.find(other.data) as client:
        token = client.issue_token("acme/app")
    with pytest.raises(BadToken):
        check(sandbox, token)


def test_the_key_is_its_owners_alone_and_stays(sandbox: Sandbox) -> None:
    file = sandbox.keys.oidc_key_file
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert file.read_bytes() != sandbox.keys.private_key_file.read_bytes()
