"""Whose settings the commands take that look at an installation from beside it."""

from pathlib import Path

import pytest

from bot.cli.sandbox_settings import load_beside
from tests.sandboxes import run_sandbox


def test_a_running_sandbox_is_found_wherever_its_directory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / ".altpress"
    for name in ("DATA_DIR", "GITHUB_API_URL", "GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "GITHUB_APP_ID"):
        monkeypatch.delenv(f"ALTPRESS_{name}", raising=False)
    with run_sandbox(data) as sandbox:
        assert load_beside(data).github_api_url == sandbox.api
        monkeypatch.chdir(tmp_path)
        assert load_beside(None).github_api_url == sandbox.api, "the default directory"
        monkeypatch.chdir("/")
        monkeypatch.setenv("ALTPRESS_DATA_DIR", str(data))
        assert load_beside(None).github_api_url == sandbox.api
        monkeypatch.setenv("ALTPRESS_GITHUB_TOKEN", "ghp_real")
        monkeypatch.setenv("ALTPRESS_SITES", "acme/source")
        assert load_beside(None).github_api_url != sandbox.api, "credentials that are set are meant"
        assert load_beside(data).github_api_url == sandbox.api
        assert load_beside(data).github_token is None
