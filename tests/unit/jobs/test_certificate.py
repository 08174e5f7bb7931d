"""When a certificate ends, read from a real TLS server."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from jobs.certificate import fetch_certificate_end
from tests.certificates import make_certificates


@contextmanager
def server(context: ssl.SSLContext | None) -> Iterator[int]:
    """The port of one that shakes hands once; without a context it never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        done = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, context, done))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext | None, done: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        if context is None:
            done.wait(60)
            return
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)  # until the other side has seen enough


def test_end_of_one_that_nobody_trusts(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    expected = x509.load_pem_x509_certificate(made.certificate.read_bytes()).not_valid_after_utc
    with server(made.server_side()) as port:
        assert fetch_certificate_end("127.0.0.1", port) == expected.timestamp()


def test_server_that_never_answers_is_not_waited_for() -> None:
    with server(None) as port, pytest.raises(OSError, match="timed out"):
        fetch_certificate_end("127.0.0.1", port, timeout=0.2)
