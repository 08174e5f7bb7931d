"""A loopback web server that hands out one file the ways that real ones do, and writes down who asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class FileServer:
    """Its behaviour; change a field at any time."""

    data: bytes = b""
    etag: str | None = '"one"'
    ranges: bool = True
    suffixes: bool = True  # ranges that count from the end, which some blob stores do not know
    length: bool = True  # tells Content-Length where it sends everything
    redirects: dict[str, str] = field(default_factory=dict)  # path -> address
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # answered first, one a request
    cuts: list[int] = field(default_factory=list)  # bodies that end after so many bytes, one a request
    base: str = ""
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # (path, headers in lower case)
    sent: int = 0
    connections: int = 0

    def url(self, path: str = "/file.ipa") -> str:
        return self.base + path

    @property
    def asked(self) -> list[str]:
        """The ranges asked for at the file itself."""
        return [headers.get("range", "") for path, headers in self.seen if path not in self.redirects]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.server.state.connections += 1

    def do_GET(self) -> None:
        state = self.server.state
        path = urlsplit(self.path).path
        state.seen.append((path, {name.lower(): value for name, value in self.headers.items()}))
        if path in state.redirects:
            self._answer(302, {"Location": state.redirects[path]}, b"")
        elif state.statuses:
            status, headers = state.statuses.pop(0)
            self._answer(status, headers, b"no")
        else:
            self._send_file(state)

    def _send_file(self, state: FileServer) -> None:
        size = len(state.data)
        headers = {"ETag": state.etag} if state.etag else {}
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        matches = self.headers.get("If-Range") in (None, state.etag)
        if not wanted or not state.ranges or not matches or (wanted.startswith("-") and not state.suffixes):
            self._answer(200, headers, state.data)
            return
        first, _, last = wanted.partition("-")
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start >= size:
            self._answer(416, {"Content-Range": f"bytes */{size}"}, b"")
            return
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        self._answer(206, headers, state.data[start:end])

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        state = self.server.state
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if state.length or status != 200:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if status in (200, 206) and state.cuts:
            body = body[: state.cuts.pop(0)]
            self.close_connection = True
        state.sent += len(body) if status in (200, 206) else 0  # before the reader has it, and looks
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the reader had enough

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: FileServer

    def handle_error(self, *args: object) -> None:
        """A reader that had enough is no error."""


@contextmanager
def serve_file(data: bytes = b"") -> Iterator[FileServer]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = FileServer(data, base=f"http://127.0.0.1:{server.server_address[1]}")
    run: Callable[[], None] = lambda: server.serve_forever(poll_interval=0.01)  # noqa: E731 -- a thread's target
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
