"""When the certificate at altpress's own address ends: looked at by each sweep, never by a scrape."""

import logging
import socket
import ssl
from urllib.parse import urlsplit

from cryptography import x509

from bot.context import Context
from bot.metrics.table import CERTIFICATE_ENDS

log = logging.getLogger(__name__)
TIMEOUT = 5.0  # seconds to connect, and for each answer of the handshake


def watch_certificate(ctx: Context) -> None:
    """Note when it ends; what was known stays when nobody answers. Never fails a sweep."""
    parts = urlsplit(ctx.settings.public_url or "")
    host = parts.hostname
    if parts.scheme != "https" or host is None:
        return
    try:
        ends = fetch_certificate_end(host, parts.port or 443)
    except (OSError, ValueError) as error:
        log.info("certificate_not_seen", extra={"host": host, "reason": type(error).__name__})
        return
    ctx.meter.set(CERTIFICATE_ENDS, ends, host)


def fetch_certificate_end(host: str, port: int, *, timeout: float = TIMEOUT) -> float:
    """Unix seconds. Raises OSError where there is no TLS, ValueError for what is no certificate.

    Whether it is valid is for those who trust it to judge; one that has ended is to be told of, too.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=timeout) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        found = secured.getpeercert(binary_form=True)
    if found is None:
        raise ValueError("no certificate")
    return x509.load_der_x509_certificate(found).not_valid_after_utc.timestamp()
