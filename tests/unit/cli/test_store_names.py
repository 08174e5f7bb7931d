"""A store that does not answer is named to who runs a command, its credentials never."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.cli.rebuild_state import command as rebuild_state
from bot.cli.store_names import hosts_of, naming_stores
from bot.errors import BotError, DatabaseAway, QueueAway, Unavailable
from config.settings import load_settings


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("mongodb://user:pass%40word@a.example:27017,b.example/db?x=y@z", "a.example:27017,b.example"),
        ("mongodb+srv://user:p@cluster.example/?w=1", "cluster.example"),
        ("mongodb://%2Ftmp%2Fmongo.sock/?directConnection=true", "/tmp/mongo.sock"),
        ("rediss://:p@ss@cache.example:6380/0", "cache.example:6380"),
        ("unix:///run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
def test_hosts_without_credentials(url: str, hosts: str) -> None:
    assert hosts_of(url) == hosts


def test_each_store_is_told_where_it_was_looked_for(tmp_path: Path) -> None:
    settings = load_settings(mongo_url="mongodb://u:secret@db.example:1/", data_dir=tmp_path)
    with (
        pytest.raises(Unavailable, match=r"db\.example:1 \(ALTPRESS_MONGO_URL\)") as told,
        naming_stores(settings),
    ):
        raise DatabaseAway("The database does not answer.", retry_after=5)
    assert "secret" not in told.value.public
    assert told.value.retry_after == 5
    with pytest.raises(Unavailable, match=r"does not run on .*: start it"), naming_stores(settings):
        raise QueueAway("The queue does not answer (ConnectionError).")
    with (
        pytest.raises(Unavailable, match=r"^The database of GitHub does not answer\.$"),
        naming_stores(settings),
    ):
        raise Unavailable("The database of GitHub does not answer.")


def test_a_directory_without_altpress(tmp_path: Path) -> None:
    done = CliRunner().invoke(rebuild_state, ["--data", str(tmp_path)])
    assert isinstance(done.exception, BotError)
    assert f"There is no altpress in {tmp_path}" in done.exception.public


def test_an_external_store_that_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    environment = {
        "ALTPRESS_MONGO_URL": f"mongodb://user:passw0rd@127.0.0.1:{port}/?serverSelectionTimeoutMS=200",
        "ALTPRESS_DATA_DIR": str(tmp_path),
    }
    for words in (["deliveries", "list"], ["migrate", "status"]):
        error = CliRunner().invoke(cli, words, env=environment).exception
        assert isinstance(error, Unavailable)
        assert f"It is looked for at 127.0.0.1:{port} (ALTPRESS_MONGO_URL)." in error.public
        assert "passw0rd" not in error.public
