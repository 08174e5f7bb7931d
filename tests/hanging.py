"""A server that accepts connections and never answers; until it is told to hang, it passes everything on.

Or one that answers byte by byte, which no timeout of a single read notices.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """A way to a unix socket, over a free port of this machine; over TLS with `tls`."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._sockets: list[socket.socket] = []
        self._closed = False
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._open.set()
        self._pause = 0.0  # seconds after each byte of an answer
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def hang(self) -> None:
        """From now on nothing comes through, in either direction; connections are still accepted."""
        self._open.clear()

    def drip(self, pause: float) -> None:
        """From now on answers come byte by byte, with so many seconds after each."""
        self._pause = pause

    def go_on(self) -> None:
        """What was held back comes through, as quickly as ever."""
        self._pause = 0.0
        self._open.set()

    def close(self) -> None:
        self.go_on()
        with self._lock:
            self._closed = True
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._keep(client, server)
            threading.Thread(target=self._connect, args=(client, server), daemon=True).start()

    def _keep(self, *sockets: socket.socket) -> None:
        """To be closed at the end; at once, when the end was a moment ago."""
        with self._lock:
            self._sockets += sockets
            late = self._closed
        for each in sockets if late else ():
            each.close()

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        self._open.wait()
        with contextlib.suppress(OSError):
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
                self._keep(client)
            server.connect(self._target)
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()
            self._pass(client, server)

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool = False) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                while answers and data and self._pause:
                    sink.sendall(data[:1])
                    data = data[1:]
                    time.sleep(self._pause)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def gate_to(target: str, tls: ssl.SSLContext | None = None) -> Iterator[Gate]:
    gate = Gate(target, tls)
    try:
        yield gate
    finally:
        gate.close()
