"""Ask an installation that is not trusted: every read has an end, in bytes and in time.

No redirect is followed, and secrets go over TLS or to this machine.
"""

import http.client
import ipaddress
import signal
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlsplit

Headers = Mapping[str, str]
NONE: Headers = {}
MAX_BYTES = 4 << 20  # of an answer


class Failed(Exception):
    """A check did not pass; the text says what was seen."""


class Skipped(Exception):
    """A check could not be made; the text says what it lacks."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    text: str


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """The whole block within so long, name look-ups and bytes that trickle in included."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no whole answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Target:
    """One installation, by its address."""

    def __init__(self, url: str, timeout: float, cacert: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the address must begin with https:// (or http://) and name a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the address may hold no user name, no query and no fragment")
        self.host, self.port, self.path = parts.hostname, parts.port, parts.path.rstrip("/")
        self.timeout = timeout
        self.tls = ssl.create_default_context(cafile=cacert) if parts.scheme == "https" else None

    @property
    def takes_secrets(self) -> bool:
        """Over TLS, or without leaving this machine."""
        return self.tls is not None or self.is_here

    @property
    def is_here(self) -> bool:
        """On this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Headers = NONE) -> Answer:
        connection = self._connect()
        try:
            with time_limit(self.timeout):
                connection.request(
                    method, self.path + path, body, {"User-Agent": "altpress-smoke", **headers}
                )
                answer = connection.getresponse()
                data = answer.read(MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{path}: {type(error).__name__}: {error}") from None
        except ValueError:  # its text would show the header
            raise Failed(f"{path}: a secret holds characters that no header can") from None
        finally:
            connection.close()
        if len(data) > MAX_BYTES:
            raise Failed(f"{path} answers more than {MAX_BYTES} bytes")
        given = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, given, data.decode("utf-8", "replace"))

    def _connect(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)

    def want(
        self, status: int, method: str, path: str, body: bytes | None = None, headers: Headers = NONE
    ) -> Answer:
        answer = self.ask(method, path, body, headers)
        if answer.status != status:
            moved = f" to {answer.headers['location']!r}" if "location" in answer.headers else ""
            raise Failed(
                f"{method} {path} answers {answer.status}{moved}, not {status}: {answer.text[:200]!r}"
            )
        return answer
