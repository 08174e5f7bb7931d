"""What `altpress inspect` reads from, and how it says that it cannot."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.inspect import command
from tests.builders import Entry, app_members, make_ipa, write_zip
from tests.range_server import serve_file

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs/ipa.md").read_text()
IPA = make_ipa()


def inspect(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=stdin)


def error_of(*arguments: object, stdin: bytes = b"") -> dict[str, Any]:
    """The error as programs get it; people get the same sentence, and both the same exit status."""
    as_json = inspect(*arguments, "--json", stdin=stdin)
    shown = json.loads(as_json.stdout)
    assert (as_json.exit_code, list(shown), shown["ok"]) == (2, ["ok", "error"], False)
    assert list(shown["error"]) == ["code", "message"]
    plain = inspect(*arguments, stdin=stdin)
    assert (plain.exit_code, plain.stdout) == (2, "")
    assert f"`{shown['error']['code']}`" in DOCS
    assert plain.stderr == f"altpress: {shown['error']['message']}\n"
    return dict(shown["error"])


def test_standard_input_is_read_by_a_dash() -> None:
    shown = json.loads(inspect("-", "--json", "--hash", stdin=IPA).stdout)
    assert (shown["bundle_identifier"], shown["size"]) == ("com.acme.app", len(IPA))
    assert shown["sha256"]
    assert "transfer" not in shown
    assert error_of("-")["code"] == "not_a_zip"


def test_a_file_that_is_called_like_an_option_or_without_an_ending(tmp_path: Path) -> None:
    for name in ("--json", "-", "Ünï cödé", "x.zip"):
        (tmp_path / name).write_bytes(IPA)
        assert inspect("--", tmp_path / name).exit_code == 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "No such file"),
        (Path.mkdir, "folder"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
        (lambda path: path.symlink_to(path), "symbolic links"),
    ],
)
def test_what_is_no_file_is_told_and_never_waited_for(
    tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    make(tmp_path / "x.ipa")
    error = error_of(tmp_path / "x.ipa")
    assert error["code"] == "unreadable_file"
    assert told in error["message"]


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="no /proc/self/mem on this system")
def test_a_file_that_fails_while_it_is_read() -> None:
    assert error_of("/proc/self/mem")["code"] == "unreadable_file"


def test_an_empty_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "x.ipa").touch()
    assert error_of(tmp_path / "x.ipa")["code"] == "not_a_zip"


def test_a_name_that_no_file_can_have() -> None:
    assert error_of("a\0b")["code"] == "unreadable_file"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/a.ipa", "not_allowed"),
        ("file:///etc/passwd", "not_allowed"),
        ("itms-services://?action=download", "not_allowed"),
        ("http://example.com/a.ipa", "not_allowed"),
        ("HTTP://EXAMPLE.COM/a.ipa", "not_allowed"),
        ("http://169.254.169.254/latest/", "not_allowed"),
        ("http://192.168.1.1/a.ipa", "not_allowed"),
        ("https://", "not_allowed"),
        ("https://user:secret@example.com/a.ipa", "not_allowed"),
        ("https://[::1", "not_allowed"),
        ("https://example.com:port/", "not_allowed"),
        ("http://127.0.0.1:1/a.ipa?token=secret", "unavailable"),
    ],
)
def test_addresses_that_are_not_fetched(url: str, code: str) -> None:
    error = error_of(url)
    assert error["code"] == code
    assert "secret" not in error["message"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "not_found"), (410, "not_found"), (401, "not_allowed"), (403, "not_allowed"),
        (429, "rate_limited"), (500, "unavailable"), (503, "unavailable"), (418, "unavailable"),
    ],
)  # fmt: skip
def test_answers_that_are_no_file(status: int, code: str) -> None:
    with serve_file(IPA) as server:
        server.statuses = [(status, {})] * 2
        error = error_of(server.url("/file.ipa?token=secret"))
    assert error["code"] == code
    assert "secret" not in error["message"]


def test_a_query_is_sent_and_a_redirect_followed() -> None:
    with serve_file(IPA) as server:
        server.redirects["/latest"] = server.url("/file.ipa?X-Amz-Signature=a%2Fb")
        shown = json.loads(inspect(server.url("/latest?a=1&b=2"), "--json").stdout)
        assert [path for path, _ in server.seen][:2] == ["/latest", "/file.ipa"]
    assert shown["bundle_identifier"] == "com.acme.app"
    assert set(shown["transfer"]) == {"requests", "bytes"}


def test_a_redirect_to_a_private_machine_is_not_followed() -> None:
    """Only https goes there, and only where its certificate is good."""
    with serve_file() as server:
        server.redirects["/latest"] = "http://10.0.0.1/file.ipa"
        assert error_of(server.url("/latest"))["code"] == "not_allowed"


def test_a_page_instead_of_the_file_is_no_ipa() -> None:
    with serve_file(b"<html>Sign in</html>" * 10) as server:
        assert error_of(server.url())["code"] == "not_a_zip"


def test_a_server_that_stops_in_the_middle_is_told() -> None:
    with serve_file(IPA) as server:
        server.cuts = [10] * 9
        assert json.loads(inspect(server.url(), "--json").stdout)["error"]["code"] == "unavailable"


def run_on_terminal(*words: str | Path) -> tuple[int, bytes, bytes]:
    """(exit status, stdout, what a terminal got as stderr) of the command as a process."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "inspect", *map(str, words)],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        got = b""
        try:
            while piece := os.read(ours, 1 << 16):
                got += piece
        except OSError:
            pass  # Linux's way to say that the other end is closed
        finally:
            os.close(ours)
        assert process.stdout is not None
        return process.wait(30), process.stdout.read(), got


def test_a_large_file_shows_a_bar_on_terminals_only(tmp_path: Path) -> None:
    large, small = tmp_path / "large.ipa", tmp_path / "small.ipa"
    with large.open("wb") as file:
        write_zip(file, [*app_members(), Entry("Payload/Acme.app/Assets", method=0, hole=64 << 20)])
    small.write_bytes(IPA)
    status, out, terminal = run_on_terminal(large, "--hash")
    assert (status, b"reading" in terminal, b"reading" in out) == (0, True, False)
    assert b"67,1" in out, "the size"
    status, out, terminal = run_on_terminal(large, "--hash", "--json")
    assert (status, terminal) == (0, b"")
    assert json.loads(out)["sha256"]
    assert b"parts needed" in run_on_terminal(large)[2]
    assert run_on_terminal(small, "--hash")[2] == b""
    assert inspect(large, "--hash").stderr == ""


def test_a_terminal_that_knows_few_letters_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "x.ipa"
    path.write_bytes(make_ipa(name="Ünï"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "inspect", path], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?n? 1.0" in done.stdout


def test_help_teaches() -> None:
    shown = CliRunner().invoke(command, ["--help"]).stdout
    for taught in ("altpress inspect App.ipa\n", "https://", "--icon icon.png", "| altpress inspect -"):
        assert taught in shown
    for status in ("0  ", "1  ", "2  "):
        assert f"\n    {status}" in shown
