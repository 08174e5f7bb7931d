"""`altpress password`: the hash that lets one password into the dashboard."""

import sys

import click
from argon2 import PasswordHasher

MIN_LENGTH = 8
MAX_LENGTH = 1024  # characters; the sign-in page takes no more either


@click.command("password")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from the first line of stdin.")
def command(from_stdin: bool) -> None:
    """Print the argon2 hash of a password for ALTPRESS_DASHBOARD_PASSWORD_HASH.

    The password is asked for twice and not shown. The hash holds dollar signs: in a shell or a compose file
    it needs single quotes (compose: each `$` doubled), or lies in the file that
    ALTPRESS_DASHBOARD_PASSWORD_HASH_FILE names.
    """
    password = _read_line() if from_stdin else _ask()
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise click.UsageError(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    click.echo(hash_password(password))


def hash_password(password: str) -> str:
    """argon2id with the library's parameters (RFC 9106's for little memory)."""
    return PasswordHasher().hash(password)


def _read_line() -> str:
    return sys.stdin.readline(MAX_LENGTH + 2).rstrip("\r\n")


def _ask() -> str:
    """On stderr, so that `altpress password > file` works."""
    answer = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    assert isinstance(answer, str)
    return answer
