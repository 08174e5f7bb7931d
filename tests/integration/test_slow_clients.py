"""Clients that send a byte now and then: they may not keep the others out."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.processes import ROOT, free_port

THREADS = 2
# The real worker and options around an application of two lines; a request may take one second.
SERVER = """
import sys
from bot.cli.web import Server
from config import gunicorn
from config.settings import Settings

class Small(Server):
    def load(self):
        return application

    def stopping(self, app):
        pass

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

gunicorn.LONGEST_REQUEST = 1.0
Small(Settings(port=int(sys.argv[1]), web_threads=2, log_level="WARNING"), reload=False).run()
"""
PIECES = {
    "nothing": b"",
    "half a header": b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number, log = free_port(), tmp_path_factory.mktemp("slow") / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(number)], cwd=ROOT, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 60
        while not answers(number, 1):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield number
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_slow_clients_leave_threads_for_others(port: int, piece: bytes) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3 * THREADS)
        ]
        for connection in slow:
            connection.sendall(piece)
        stop = threading.Event()
        dripping = threading.Thread(target=drip, args=(slow if piece else [], stop))
        dripping.start()
        stack.callback(dripping.join)
        stack.callback(stop.set)
        time.sleep(0.2)  # else it would be served before them
        # three rounds of slow clients wait for two threads, and the main loop looks once a second
        assert answers(port, 60)


def test_clients_that_do_not_hang_up_keep_nobody_waiting(port: int) -> None:
    """An answer that closes its connection is followed by up to two seconds of waiting for the client."""
    assert min(seconds_beside_the_lazy(port) for _ in range(3)) < 1.9


def seconds_beside_the_lazy(port: int) -> float:
    with ExitStack() as stack:
        for _ in range(3):
            lazy = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            lazy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert lazy.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert answers(port, 60)
        return time.monotonic() - began


def drip(connections: list[socket.socket], stop: threading.Event) -> None:
    """A byte from each, again and again: so nobody counts as stalled."""
    while not stop.wait(0.2):
        for connection in connections[:]:
            try:
                connection.sendall(b"a")
            except OSError:
                connections.remove(connection)


def answers(port: int, seconds: float) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=seconds).ok
    except requests.RequestException:
        return False
