"""The settings of a bot whose GitHub is a running sandbox, as `up --sandbox` makes them."""

import os
from pathlib import Path
from typing import Any

import requests

from bot.sandbox.prepare import prepare
from bot.sandbox.running import load_running
from config.settings import Settings, load_settings

_CREDENTIALS = ("GITHUB_API_URL", "GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "GITHUB_APP_ID")


def load_beside(data: Path | None) -> Settings:
    """The sandbox's settings where one runs in the directory, else the installation's. Raises BadSettings.

    `data` is what `--data` names; else it is ALTPRESS_DATA_DIR, else `.altpress`. A sandbox in a directory
    that `--data` does not name does not stand in the way of credentials that are set.
    """
    directory = data or Path(os.environ.get("ALTPRESS_DATA_DIR") or ".altpress")
    found = find_sandbox(directory) if data is not None or not names_credentials() else None
    given: dict[str, Any] = found or {}
    return load_settings(**{**given, "data_dir": directory})


def names_credentials() -> bool:
    """Whether the environment says which GitHub is meant, and as whom."""
    return any(os.environ.get(f"ALTPRESS_{name}") for name in _CREDENTIALS)


def find_sandbox(data_dir: Path) -> dict[str, Any] | None:
    """Overrides for `load_settings`; None when no sandbox answers there.

    They replace every setting of the real GitHub, so that what is tried here can never reach it.
    """
    running = load_running(data_dir)
    if running is None or not _answers(running.api_url):
        return None
    keys = prepare(data_dir)
    return {
        "data_dir": data_dir,
        "github_api_url": running.api_url,
        "oidc_issuer": f"{running.html_url}/oidc",
        "github_app_id": keys.app_id,
        "github_app_private_key": keys.private_key_file.read_text(),
        "github_token": None,
        "sites": (),
        "bot_login": None,
        "webhook_secrets": (keys.load_secret(),),
        "asset_hosts": ("127.0.0.1", "localhost"),
    }


def _answers(api_url: str) -> bool:
    """A killed sandbox leaves its file behind."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between two processes of one machine
        try:
            return session.get(api_url, timeout=5).ok
        except requests.RequestException:
            return False
