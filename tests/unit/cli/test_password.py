"""`altpress password`, and the sandbox's own."""

import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from click.testing import CliRunner

from bot.cli.password import command
from bot.cli.up_dashboard import VARIABLE, let_in, sign_in_link, tell_dashboard


def test_a_password_is_asked_for_twice_and_not_shown() -> None:
    result = CliRunner().invoke(command, input="correct horse\ncorrect horse\n")
    assert result.exit_code == 0, result.output
    assert "correct horse" not in result.output
    assert PasswordHasher().verify(result.stdout.strip(), "correct horse")


def test_two_that_differ_make_no_hash() -> None:
    result = CliRunner().invoke(command, input="correct horse\nwrong horse\n")
    assert result.exit_code != 0
    assert "$argon2" not in result.output


def test_a_password_may_come_from_a_pipe() -> None:
    result = CliRunner().invoke(command, ["--stdin"], input="correct horse\nmore\n")
    assert PasswordHasher().verify(result.stdout.strip(), "correct horse")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(result.stdout.strip(), "correct horse\n")


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_lengths_that_are_refused(password: str) -> None:
    assert CliRunner().invoke(command, ["--stdin"], input=f"{password}\n").exit_code == 2


def test_the_sandbox_makes_a_password_once(tmp_path: Path) -> None:
    first = let_in({"A": "b"}, tmp_path)
    link = sign_in_link(first, tmp_path, "http://127.0.0.1:1")
    assert first["A"] == "b"
    hash_file = Path(first[f"{VARIABLE}_FILE"])
    assert link is not None
    address, _, password = link.partition("#token=")
    assert address == "http://127.0.0.1:1/login"
    assert len(password) >= 32
    assert PasswordHasher().verify(hash_file.read_text().strip(), password)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    again = let_in({}, tmp_path)
    assert sign_in_link(again, tmp_path, "http://127.0.0.1:1") == link


def test_only_a_terminal_is_shown_the_password(tmp_path: Path) -> None:
    """Elsewhere the output of `up` is the log of a container."""
    environment, url = let_in({}, tmp_path), "http://127.0.0.1:1"
    password = (tmp_path / "dashboard-password").read_text().strip()
    assert tell_dashboard(environment, tmp_path, url, terminal=True) == f"{url}/login#token={password}"
    told = tell_dashboard(environment, tmp_path, url, terminal=False)
    assert told == f"{url}/login (password in {tmp_path / 'dashboard-password'})"
    assert tell_dashboard({VARIABLE: "x"}, tmp_path, url, terminal=True) is None


@pytest.mark.parametrize("name", [VARIABLE, f"{VARIABLE}_FILE"])
def test_a_password_of_ones_own_stays_in_force(tmp_path: Path, name: str) -> None:
    environment = let_in({name: "x"}, tmp_path)
    assert environment == {name: "x"}
    assert sign_in_link(environment, tmp_path, "http://127.0.0.1:1") is None
    assert list(tmp_path.iterdir()) == []
