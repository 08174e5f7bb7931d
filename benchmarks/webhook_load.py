"""Sends signed deliveries as fast as they are answered, or at a pace; tells how long each took.

Plain sockets that stay open, one for each sender: what is measured is the server.
"""

import hashlib
import hmac
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    port: int
    path: str
    secret: str
    body: bytes

    def render(self, guid: str) -> bytes:
        """One request, as GitHub sends it."""
        digest = hmac.new(self.secret.encode(), self.body, hashlib.sha256).hexdigest()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self.body)}\r\nX-GitHub-Event: release\r\nX-GitHub-Delivery: {guid}\r\n"
            f"X-Hub-Signature-256: sha256={digest}\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass
class Taken:
    """Seconds of each answer, and the answers that were not 202."""

    seconds: list[float] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.lasted

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def send_all(target: Target, count: int, senders: int, *, pace: float | None = None) -> Taken:
    """`count` deliveries over `senders` connections; with a `pace` so many a second, whatever the answers."""
    taken, lock, numbers = Taken(), threading.Lock(), iter(range(count))
    began = time.perf_counter()

    def send() -> None:
        with socket.create_connection(("127.0.0.1", target.port)) as connection:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                if pace:
                    time.sleep(max(0.0, began + number / pace - time.perf_counter()))
                request = target.render(str(uuid.uuid4()))
                started = time.perf_counter()
                status = _ask(connection, request)
                with lock:
                    taken.seconds.append(time.perf_counter() - started)
                    if status != 202:
                        taken.others.append(status)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.lasted = time.perf_counter() - began
    return taken


def _ask(connection: socket.socket, request: bytes) -> int:
    """The status; the whole answer is read."""
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")), 0)
    while len(body) < length:
        body += _receive(connection)
    return int(head.split(b" ", 2)[1])


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece
