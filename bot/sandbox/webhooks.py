"""The sandbox's webhooks on their way out: signed, sent in background threads, logged, redelivered.

As GitHub does it: 10 seconds for an answer, no second try by itself, a redelivery carries the same GUID.
"""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import requests

from bot.sandbox.model import HookDelivery

TIMEOUT = 10.0  # seconds
MOST_BYTES = 25 * 1024 * 1024  # of a payload; GitHub sends nothing above it
MOST_ANSWER = 64 * 1024  # bytes of the bot's answer that are kept
_sent: ContextVar[list[str] | None] = ContextVar("sent", default=None)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Log(Protocol):
    """Where deliveries are written down: `State.deliveries`."""

    def add(self, **values: Any) -> HookDelivery: ...
    def select(self, *, newest_first: bool = ..., limit: int = ..., **equals: Any) -> list[HookDelivery]: ...


class Fate(Protocol):
    """What becomes of a delivery on its way: `Faults`."""

    def choose_delivery(self) -> tuple[bool, int, float]: ...


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook: the App's, or of one repository.

    Raises ValueError for a URL outside this machine: the sandbox never calls out.
    """

    url: str
    secret: str = field(repr=False)
    id: int
    app: int = 0
    form: bool = False  # application/x-www-form-urlencoded instead of JSON
    repository: int | None = None  # whose hook it is; None: the App's

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
            raise ValueError("the sandbox sends webhooks to http:// addresses of this machine only")


@dataclass(frozen=True, slots=True)
class Message:
    """One event to be delivered."""

    guid: str
    event: str
    action: str | None
    payload: str  # JSON
    repository: int | None = None
    installation: int | None = None
    redelivery: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt, in the words and numbers of GitHub's log."""

    status: str
    code: int
    body: str = ""


class UnderWay:
    """How many deliveries are sent and not logged yet; those that are held back do not count."""

    def __init__(self) -> None:
        self._lock, self.count = threading.Lock(), 0

    def add(self, number: int) -> None:
        with self._lock:
            self.count += number


class Outbox:
    """Sends `Message`s to one hook and logs each. `close()` waits for those under way."""

    def __init__(
        self, log: Log, hook: Hook, *, now: Callable[[], str], timeout: float = TIMEOUT, threads: int = 4,
        pool: ThreadPoolExecutor | None = None, fate: "Fate | None" = None, under_way: UnderWay | None = None,
    ) -> None:  # fmt: skip
        self._log, self.hook, self._now, self._timeout, self._fate = log, hook, now, timeout, fate
        self._threads = pool or ThreadPoolExecutor(threads, thread_name_prefix="webhook")
        self.under_way = under_way or UnderWay()

    def beside(self, log: Log, hook: Hook) -> "Outbox":
        """For another hook with a log of its own, on the same threads; closed with this one."""
        return Outbox(
            log, hook, now=self._now, timeout=self._timeout, pool=self._threads, fate=self._fate,
            under_way=self.under_way,
        )  # fmt: skip

    def send(
        self, event: str, payload: Mapping[str, Any], *, repository: int | None = None,
        installation: int | None = None,
    ) -> str | None:  # fmt: skip
        """Deliver in the background; the GUID, or None when GitHub would not have sent it (over 25 MB)."""
        text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        if len(text.encode()) > MOST_BYTES:
            return None
        guid = str(uuid.uuid4())
        message = Message(guid, event, payload.get("action"), text, repository, installation)
        self._start(message)
        if (noted := _sent.get()) is not None:
            noted.append(guid)
        return guid

    def redeliver(self, guid: str) -> Future[HookDelivery]:
        """Send a logged delivery again in the background under the same GUID; KeyError: unknown."""
        found = self._log.select(guid=guid, newest_first=True, limit=1)
        if not found:
            raise KeyError(guid)
        old = found[0]
        message = Message(
            guid, old.event, old.action, old.request_body, old.repository, old.installation, redelivery=True
        )
        return self._submit(message)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _start(self, message: Message) -> None:
        """In the background; dropped, doubled or late where the day is to be a bad one."""
        dropped, times, late = self._fate.choose_delivery() if self._fate else (False, 1, 0.0)
        if dropped:
            self._submit(message, Answer("timed out", 504))
        for _ in range(times):
            if late:
                timer = threading.Timer(late, self._submit, [message])
                timer.daemon = True
                timer.start()
            else:
                self._submit(message)

    def _submit(self, message: Message, dropped: Answer | None = None) -> Future[HookDelivery]:
        self.under_way.add(1)
        try:
            future = self._threads.submit(self._deliver, message, dropped)
        except RuntimeError as closed:  # meanwhile
            future = Future()
            future.set_exception(closed)
        future.add_done_callback(lambda _: self.under_way.add(-1))
        return future

    def _deliver(self, message: Message, dropped: Answer | None = None) -> HookDelivery:
        body = build_body(self.hook, message.payload)
        headers = build_headers(self.hook, message, body)
        delivered_at, started = self._now(), time.monotonic()
        answer = dropped or _post(self.hook.url, headers, body, self._timeout)
        return self._log.add(
            guid=message.guid, event=message.event, action=message.action, repository=message.repository,
            installation=message.installation, delivered_at=delivered_at, redelivery=message.redelivery,
            duration=round(time.monotonic() - started, 2), status=answer.status, status_code=answer.code,
            request_headers=headers, request_body=message.payload, response_body=answer.body,
        )  # fmt: skip


@contextmanager
def note_sent() -> Iterator[list[str]]:
    """The GUIDs of what this thread sends within the block."""
    guids: list[str] = []
    token = _sent.set(guids)
    try:
        yield guids
    finally:
        _sent.reset(token)


def build_body(hook: Hook, payload: str) -> bytes:
    """The bytes on the wire, which are what is signed."""
    return urlencode({"payload": payload}).encode() if hook.form else payload.encode()


def build_headers(hook: Hook, message: Message, body: bytes) -> dict[str, str]:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers."""
    signed = _signatures(hook.secret.encode(), body) if hook.secret else {}
    own = hook.repository is not None
    return {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if hook.form else "application/json",
        "User-Agent": "GitHub-Hookshot/sandbox",
        "X-GitHub-Delivery": message.guid,
        "X-GitHub-Event": message.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.repository if own else hook.app),
        "X-GitHub-Hook-Installation-Target-Type": "repository" if own else "integration",
        **signed,
    }


def _signatures(key: bytes, body: bytes) -> dict[str, str]:
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
    }


def _post(url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between two processes of one machine
            with session.post(
                url, data=body, headers=dict(headers), timeout=timeout, allow_redirects=False, stream=True
            ) as response:
                return _answer(response)
    except requests.Timeout:
        return Answer("timed out", 504)
    except requests.RequestException:
        return Answer("failed to connect to host", 502)


def _answer(response: requests.Response) -> Answer:
    text = next(response.iter_content(MOST_ANSWER), b"").decode("utf-8", "replace")
    code = response.status_code
    return Answer("OK" if response.ok and code < 300 else f"Invalid HTTP Response: {code}", code, text)
