"""An issuer of OpenID Connect tokens on loopback, as GitHub Actions has one; its keys can be changed."""

import base64
import contextlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

_POOL = {name: rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for name in ("one", "two")}


class Issuer:
    """Signs what a test asks for; `keys` are those that it publishes."""

    def __init__(self) -> None:
        self.keys: list[str] = ["one"]
        self.requests: list[str] = []  # paths, in order
        self.status = 200
        self.body: bytes | None = None  # in place of every document
        self.headers: dict[str, str] = {}
        self.drip = 0.0  # seconds after each byte
        self.go = threading.Event()  # answers come when it is set
        self.go.set()
        self.configuration: dict[str, Any] = {}  # over what is right
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                outer.go.wait(60)
                body = outer.body if outer.body is not None else outer._document(self.path)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                pieces = [body] if not outer.drip else [body[i : i + 1] for i in range(len(body))]
                with contextlib.suppress(OSError):  # who asked may have gone
                    for piece in pieces:
                        self.wfile.write(piece)
                        time.sleep(outer.drip)

            def log_message(self, *_: object) -> None:
                pass

        self.clock: Callable[[], float] = time.time
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/oidc"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of a job of acme/app for acme/source; None takes one away."""
        now = int(self.clock())
        full = {
            "iss": self.url, "aud": "acme/source", "jti": f"job-{time.monotonic_ns()}", "exp": now + 300,
            "iat": now, "nbf": now - 300, "sub": "repo:acme/app:ref:refs/tags/v1.0", "repository": "acme/app",
            "repository_id": "4001", "repository_owner": "acme", "repository_owner_id": "1001",
            "event_name": "release", "ref": "refs/tags/v1.0", "ref_type": "tag", "run_id": "77",
            "run_attempt": "1", "job_workflow_ref": "acme/app/.github/workflows/ci.yml@refs/tags/v1.0",
        }  # fmt: skip
        return {name: value for name, value in (full | changes).items() if value is not None}

    def token(self, *, key: str = "one", kid: str | None = None, **changes: Any) -> str:
        return jwt.encode(self.claims(**changes), _POOL[key], "RS256", headers={"kid": kid or key})

    def unsigned(self, **changes: Any) -> str:
        """`alg: none`."""
        return jwt.encode(self.claims(**changes), None, "none", headers={"kid": "one"})  # type: ignore[arg-type]

    def confused(self, **changes: Any) -> str:
        """HS256 with the public key as the secret: what a library that trusts the header would accept."""
        public = _POOL["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = _encode({"alg": "HS256", "typ": "JWT", "kid": "one"}) + b"." + _encode(self.claims(**changes))
        return (head + b"." + _b64(hmac.digest(public, head, "sha256"))).decode()

    def _document(self, path: str) -> bytes:
        if path.endswith("openid-configuration"):
            right = {"issuer": self.url, "jwks_uri": f"{self.url}/.well-known/jwks"}
            return json.dumps(right | self.configuration).encode()
        return json.dumps({"keys": [jwk(name) for name in self.keys]}).encode()


def jwk(name: str) -> dict[str, Any]:
    """A public key as issuers publish it."""
    public = RSAAlgorithm.to_jwk(_POOL[name].public_key(), as_dict=True)
    return {**public, "kid": name, "use": "sig", "alg": "RS256"}


def public_key(name: str) -> rsa.RSAPublicKey:
    return _POOL[name].public_key()


@contextmanager
def run_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.close()


def _encode(value: dict[str, Any]) -> bytes:
    return _b64(json.dumps(value).encode())


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
