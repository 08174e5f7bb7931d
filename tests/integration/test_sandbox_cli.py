"""`altpress sandbox …` against a real sandbox process, with a little bot that checks what it is told."""

import hashlib
import io
import json
import os
import plistlib
import re
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from github import Auth, Github, GithubIntegration

from bot.cli.sandbox import command
from tests.processes import wait_until
from tests.webhook_receiver import Receiver, is_signed

ROOT = Path(__file__).resolve().parents[2]
GUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.MULTILINE)


@dataclass
class Sandbox:
    """A running sandbox and the bot that it tells."""

    data: Path
    bot: Receiver
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "bot.sandbox", "--data", str(self.data), "--port", "0"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [*words, "--bot-url", self.bot.root], env=environment, cwd=self.data.parent
        )
        wait_until((self.data / "sandbox.json").exists)

    def stop(self, how: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)

    def run(self, *words: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(command, [*words, "--data", str(self.data)], input=stdin)

    def do(self, *words: str) -> str:
        """The output of a command that must succeed."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def tell(self, *words: str) -> dict[str, str]:
        """The deliveries that a command named: event (with action) -> GUID."""
        guids = GUID.findall(self.do(*words))
        rows = {row["guid"]: row for row in json.loads(self.do("deliveries", "--json"))}
        return {".".join(filter(None, (rows[g]["event"], rows[g]["action"]))): g for g in guids}

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.info['api_url']}{path}", timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def assets(self, tag: str) -> list[dict[str, Any]]:
        return list(self.get(f"/repos/acme/app/releases/tags/{tag}")["assets"])

    def check(self, sha: str) -> None:
        """A check run of the bot's, with one annotation."""
        key = Auth.AppAuth(801, (self.data / "sandbox-app.pem").read_text())
        with GithubIntegration(auth=key, base_url=self.info["api_url"]) as integration:
            [installation] = integration.get_installations()
        with Github(auth=key.get_installation_auth(installation.id), base_url=self.info["api_url"]) as github:
            note: dict[str, Any] = {"path": "altpress.yml", "start_line": 1, "end_line": 1}
            notes: Any = [{**note, "message": "wrong", "annotation_level": "failure"}]
            github.get_repo("acme/source").create_check_run(
                "altpress", sha, conclusion="failure", external_id="x",
                output={"title": "1 problem", "summary": "It is wrong", "annotations": notes},
            )  # fmt: skip

    @property
    def info(self) -> dict[str, Any]:
        return dict(json.loads(self.do("info", "--json")))

    @property
    def secret(self) -> str:
        return (self.data / "sandbox-webhook-secret").read_text().strip()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("sandbox") / "data"
    sandbox = Sandbox(data, Receiver())
    sandbox.start()
    yield sandbox
    sandbox.stop()
    sandbox.bot.close()
    assert not (data / "sandbox.json").exists()


def test_info_says_where_everything_is(sandbox: Sandbox) -> None:
    info = sandbox.info
    root = info["api_url"].removesuffix("/api/v3")
    assert info == {
        "api_url": f"{root}/api/v3",
        "webhook_url": sandbox.bot.url,
        "dashboard_url": sandbox.bot.root,
        "repositories": {
            name: {"clone_url": f"{root}/{name}.git", "default_branch": "main"}
            for name in ("acme/source", "acme/app")
        },
    }
    assert info["repositories"]["acme/app"]["clone_url"] in sandbox.do("info")


def test_release_makes_an_ipa_and_tells_the_bot(sandbox: Sandbox) -> None:
    output = sandbox.do("release", "acme/app", "--tag", "v1.0", "--notes", "Grüße")
    assert output.startswith(
        sandbox.info["api_url"].removesuffix("/api/v3") + "/acme/app/releases/tag/v1.0\n"
    )
    assert "202 OK" in output
    rows = {row["guid"]: row for row in json.loads(sandbox.do("deliveries", "--json"))}
    told = {f"{rows[guid]['event']}.{rows[guid]['action']}": guid for guid in GUID.findall(output)}
    assert {"release.created", "release.published", "release.released"} <= told.keys()
    attempt = sandbox.bot.find(told["release.published"])[0]
    assert is_signed(attempt, sandbox.secret)
    assert not is_signed(attempt, "another secret")
    release = sandbox.bot.payload(told["release.published"])["release"]
    assert (release["tag_name"], release["body"], release["draft"]) == ("v1.0", "Grüße", False)
    assert release["assets"] == sandbox.assets("v1.0")
    with zipfile.ZipFile(io.BytesIO(download(release["assets"][0]))) as ipa:
        info = plistlib.loads(ipa.read(next(n for n in ipa.namelist() if n.endswith(".app/Info.plist"))))
    assert (info["CFBundleIdentifier"], info["CFBundleShortVersionString"]) == ("com.acme.app", "1.0")


def download(asset: dict[str, Any]) -> bytes:
    data = requests.get(asset["browser_download_url"], timeout=60).content
    assert asset["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
    return data


def test_release_of_given_files(sandbox: Sandbox, tmp_path: Path) -> None:
    for name in ("Acme.ipa", "Acme-tv.ipa"):
        (tmp_path / name).write_bytes(name.encode() * 1_000)
    files = [word for name in ("Acme.ipa", "Acme-tv.ipa") for word in ("--ipa", str(tmp_path / name))]
    told = sandbox.tell("release", "acme/app", "--tag", "v2.0-beta1", "--prerelease", *files)
    assert "release.prereleased" in told
    assert "release.released" not in told
    assert {a["name"]: download(a) for a in sandbox.assets("v2.0-beta1")} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


def test_late_assets_become_whole_without_an_event(sandbox: Sandbox) -> None:
    told = sandbox.tell("release", "acme/app", "--tag", "v1.5", "--late-assets", "0.5")
    shown = sandbox.bot.payload(told["release.published"])["release"]["assets"]
    assert [(a["state"], a["size"], a["digest"]) for a in shown] == [("starter", 0, None)]
    before = len(sandbox.bot.requests)
    wait_until(lambda: sandbox.assets("v1.5")[0]["state"] == "uploaded")
    asset = sandbox.assets("v1.5")[0]
    assert len(download(asset)) == asset["size"]
    assert asset["id"] == shown[0]["id"]
    assert len(sandbox.bot.requests) == before


def test_late_assets_survive_a_kill(tmp_path: Path) -> None:
    other = Sandbox(tmp_path / "data", Receiver())
    other.start()
    other.do("release", "acme/app", "--tag", "v1.0", "--late-assets", "1")
    other.stop(signal.SIGKILL)
    (other.data / "sandbox.json").unlink()
    other.start()
    wait_until(lambda: other.assets("v1.0")[0]["state"] == "uploaded")
    other.stop()
    other.bot.close()


def test_edit_and_delete(sandbox: Sandbox) -> None:
    sandbox.do("release", "acme/app", "--tag", "v3.0", "--prerelease")
    told = sandbox.tell("edit-release", "acme/app", "--tag", "v3.0", "--notes", "New", "--no-prerelease")
    assert told.keys() == {"release.edited", "release.released"}
    edited = sandbox.bot.payload(told["release.edited"])
    assert (edited["release"]["body"], edited["changes"]["body"]["from"]) == ("New", "")
    told = sandbox.tell("delete-release", "acme/app", "--tag", "v3.0")
    assert sandbox.bot.payload(told["release.deleted"])["release"]["tag_name"] == "v3.0"
    assert "v3.0" not in {r["tag_name"] for r in sandbox.get("/repos/acme/app/releases")}


def test_replace_asset_keeps_the_name_and_tells_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.do("release", "acme/app", "--tag", "v4.0")
    (old,), before = sandbox.assets("v4.0"), len(sandbox.bot.requests)
    (tmp_path / "Fixed.ipa").write_bytes(b"other bytes")
    sandbox.do("replace-asset", "acme/app", "--tag", "v4.0", "--ipa", str(tmp_path / "Fixed.ipa"))
    (new,) = sandbox.assets("v4.0")
    assert (new["name"], download(new)) == (old["name"], b"other bytes")
    assert new["id"] != old["id"]
    assert len(sandbox.bot.requests) == before


def test_comment_as_a_user(sandbox: Sandbox) -> None:
    told = sandbox.tell("comment", "acme/source", "1", "/rebuild app", "--as", "visitor")
    payload = sandbox.bot.payload(told["issue_comment.created"])
    comment = payload["comment"]
    assert (comment["body"], comment["user"]["login"], payload["issue"]["number"]) == (
        "/rebuild app",
        "visitor",
        1,
    )
    assert sandbox.get(f"/repos/acme/source/issues/comments/{comment['id']}")["body"] == "/rebuild app"


def test_push_is_a_commit_that_can_be_cloned(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"\x00binary")
    told = sandbox.tell("push", "acme/source", f"docs/a.bin={tmp_path / 'new'}", "--message", "Add a file")
    pushed = sandbox.bot.payload(told["push"])
    assert (pushed["ref"], pushed["head_commit"]["added"]) == ("refs/heads/main", ["docs/a.bin"])
    sandbox.do("push", "acme/source", "README.md=", "-m", "Remove the read-me")
    url = sandbox.info["repositories"]["acme/source"]["clone_url"]
    subprocess.run(["git", "clone", "--quiet", url, str(tmp_path / "clone")], check=True)
    assert (tmp_path / "clone/docs/a.bin").read_bytes() == b"\x00binary"
    assert not (tmp_path / "clone/README.md").exists()
    log = ["git", "-C", str(tmp_path / "clone"), "log", "-2", "--format=%s|%an|%H"]
    newest, older = subprocess.run(log, check=True, capture_output=True, text=True).stdout.splitlines()
    assert newest.startswith("Remove the read-me|Mia Maintainer|")
    assert older == f"Add a file|Mia Maintainer|{pushed['after']}"


def test_push_from_stdin(sandbox: Sandbox) -> None:
    assert sandbox.run("push", "acme/app", "notes.txt=-", stdin=b"from stdin").exit_code == 0
    assert sandbox.get("/repos/acme/app/contents/notes.txt")["size"] == 10


def test_a_protected_branch_takes_a_pull_request(sandbox: Sandbox) -> None:
    assert "is protected" in sandbox.do("protect", "acme/source")
    assert sandbox.get("/repos/acme/source/branches/main")["protected"] is True
    token = json.loads((sandbox.data / "sandbox-tokens.json").read_text())["maintainer"]
    root = f"{sandbox.info['api_url']}/repos/acme/source"
    headers = {"Authorization": f"Bearer {token}"}
    head = sandbox.get("/repos/acme/source/git/ref/heads/main")["object"]["sha"]
    requests.post(
        f"{root}/git/refs", json={"ref": "refs/heads/next", "sha": head}, headers=headers, timeout=60
    )
    made = sandbox.run("push", "acme/source", "next.txt=-", "--branch", "next", stdin=b"next")
    assert made.exit_code == 0, made.output
    body = {"title": "Take it", "head": "next", "base": "main"}
    number = requests.post(f"{root}/pulls", json=body, headers=headers, timeout=60).json()["number"]
    [row] = json.loads(sandbox.do("pulls", "acme/source", "--json"))
    assert (row["number"], row["state"], row["head"], row["base"]) == (number, "open", "next", "main")
    assert sandbox.tell("close", "acme/source", str(number)).keys() == {"pull_request.closed"}
    assert sandbox.tell("close", "acme/source", str(number), "--reopen").keys() == {"pull_request.reopened"}
    told = sandbox.tell("merge", "acme/source", str(number), "--as", "maintainer", "--delete-branch")
    assert told.keys() == {"pull_request.closed", "push", "delete"}
    assert "merged" in sandbox.do("pulls", "acme/source")
    assert sandbox.get("/repos/acme/source/contents/next.txt")["name"] == "next.txt"
    assert "is open again" in sandbox.do("protect", "acme/source", "--off")
    refused = sandbox.run("merge", "acme/source", "1")
    assert refused.exit_code == 1
    assert "has no pull request 1" in refused.output


def test_a_pull_request_from_a_fork_is_checked_by_the_bot(sandbox: Sandbox, tmp_path: Path) -> None:
    new = tmp_path / "new.yml"
    new.write_text("name: Mine\n")
    assert "visitor/source" in sandbox.do("fork", "acme/source", "--as", "visitor")
    pushing = ("push", "visitor/source", f"altpress.yml={new}", "--branch", "mine", "--as", "visitor")
    sandbox.do(*pushing)
    opening = ("open-pull", "acme/source", "visitor:mine", "--title", "Mine", "--as", "visitor")
    assert sandbox.tell(*opening).keys() == {"pull_request.opened"}
    [pull] = json.loads(sandbox.do("pulls", "acme/source", "--state", "open", "--json"))
    assert (pull["title"], pull["head"], pull["base"]) == ("Mine", "mine", "main")
    number = str(pull["number"])
    new.write_text("name: Better\n")
    assert sandbox.tell(*pushing).keys() == {"pull_request.synchronize"}, "the bot is not in the fork"
    result = sandbox.run("rerun", "acme/source", number)
    assert (result.exit_code, "has no check run" in result.output) == (1, True)
    sandbox.check(json.loads(sandbox.do("checks", "acme/source", number, "--json"))["sha"])
    shown = sandbox.do("checks", "acme/source", number)
    assert "altpress  failure  1 problem" in shown
    assert "altpress.yml:1: failure: wrong" in shown
    assert sandbox.tell("rerun", "acme/source", number).keys() == {"check_run.rerequested"}
    payload = json.loads(sandbox.bot.requests[-1][1])
    assert payload["check_run"]["external_id"] == "x"
    assert sandbox.tell("rerun", "acme/source", number, "--all").keys() == {"check_suite.rerequested"}
    assert sandbox.tell("close", "acme/source", number).keys() == {"pull_request.closed"}


def test_redelivery_and_the_log(sandbox: Sandbox) -> None:
    sandbox.bot.status = 503
    told = sandbox.tell("comment", "acme/app", "1", "hello", "--as", "developer")
    sandbox.bot.status = 200
    guid = told["issue_comment.created"]
    assert "200 OK" in sandbox.do("redeliver", guid)
    sandbox.bot.status = 202
    (_, first), (headers, second) = sandbox.bot.find(guid)
    assert first == second
    assert is_signed((headers, second), sandbox.secret)
    newest, older = json.loads(sandbox.do("deliveries", "--json", "--limit", "2"))
    assert newest.keys() == {"guid", "event", "action", "status_code", "delivered_at"}
    assert [newest["guid"], newest["status_code"], older["guid"], older["status_code"]] == [
        guid,
        200,
        guid,
        503,
    ]
    assert f"{guid}  issue_comment.created   200 OK" in sandbox.do("deliveries")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("release acme/nope --tag v1", "there is no repository 'acme/nope' here, but acme/source, acme/app"),
        ("release acme/app --tag v9 --as visitor", "visitor needs the role write in acme/app, and has read"),
        ("release acme/app --tag bad..tag", "no tag can be made"),
        ("edit-release acme/app --tag v99 --notes x", "has no release of the tag 'v99'"),
        ("delete-release acme/app --tag v99", "has no release of the tag 'v99'"),
        ("comment acme/app 77 --as visitor hello", "acme/app has no issue 77"),
        ("comment acme/app 1 --as nobody hello", "there is no user 'nobody' here, but maintainer, developer"),
        ("push acme/app ../x=/dev/null", "git refuses it"),
        ("push acme/app nosuch.txt= docs/no=", "what is not there cannot be removed: nosuch.txt, docs/no"),
        ("push acme/app x= --branch new", "what is not there cannot be removed: x"),
        ("redeliver 0b989ba4-242f-11e5-81e1-c7b6966d2516", "no delivery 0b989ba4"),
    ],
)
def test_refusals_are_a_sentence(sandbox: Sandbox, words: str, said: str) -> None:
    before = len(sandbox.bot.requests)
    result = sandbox.run(*words.split())
    assert (result.exit_code, said in result.output) == (1, True), result.output
    assert "Traceback" not in result.output
    told = [json.loads(body)["action"] for _, body in sandbox.bot.requests[before:]]
    assert told in ([], ["created"], ["created", "deleted"]), "at most a draft, which is taken away again"


def test_what_cannot_be_published_leaves_no_draft(sandbox: Sandbox) -> None:
    assert "no tag can be made" in sandbox.run("release", "acme/app", "--tag", "no..tag").output
    left = sandbox.run("edit-release", "acme/app", "--tag", "no..tag", "--notes", "x")
    assert "has no release of the tag 'no..tag'" in left.output


def test_the_same_tag_twice(sandbox: Sandbox) -> None:
    sandbox.do("release", "acme/app", "--tag", "v5.0")
    result = sandbox.run("release", "acme/app", "--tag", "v5.0")
    assert result.exit_code == 1
    assert "has a release of v5.0 already" in result.output


def test_no_sandbox(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["info", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"no sandbox is running in {tmp_path}: start it with `altpress up --sandbox`" in result.output


def test_a_stale_file_is_no_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    running = json.loads((sandbox.data / "sandbox.json").read_text())
    (tmp_path / "sandbox.json").write_text(json.dumps(running | {"html_url": "http://127.0.0.1:1"}))
    result = CliRunner().invoke(command, ["info", "--data", str(tmp_path)])
    assert (result.exit_code, "no sandbox is running" in result.output) == (1, True)


def test_control_is_closed_without_its_token(sandbox: Sandbox) -> None:
    path = sandbox.data / "sandbox.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    root = json.loads(path.read_text())["html_url"]
    for headers in ({}, {"X-Sandbox-Control": "guess"}, {"Authorization": "Bearer guess"}):
        for method, name in (
            ("GET", "info"),
            ("GET", "deliveries"),
            ("POST", "comments"),
            ("DELETE", "releases"),
        ):
            answer = requests.request(method, f"{root}/_sandbox/{name}", headers=headers, json={}, timeout=60)
            assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


def test_data_may_stand_before_the_sub_command(sandbox: Sandbox) -> None:
    result = CliRunner().invoke(command, ["--data", str(sandbox.data), "info", "--json"])
    assert json.loads(result.output) == sandbox.info


def test_data_is_found_by_the_setting(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_DATA_DIR", str(sandbox.data))
    assert json.loads(CliRunner().invoke(command, ["info", "--json"]).output) == sandbox.info
