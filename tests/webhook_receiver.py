"""A little bot on loopback that writes down the webhooks it gets."""

import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = tuple[dict[str, str], bytes]  # headers, body


class Receiver:
    """Answers every POST with `status`, as soon as `go` is set."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.status, self.go = 202, threading.Event()
        self.go.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((dict(self.headers), body))
                outer.go.wait(60)
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(b"taken")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}/webhooks/github"
        serve = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        serve.start()

    def close(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()

    def find(self, guid: str) -> list[Request]:
        """Every attempt of a delivery, in order."""
        return [request for request in self.requests if request[0]["X-GitHub-Delivery"] == guid]

    def payload(self, guid: str) -> dict[str, Any]:
        return dict(json.loads(self.find(guid)[0][1]))


def is_signed(request: Request, secret: str) -> bool:
    """As a bot checks it: HMAC-SHA256 over the raw bytes."""
    headers, body = request
    wanted = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    return hmac.compare_digest(headers["X-Hub-Signature-256"], wanted)
