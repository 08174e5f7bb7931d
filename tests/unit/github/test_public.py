"""Looking at a public address: what is the same, what is refused."""

import gzip
import ipaddress
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from bot.errors import NotAllowed
from bot.github.public import check_public, compare_public, is_public

API = "https://api.github.com"
BODY = b'{"name": "Acme"}' * 10_000


class Pages(BaseHTTPRequestHandler):
    """What a hosting service may do."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self._send(302, b"", Location=unquote(self.path.removeprefix("/to/")))
        elif path == "/gzip":
            self._send(200, gzip.compress(BODY), **{"Content-Encoding": "gzip"})
        elif path == "/same":
            self._send(200, BODY)
        elif path == "/more":
            self._send(200, BODY + b"x")
        elif path == "/less":
            self._send(200, BODY[:-1])
        elif path == "/bomb":
            self._send(200, gzip.compress(bytes(50_000_000)), **{"Content-Encoding": "gzip"})
        elif path.startswith("/slow-"):
            self._trickle(path)
        else:
            self._send(404, BODY)

    def _trickle(self, path: str) -> None:
        """A byte now and then, and never an end."""
        begins = {
            "/slow-headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
            "/slow-body": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY),
            "/slow-redirect": b"HTTP/1.1 302 Found\r\nLocation: /slow-headers\r\n\r\n",
        }
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(begins[path])
            for byte in itertools.cycle(BODY[:1]) if path != "/slow-redirect" else ():
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "same", "why"),
    [
        ("/same", True, ""),
        ("/gzip", True, ""),
        ("/to//same", True, ""),
        ("/to//to//same", True, ""),
        ("/more", False, "other bytes"),
        ("/less", False, "fewer bytes"),
        ("/bomb", False, "other bytes"),
        ("/gone", False, "answers 404"),
        ("/to//to//to//to//to//to//same", False, "redirects too often"),
    ],
)
def test_what_is_the_same(host: str, path: str, same: bool, why: str) -> None:
    shown = compare_public(host + path, BODY, own=host)
    assert shown.same is same
    assert same or why in shown.why


@pytest.mark.parametrize(
    "target",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
        "https://localhost/",
        "http://example.com/",
        "ftp://127.0.0.1/",
        "https://user:secret@127.0.0.1/",
        "https:///x",
        "https://%5B::1%5D/",
        "https://example.com:port/",
    ],
)
def test_a_redirect_leads_nowhere_private(host: str, target: str) -> None:
    with pytest.raises(NotAllowed):
        compare_public(f"{host}/to/{target}", BODY, own=f"{host}/api/v3")


def test_this_machine_is_private_where_the_api_is_elsewhere(host: str) -> None:
    with pytest.raises(NotAllowed):
        compare_public(host + "/same", BODY, own=API)
    with pytest.raises(NotAllowed):
        compare_public("https://127.0.0.1/same", BODY, own=API)


def test_another_port_of_the_apis_host_is_as_private_as_any(host: str) -> None:
    with pytest.raises(NotAllowed):
        compare_public(host + "/same", BODY, own="http://127.0.0.1:9/api/v3")
    with pytest.raises(NotAllowed, match="private"):
        compare_public(host.replace("http:", "https:") + "/same", BODY, own=host)
    with pytest.raises(NotAllowed, match="https"):
        compare_public(f"{host}/to/http://127.0.0.1:9/x", BODY, own=host)


@pytest.mark.parametrize("path", ["/slow-headers", "/slow-body", "/slow-redirect"])
def test_a_server_that_trickles_is_left_in_time(host: str, path: str) -> None:
    began = time.monotonic()
    shown = compare_public(host + path, BODY, own=host, seconds=0.5)
    assert time.monotonic() - began < 10, "it would go on for ever"
    assert (shown.same, shown.why) == (False, "127.0.0.1 sends too slowly.")


def test_an_address_without_anybody_behind_it() -> None:
    shown = compare_public("http://127.0.0.1:9/x", BODY, own="http://127.0.0.1:9")
    assert not shown.same
    assert "connection refused" in shown.why


def test_only_https_is_spoken() -> None:
    check_public("https://raw.githubusercontent.com/a/b/main/apps.json", own=API)
    with pytest.raises(NotAllowed):
        check_public("http://raw.githubusercontent.com/a/b/main/apps.json", own=API)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("185.199.108.133", True),
        ("2606:50c0:8000::154", True),
        ("64:ff9b::b9c7:6c85", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
