"""What a health check says when Redis cannot be asked; `tests/integration/test_alive.py` has the rest."""

import socket
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from bot.cli.alive import command
from bot.errors import Unavailable


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a Redis that is away: the port is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["worker", "scheduler"])
def test_whether_it_lives_is_not_known(kind: str, nobody: str) -> None:
    done = CliRunner().invoke(command, [kind], env={"ALTPRESS_REDIS_URL": nobody})
    assert isinstance(done.exception, Unavailable)


@pytest.mark.parametrize("kind", ["worker", "scheduler"])
def test_is_not_restarted_for_that(kind: str, nobody: str) -> None:
    done = CliRunner().invoke(command, [kind, "--unless-redis-is-away"], env={"ALTPRESS_REDIS_URL": nobody})
    assert done.exit_code == 0


def test_web_that_does_not_answer_is_restarted_all_the_same(nobody: str) -> None:
    port = nobody.rpartition(":")[2]
    done = CliRunner().invoke(command, ["web", "--unless-redis-is-away"], env={"ALTPRESS_PORT": port})
    assert (done.exit_code, done.output) == (1, "Error: no sign of life of the web\n")
