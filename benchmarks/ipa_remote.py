"""The two processes of a remote read: a web server with latency, and the reader that is measured.

`python -m benchmarks.ipa_remote serve FILE SECONDS` prints its address and serves FILE, every answer late by
SECONDS. `python -m benchmarks.ipa_remote "by ranges"|downloaded URL` reads the IPA, by ranges or after all of
it was downloaded, and prints what it cost as JSON: `seconds`, `requests`, `bytes`, `memory` (bytes, the
highest resident set above that at the start).
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from bot.github.ranges import open_url
from bot.ipa import read_ipa

_PIECE = 1 << 20


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the head of an answer waits 40 ms for the reader

    def __init__(self, path: Path, latency: float, *args: object) -> None:
        self._file, self._latency = path, latency
        super().__init__(*args)  # type: ignore[arg-type]  # the server's own arguments

    def do_GET(self) -> None:
        time.sleep(self._latency)
        size = self._file.stat().st_size
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(end - start))
        if "Range" in self.headers:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        with self._file.open("rb") as file:
            while start < end and (
                sent := os.sendfile(self.connection.fileno(), file.fileno(), start, end - start)
            ):
                start += sent

    def log_message(self, *args: object) -> None:
        pass


def serve(path: str, latency: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, Path(path), float(latency))) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/a.ipa", flush=True)
        server.serve_forever()


def read(url: str) -> dict[str, float]:
    with open_url(url, hosts=("127.0.0.1",), max_bytes=1 << 40) as file:
        read_ipa(file, size=file.size)
        return {"requests": file.transfer.requests, "bytes": file.transfer.bytes}


def download(url: str) -> dict[str, float]:
    with tempfile.TemporaryFile() as file, requests.get(url, stream=True, timeout=60) as response:
        for piece in response.iter_content(_PIECE):
            file.write(piece)
        size = file.tell()
        read_ipa(file, size=size)
        return {"requests": 1, "bytes": size}


def measure(call: Callable[[str], dict[str, float]], url: str) -> None:
    before, started = _memory("VmRSS"), time.perf_counter()
    cost = call(url)
    seconds, memory = time.perf_counter() - started, _memory("VmHWM") - before
    print(json.dumps({"seconds": seconds, "memory": memory, **cost}))


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise LookupError(name)


if __name__ == "__main__":
    what, address, *rest = sys.argv[1:]
    if what == "serve":
        serve(address, *rest)
    else:
        measure({"by ranges": read, "downloaded": download}[what], address)
