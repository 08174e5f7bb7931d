"""Addresses of the built-in stores, Redis's configuration, and the environment of what `up` starts."""

from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri
from redis.connection import parse_url

from bot.cli.up_environment import GITHUB_SETTINGS, build_environment, point_at_sandbox
from bot.embedded.redis import render_config
from bot.embedded.urls import check_socket_paths, mongo_url, redis_url
from config.settings import SECRETS, Settings


@pytest.mark.parametrize("folder", ["/data", "/da ta/ü%41", "/a?b#c@d:e", "relative"])
def test_the_clients_read_the_path_back(folder: str) -> None:
    there = Path(folder).absolute()
    assert parse_uri(mongo_url(Path(folder)))["nodelist"] == [(f"{there}/mongo.sock", None)]
    assert parse_url(redis_url(Path(folder)))["path"] == f"{there}/redis.sock"


def test_writes_are_on_the_disk_when_they_are_acknowledged() -> None:
    assert parse_uri(mongo_url(Path("/data")))["options"]["journal"] is True


def test_a_path_too_long_for_a_socket_is_told() -> None:
    assert check_socket_paths(Path("/data")) is None
    assert check_socket_paths(Path("/" + "x" * 91)) is None
    assert "--data" in (check_socket_paths(Path("/" + "x" * 93)) or "")
    assert "--data" in (check_socket_paths(Path("/" + "ü" * 50)) or "")


def test_redis_listens_on_no_port_and_loses_nothing() -> None:
    lines = render_config(Path('/da "ta/redis.sock'), Path("/data/redis")).splitlines()
    assert {"port 0", "unixsocketperm 700", "appendonly yes", "maxmemory-policy noeviction"} < set(lines)
    assert 'unixsocket "/da \\"ta/redis.sock"' in lines


def test_the_options_of_up_reach_the_programs() -> None:
    environment = build_environment(
        {"HOME": "/home/x", "ALTPRESS_PORT": "1"}, data_dir=Path("/data"), host="::1", port=9, reload=True
    )
    assert environment["HOME"] == "/home/x"
    assert environment["ALTPRESS_DATA_DIR"] == "/data"
    assert (environment["ALTPRESS_HOST"], environment["ALTPRESS_PORT"]) == ("::1", "9")
    assert environment["ALTPRESS_RELOAD"] == "1"


@pytest.mark.parametrize(
    ("said", "terminal", "expected"),
    [
        (None, True, "text"),
        (None, False, "json"),
        ("", True, "text"),
        ("json", True, "json"),
        ("text", False, "text"),
    ],
)
def test_at_a_terminal_the_log_is_for_people(said: str | None, terminal: bool, expected: str) -> None:
    environ = {} if said is None else {"ALTPRESS_LOG_FORMAT": said}
    environment = build_environment(
        environ, data_dir=Path("/data"), host="::1", port=9, reload=False, terminal=terminal
    )
    assert environment["ALTPRESS_LOG_FORMAT"] == expected


def test_a_sandbox_replaces_everything_of_the_real_github() -> None:
    real = {f"ALTPRESS_{name}": "real" for name in GITHUB_SETTINGS}
    environment = point_at_sandbox(
        {**real, "ALTPRESS_QUIET_PERIOD": "1"}, port=9, app_id=7, private_key_file=Path("/k"),
        webhook_secret_file=Path("/s"),
    )  # fmt: skip
    assert "real" not in environment.values()
    assert environment == {
        "ALTPRESS_QUIET_PERIOD": "1",
        "ALTPRESS_GITHUB_API_URL": "http://127.0.0.1:9/api/v3",
        "ALTPRESS_OIDC_ISSUER": "http://127.0.0.1:9/oidc",
        "ALTPRESS_GITHUB_APP_ID": "7",
        "ALTPRESS_GITHUB_APP_PRIVATE_KEY_FILE": "/k",
        "ALTPRESS_WEBHOOK_SECRETS_FILE": "/s",
        "ALTPRESS_ASSET_HOSTS": "127.0.0.1,localhost",
        "ALTPRESS_METRICS_OPEN": "true",
    }


def test_every_setting_about_github_is_replaced() -> None:
    """A new one has to be put on the list, or a sandbox's bot could meet the real GitHub."""
    about = {name for name in Settings.model_fields if name.startswith("github_")}
    about |= {"sites", "bot_login", "webhook_secrets", "asset_hosts", "oidc_issuer"}
    names = {name.upper() for name in about} | {f"{name.upper()}_FILE" for name in about & set(SECRETS)}
    assert names == set(GITHUB_SETTINGS)
