"""Places that `altpress lint`, `inspect` and `build` cannot read from, or write to."""

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import inspect as inspect_module
from bot.cli import lint as lint_module
from bot.errors import NotAllowed, TooLarge, Unavailable
from bot.github.page import fetch_page
from bot.github.ranges import open_url
from bot.github.wire import AnyHost
from tests.builders import make_ipa
from tests.unit.lint.documents import BASE

ROOT = Path(__file__).resolve().parents[2]
TEXT = json.dumps(BASE).encode()


def lint(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(lint_module.command, [str(argument) for argument in arguments], input=stdin)


def run(
    *arguments: object, stdout: int | None = None, before: Callable[[], object] | None = None
) -> tuple[int, str]:
    """A process of its own: its exit status, and what it says on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, preexec_fn=before, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


@contextmanager
def answers(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that sends these bytes to everybody, with pauses in between."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    caller = server.accept()[0]
                except TimeoutError:
                    continue
                with caller:
                    caller.recv(65536)
                    try:
                        for piece in pieces:
                            caller.sendall(piece)
                            over.wait(pause)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/apps.json"
        finally:
            over.set()
            thread.join()


def head(status: str = "200 OK", **headers: object) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{lines}\r\n".encode()


def fetch(url: str, most: int = 1 << 20, timeout: float = 5.0) -> bytes:
    return fetch_page(url, hosts=AnyHost(), max_bytes=most, timeout=timeout).data


# ---- addresses ----


def test_a_server_that_trickles_is_given_up() -> None:
    with answers(head(Content_Length=5000), *[b" "] * 200, pause=0.05) as url:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="sends too slowly"):
            fetch(url, timeout=0.5)
        with pytest.raises(Unavailable, match="sends too slowly"):
            open_url(url, hosts=AnyHost(), max_bytes=1 << 20, timeout=0.5)
        assert time.monotonic() - began < 8, "all of it takes ten seconds"


def test_a_server_whose_headers_trickle_is_given_up() -> None:
    with answers(b"HTTP/1.1 200 OK\r\nX-Slow: ", *[b"x"] * 200, pause=0.05) as url:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="127"):
            fetch(url, timeout=0.25)
        assert time.monotonic() - began < 8, "all of it takes ten seconds"


@pytest.mark.parametrize("packed", [gzip.compress(TEXT), zlib.compress(TEXT)], ids=["gzip", "zlib"])
def test_what_is_packed_unasked_is_unpacked(packed: bytes) -> None:
    with answers(head(Content_Encoding="GZIP"), packed) as url:
        assert fetch(url) == TEXT
        assert lint(url).exit_code == 0


@pytest.mark.parametrize(
    ("encoding", "body", "error", "told"),
    [
        ("gzip", gzip.compress(b"\0" * (1 << 21)), TooLarge, "more than"),
        ("gzip", gzip.compress(TEXT)[:-20], Unavailable, "stopped sending"),
        ("gzip", TEXT, Unavailable, "cannot be unpacked"),
        ("br", TEXT, Unavailable, "another encoding"),
    ],
    ids=["bomb", "cut off", "not packed", "another"],
)
def test_what_cannot_be_unpacked(encoding: str, body: bytes, error: type[Exception], told: str) -> None:
    with answers(head(Content_Encoding=encoding), body) as url, pytest.raises(error, match=told):
        fetch(url)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ({"Location": "file:///etc/passwd"}, "127.0.0.1 redirects to what is no https address (file)."),
        (
            {"Location": "javascript:alert(1)"},
            "127.0.0.1 redirects to what is no https address (javascript).",
        ),
        ({"Location": "https://[::1"}, "127.0.0.1 redirects to what is no https address."),
        ({}, "127.0.0.1 redirects without saying where to."),
    ],
)
def test_redirects_that_lead_nowhere(location: dict[str, object], told: str) -> None:
    with answers(head("302 Found", **location)) as url:
        assert lint(url).stderr == f"altpress: {told}\n"
        with pytest.raises((NotAllowed, Unavailable), match=told.replace("(", r"\(").replace(")", r"\)")):
            open_url(url, hosts=AnyHost(), max_bytes=1 << 20)


@pytest.mark.parametrize(
    "address", ["file:///etc/hosts", "ftp://example.com/apps.json", "itms-services://?x"]
)
def test_addresses_of_other_kinds(address: str, tmp_path: Path) -> None:
    told = "altpress: Only addresses that begin with https:// can be read, and files.\n"
    assert (lint(address).exit_code, lint(address).stderr) == (2, told)
    (tmp_path / "apps.json").write_bytes(TEXT)
    assert lint(tmp_path / "apps.json", "--ipa", address).stderr == told


# ---- files ----


@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "/dev/null", "folder"])
def test_an_ipa_that_is_no_regular_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    (tmp_path / "apps.json").write_bytes(TEXT)
    path = tmp_path / "x.ipa"
    {"pipe": os.mkfifo, "folder": Path.mkdir}.get(kind, lambda path: path.symlink_to(kind))(path)
    result = lint(tmp_path / "apps.json", "--ipa", path)
    assert result.exit_code == 2
    assert "x.ipa cannot be read: it is " in result.stderr


def test_names_cannot_steer_the_terminal() -> None:
    for command in (lint_module.command, inspect_module.command):
        told = CliRunner().invoke(command, ["no\x1b[31mfile"]).stderr
        assert told == "altpress: no\ufffd[31mfile cannot be read: No such file or directory.\n"
        assert (
            CliRunner().invoke(command, [""]).stderr
            == "altpress: The file cannot be read: its name is empty.\n"
        )
    status, told = run("lint", "--no\x1b[31msuch", "x")
    assert (status, "\x1b" in told, "[31msuch" in told) == (2, False, True)


# ---- an output that takes no more ----


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[str], list[object]]:
    (tmp_path / "apps.json").write_bytes(TEXT)
    assets, catalog = tmp_path / "assets", tmp_path / "altpress.yml"
    assets.mkdir()
    (assets / "a.ipa").write_bytes(make_ipa())
    catalog.write_text("name: A\napps:\n  - repository: a/b\n")
    words: dict[str, list[object]] = {
        "lint": [tmp_path / "apps.json"],
        "lint --json": [tmp_path / "apps.json"],
        "inspect": [assets / "a.ipa"],
        "inspect --json": [assets / "a.ipa"],
        "build": ["--catalog", catalog, "--assets", assets, "--out", tmp_path / "out"],
        "doctor": ["--data", tmp_path / "data"],
    }  # fmt: skip
    return lambda name: [*name.split(), *words[name]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("name", ["lint", "lint --json", "inspect", "build", "doctor", "inspect --json"])
def test_a_full_disk_is_a_sentence(asked: Callable[[str], list[object]], name: str) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    status, told = run(*asked(name), stdout=full)
    os.close(full)
    assert (status, told.splitlines()[-1]) == (
        2,
        "altpress: The output cannot be written: No space left on device.",
    )
    assert "Traceback" not in told


@pytest.mark.parametrize("name", ["lint", "inspect --json", "inspect", "build"])
def test_a_reader_that_went_away_is_no_error(asked: Callable[[str], list[object]], name: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    status, told = run(*asked(name), stdout=writer)
    os.close(writer)
    assert (status, "rror" in told) == (141, False)


@pytest.mark.parametrize("name", ["lint", "inspect", "build"])
def test_a_closed_output_is_a_sentence(asked: Callable[[str], list[object]], name: str) -> None:
    assert run(*asked(name), before=lambda: os.close(1)) == (2, "altpress: Standard output is closed.\n")
