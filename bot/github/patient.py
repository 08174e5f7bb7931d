"""A session that gives up a server whose answer trickles before its body begins.

No single read of a header times out when a byte comes now and then. What comes after is counted where it is
read (`bot/github/body.py`).
"""

import contextlib
import socket
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


def open_session() -> requests.Session:
    """Close it, as any other."""
    session = requests.Session()
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())
    return session


class _Patient(HTTPConnection):
    """Waits for the head of an answer twice as long as for a byte, all in all."""

    def getresponse(self) -> Any:
        over = threading.Event()
        watch = threading.Timer(2 * (self.timeout or 30.0), self._hang_up, [over])
        watch.daemon = True
        watch.start()
        try:
            response = super().getresponse()
        finally:
            watch.cancel()
        if over.is_set():  # the end of the connection may look like that of the headers
            response.close()
            raise TimeoutError("the head of the answer takes too long")
        return response

    def _hang_up(self, over: threading.Event) -> None:
        """The reader then sees the end of the connection; TLS's own farewell would wait for the server."""
        over.set()
        with contextlib.suppress(OSError, AttributeError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _PatientTls(_Patient, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Patient


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PatientTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
