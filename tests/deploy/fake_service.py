"""A web server that answers as what the small cluster runs, seen from outside or from inside of it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WEB = "altpress-web"
LOGIN = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
}  # fmt: skip
METRICS = """\
altpress_build_info{{python="3.13",version="{version}"}} 1
altpress_dependency_up{{dependency="mongodb"}} 1
altpress_workers 2
altpress_queue_jobs{{state="queued"}} 0
altpress_queue_oldest_age_seconds 0
altpress_sites 1
altpress_http_requests_total{{method="GET"}} 1
"""


class Handler(BaseHTTPRequestHandler):
    """What the cluster runs, seen from outside or from inside of it."""

    state: Path
    versions: dict[str, str]  # image -> version
    inside: bool

    def do_GET(self) -> None:
        state = json.loads(self.state.read_text())
        web = state["deployments"][WEB]
        image = web["revisions"][str(web["current"])]
        well = image not in state["unwell"]
        body = {
            "/metrics": METRICS.format(version=self.versions[image]),
            "/login": "<form></form>",
            "/health": json.dumps({"parts": {"mongodb": {"ok": well}}}),
        }.get(self.path, "{}")
        self.send(self.status(well), body)

    def status(self, well: bool) -> int:
        if self.path == "/metrics" and not self.inside:
            return 503  # the ingress sends it nowhere
        if self.path == "/metrics" and "Authorization" not in self.headers:
            return 401
        return 200 if well else 503

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send(200 if "X-Hub-Signature-256" in self.headers else 401, "{}")

    def send(self, status: int, body: str) -> None:
        self.send_response(status)
        for name, value in LOGIN.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(path: Path, versions: dict[str, str], *, inside: bool) -> Iterator[int]:
    """The port of what the cluster runs."""
    handler = type("Seen", (Handler,), {"state": path, "versions": versions, "inside": inside})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
