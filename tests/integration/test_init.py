"""`altpress init` as a process against the real sandbox; what it writes is published without a hand edit."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.catalog import parse_catalog
from bot.cli.init import _write
from bot.cli.init_reading import Reader
from bot.context import Context
from bot.github import GitHub
from bot.ipa.tint import suggest_tint_color
from bot.records import Job
from bot.sandbox.make_ipa import draw_icon, make_ipa
from config.settings import Settings
from tests.fakes import FakeGitHub, make_repository
from tests.installation import APP, KEY, SITE, Hub, Installation, empty_stores, installation
from tests.sandboxes import Sandbox, run_sandbox

__all__ = ["empty_stores", "installation"]
ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path, stdin: str = "", **settings: object) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ALTPRESS_")}
    environment |= {f"ALTPRESS_{name.upper()}": str(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [sys.executable, "-m", "bot", "init", *map(str, words)],
        env=environment, input=stdin, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with three releases: each with an app, a debug build of it, and something else."""
    with run_sandbox(tmp_path_factory.mktemp("init") / "data") as running:
        hub = Hub(running)
        for version in ("1.0", "1.1"):
            hub.release(
                f"v{version}",
                {
                    f"Acme-{version}.ipa": make_ipa(version=version, padding=400_000),
                    f"Acme-{version}-debug.ipa": make_ipa(version=version),
                    "checksums.txt": b"x",
                },
            )
        hub.release("lib-v3.0", {"lib.zip": b"zip"})
        hub.close()
        yield running


def hooks_of(sandbox: Sandbox, repository: str) -> list[dict[str, Any]]:
    hub = Hub(sandbox)
    found = hub.get(f"/repos/{repository}/hooks")
    hub.close()
    return list(found)


def test_what_it_writes_publishes_without_a_hand_edit(installation: Installation, tmp_path: Path) -> None:
    bot = installation
    bot.hub.push({"altpress.yml": None})
    for version in ("1.0", "2.0"):
        files = {
            f"Acme-{version}.ipa": make_ipa(version=version),
            f"Acme-{version}-tvos.ipa": make_ipa(version=version, device_families=(3,)),
            f"Beta-{version}.ipa": make_ipa(version=version, bundle_identifier="com.acme.beta"),
        }
        bot.hub.release(f"v{version}", files)
    out = tmp_path / "altpress.yml"
    done = run(APP, "--data", bot.hub.sandbox.data, "--site", SITE, "--out", out)
    assert done.returncode == 0, done.stderr
    bot.hub.push({"altpress.yml": out.read_text()})
    bot.context.queue.enqueue(Job(name="sweep"))
    bot.drain(expect=lambda: "Publish" in bot.hub.commits()[0])
    document = json.loads(bot.hub.file("apps.json"))
    listed = {app["bundleIdentifier"]: [v["version"] for v in app["versions"]] for app in document["apps"]}
    assert listed == {"com.acme.app": ["2.0", "1.0"], "com.acme.beta": ["2.0", "1.0"]}
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.problems == ()
    bot.hub.release("v2.1", {"Acme-2.1.ipa": make_ipa(version="2.1"), "Beta-2.1.ipa": make_ipa(
        version="2.1", bundle_identifier="com.acme.beta")})  # fmt: skip
    bot.drain()
    versions = [app["versions"][0]["version"] for app in json.loads(bot.hub.file("apps.json"))["apps"]]
    assert versions == ["2.1", "2.1"], "the next release needs no edit either"


def test_the_catalog_says_what_was_found(sandbox: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "altpress.yml"
    done = run(APP, "--name", "Acme Source", "--out", out, github_api_url=sandbox.api)
    assert done.returncode == 0, done.stderr
    catalog = parse_catalog(out.read_text())
    assert catalog.name == "Acme Source"
    [app] = catalog.apps
    assert (app.repository, app.bundle_id) == (APP, "com.acme.app")
    assert (app.assets, app.tags) == (("Acme-*.ipa", "!Acme-*-debug.ipa"), "v*")
    assert app.tint_color == suggest_tint_color(draw_icon("com.acme.app"))
    assert "lib-v3.0" in out.read_text()
    assert "App or a token" in done.stderr, "without credentials, the next step is to get some"
    total = sum(len(make_ipa(version="1.1", padding=400_000)) for _ in range(1))
    assert f"of {total:,} bytes" in done.stderr, "read by ranges"


def test_the_sandbox_of_the_data_directory_is_found(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(APP, "--out", tmp_path / "altpress.yml", data_dir=sandbox.data)
    assert done.returncode == 0, done.stderr
    assert "2 IPA" in done.stderr or "IPA file(s)" in done.stderr


def test_a_file_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    with run_sandbox(tmp_path / "data") as sandbox:
        hub = Hub(sandbox)
        files = {
            "Acme-1.0.ipa": make_ipa(version="1.0"),
            "Broken-1.0.ipa": make_ipa(version="1.0", bundle_identifier="com acme/ünï"),
        }
        hub.release("v1.0", files)
        out = tmp_path / "altpress.yml"
        done = run(APP, "--data", sandbox.data, "--out", out)
        assert done.returncode == 0, done.stderr
        assert "Broken-1.0.ipa of v1.0: no client takes its bundle ID" in done.stderr
        assert [app.bundle_id for app in parse_catalog(out.read_text()).apps] == ["com.acme.app"]
        hub.close()


def test_a_host_that_is_down_costs_its_own_file_alone() -> None:
    github, app = FakeGitHub(), make_repository(APP)
    github.repositories[APP] = app
    github.add_release(app, 1, {"Down-1.0.ipa": b"x", "Acme-1.0.ipa": make_ipa(version="1.0")})
    github.files[min(github.files)] = None  # its host answers 500
    said: list[str] = []
    both = cast("GitHub", github)
    _, plans = Reader(Context(Settings(), github=both), both, both, said.append).plan(APP)
    assert [plan.bundle_identifier for plan in plans] == ["com.acme.app"]
    assert any("Down-1.0.ipa" in line and "cannot be had" in line for line in said)


def test_apps_that_are_left_out_are_not_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    github = FakeGitHub()
    for number, name in enumerate((APP, "acme/tool"), start=1):
        app = github.repositories[name] = make_repository(name, id=number)
        github.add_release(app, number, {f"Made-{number}.ipa": make_ipa(version="1.0")})
    both = cast("GitHub", github)
    reader = Reader(Context(Settings(), github=both), both, both, lambda _: None)
    _write(reader, (APP, "acme/tool"), tmp_path / "altpress.yml", None, keep=False)
    assert len(parse_catalog((tmp_path / "altpress.yml").read_text()).apps) == 1
    said = capsys.readouterr().err
    assert "altpress.yml: 1 app(s)" in said
    assert "1 more left out" in said


def test_nothing_is_overwritten(sandbox: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "altpress.yml"
    out.write_text("mine")
    refused = run(APP, "--out", out, github_api_url=sandbox.api)
    assert (refused.returncode, out.read_text()) == (1, "mine")
    assert "--force" in refused.stderr
    assert run(APP, "--out", out, "--force", github_api_url=sandbox.api).returncode == 0
    parse_catalog(out.read_text())


def test_a_pipe_gets_the_catalog_alone(sandbox: Sandbox) -> None:
    done = run(f"https://github.com/{APP}/releases", "--out", "-", github_api_url=sandbox.api)
    assert parse_catalog(done.stdout).apps[0].repository == APP


@pytest.mark.parametrize(
    ("names", "status", "sentence"),
    [
        ((SITE,), 1, "acme/source has no published release"),
        (("acme/nothing",), 1, "acme/nothing is not there"),
        (("acme/nothing", SITE), 1, "acme/source has no published release"),
        (("nonsense",), 2, "is not OWNER/REPO"),
    ],
)
def test_clear_errors(
    sandbox: Sandbox, tmp_path: Path, names: tuple[str, ...], status: int, sentence: str
) -> None:
    out = tmp_path / "altpress.yml"
    done = run(*names, "--out", out, github_api_url=sandbox.api)
    assert done.returncode == status
    assert sentence in done.stderr
    assert not out.exists()


def test_private_and_empty_ones(tmp_path: Path) -> None:
    with run_sandbox(tmp_path / "data") as sandbox:
        hub = Hub(sandbox)
        hub.release("v1.0", {"Acme.zip": b"zip"})
        assert "the newest (v1.0) has Acme.zip" in run(APP, "--out", "-", github_api_url=sandbox.api).stderr
        hub.release("v1.1", {"Acme.ipa": b"no zip"})
        broken = run(APP, "--out", "-", github_api_url=sandbox.api)
        assert "none of its IPA files could be read" in broken.stderr
        hub.close()
        make_private(sandbox)
        assert "or it is private" in run(APP, "--out", "-", github_api_url=sandbox.api).stderr
        signed_in = run(APP, "--out", "-", "--data", sandbox.data)
        assert "nobody could download from it" in signed_in.stderr


def make_private(sandbox: Sandbox) -> None:
    from tests.sandboxes import as_user

    with as_user(sandbox, "maintainer") as session:
        assert session.patch(f"{sandbox.api}/repos/{APP}", json={"private": True}, timeout=10).ok


def test_webhooks_with_a_token(sandbox: Sandbox, tmp_path: Path) -> None:
    words = (APP, "--site", SITE, "--hook", "http://127.0.0.1:9", "--out", tmp_path / "a.yml")
    settings = {"github_api_url": sandbox.api, "webhook_secrets": "a-secret-of-ours"}
    token = sandbox.tokens["maintainer"]
    done = run(*words, "--github-token-stdin", stdin=f"{token}\n", **settings)
    assert done.returncode == 0, done.stderr
    assert f"webhook of {APP}: created" in done.stderr
    again = run(*words, "--github-token-stdin", stdin=f"{token}\n", **settings)
    assert f"webhook of {APP}: updated" in again.stderr
    assert "stays as it is" in again.stderr
    for repository in (APP, SITE):
        [hook] = hooks_of(sandbox, repository)
        assert hook["config"]["url"] == "http://127.0.0.1:9/webhooks/github"
        assert hook["config"]["content_type"] == "json"
        assert {"release", "issue_comment", "push", "repository"} <= set(hook["events"])
    for text in (done.stdout, done.stderr, again.stderr):
        assert token not in text
        assert "a-secret-of-ours" not in text


def test_webhooks_without_the_right_are_told_click_by_click(sandbox: Sandbox, tmp_path: Path) -> None:
    words = (APP, "--hook", "https://bot.acme.example/", "--out", tmp_path / "a.yml", "--github-token-stdin")
    settings = {"github_api_url": sandbox.api, "webhook_secrets": "a-secret-of-ours"}
    done = run(*words, stdin=sandbox.tokens["developer"], **settings)
    assert done.returncode == 0, done.stderr
    assert f"{sandbox.html}/{APP}/settings/hooks/new" in done.stderr
    assert "https://bot.acme.example/webhooks/github" in done.stderr
    assert "a-secret-of-ours" not in done.stderr


def test_an_apps_webhook(tmp_path: Path) -> None:
    with run_sandbox(tmp_path / "data") as sandbox:
        hub = Hub(sandbox)
        hub.release("v1.0")
        words = (APP, "--data", sandbox.data, "--hook", "http://127.0.0.1:9", "--out", tmp_path / "a.yml")
        done = run(*words)
        hub.close()
        assert done.returncode == 0, done.stderr
        assert "webhook of the GitHub App altpress: http://127.0.0.1:9/webhooks/github" in done.stderr
