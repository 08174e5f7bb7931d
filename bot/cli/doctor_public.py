"""What `altpress doctor` sees of altpress from outside: at its public address, and of its certificate."""

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from bot.setup.checks import check_certificate
from bot.setup.findings import Finding, error, ok, warning
from config.forms import LOOPBACK

TIMEOUT = 10.0  # seconds
MOST = 4096  # bytes of an answer
PATH = "/health/live"
SUBJECT = "public address"


def look_at_public(url: str | None) -> Iterator[Finding]:
    """Nothing without an address: it is only needed for links."""
    if not url:
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in LOOPBACK:
        fix = "put a proxy with TLS in front (docs/deployment.md), and set it to https://"
        yield error("public", SUBJECT, f"ALTPRESS_PUBLIC_URL is not https: {host}", fix)
        return
    try:
        status, body, ends = fetch(parts)
    except ssl.SSLCertVerificationError as problem:
        told = f"the certificate of {host} is refused: {problem.verify_message}"
        yield error("public.certificate", SUBJECT, told, "renew it, and serve the whole chain")
        return
    except (OSError, ValueError, http.client.HTTPException) as problem:
        told = f"{host} does not answer from here ({type(problem).__name__})"
        fix = "see that DNS, firewall and proxy let GitHub in; a router may refuse only its own network"
        yield warning("public", SUBJECT, told, fix)
        return
    if ends is not None:
        yield check_certificate(host, (ends - time.time()) / 86_400)
    yield _recognise(host, status, body)


def fetch(parts: SplitResult) -> tuple[int, bytes, float | None]:
    """Status and body of `/health/live` there, and when the certificate ends (Unix seconds).

    Raises SSLCertVerificationError, OSError, HTTPException, and ValueError for what is no address.
    """
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trusted = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", parts.path.rstrip("/") + PATH)
        ends = _end_of(connection.sock)
        answer = connection.getresponse()
        return answer.status, answer.read(MOST), ends
    finally:
        connection.close()


def _end_of(connection: object) -> float | None:
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    ends = (certificate or {}).get("notAfter")
    return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None


def _recognise(host: str, status: int, body: bytes) -> Finding:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if status == 200 and found == {"status": "ok"}:
        return ok("public", SUBJECT, f"{host} leads to altpress")
    fix = "let the proxy pass all paths on to altpress's port (docs/deployment.md)"
    return error("public", SUBJECT, f"what answers at {host} is not altpress ({status} for {PATH})", fix)
