"""Requests as bytes: what a well-behaved client would not send."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from assay.jobs.answers import Answer
from assay.jobs.client import JobClient, Unreachable

LIMIT = 30.0  # seconds
LARGEST = 1 << 20  # bytes read of an answer
Headers = Sequence[tuple[str, str]]


def send(
    client: JobClient, method: str, path: str, headers: Headers = (), body: bytes = b""
) -> Answer:
    """One request, its path and headers exactly so; the key goes along unless one is given.

    Raises Unreachable when the server closes without an answer.
    """
    parts = urlsplit(client.endpoint)
    names = {name.lower() for name, _ in headers}
    client.calls += 1
    connection = _connection(client)
    try:
        connection.putrequest(method, parts.path + path, skip_accept_encoding=True)
        if "x-api-key" not in names and client.key is not None:
            connection.putheader("x-api-key", client.key.reveal())
        if "content-type" not in names and body:
            connection.putheader("content-type", "application/json")
        if "content-length" not in names and (body or method in ("POST", "PUT", "PATCH")):
            connection.putheader("content-length", str(len(body)))
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(body)  # it may answer before it has read all
        got = connection.getresponse()
        text = got.read(LARGEST).decode("utf-8", "replace")
        known = {name.lower(): value for name, value in got.getheaders()}
        seen = "\n".join((text, *(f"{name}: {value}" for name, value in known.items())))
        shown = client.scrubber.shown_in(seen)
        return Answer(got.status, known, client.scrubber.scrub(text), 0.0, shown)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(
            f"No answer to {method} {path[:80]}.", evidence=f"{type(error).__name__}: {error}"
        ) from error
    finally:
        connection.close()


@contextlib.contextmanager
def stalled(client: JobClient, count: int) -> Iterator[None]:
    """So many connections that have sent half a request, for the time of the block."""
    parts = urlsplit(client.endpoint)
    half = f"POST {parts.path}/jobs HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Le".encode()
    with contextlib.ExitStack() as undo:
        for _ in range(count):
            undo.enter_context(contextlib.closing(_opened(client))).sendall(half)
        yield


def handshake(client: JobClient, version: ssl.TLSVersion) -> str | None:
    """The protocol that a client of at most this version comes to; None when it is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")  # ours must not be what refuses
    try:
        with _opened(client, context) as opened:
            assert isinstance(opened, ssl.SSLSocket)
            return opened.version()
    except (ssl.SSLError, ConnectionError):
        return None


def certificate(client: JobClient) -> dict[str, object]:
    """The server's certificate, verified with its name; Unreachable says why it is not good."""
    try:
        with _opened(client, ssl.create_default_context()) as opened:
            assert isinstance(opened, ssl.SSLSocket)
            return dict(opened.getpeercert() or {})
    except ssl.SSLError as error:
        raise Unreachable("The certificate is not good.", evidence=str(error)) from error


def _connection(client: JobClient) -> http.client.HTTPConnection:
    parts = urlsplit(client.endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(str(parts.hostname), parts.port, timeout=LIMIT)


def _opened(client: JobClient, context: ssl.SSLContext | None = None) -> socket.socket:
    parts = urlsplit(client.endpoint)
    secure = parts.scheme == "https"
    try:
        plain = socket.create_connection(
            (str(parts.hostname), parts.port or (443 if secure else 80)), timeout=LIMIT
        )
    except OSError as error:
        raise Unreachable(f"{client.endpoint} takes no connection.", evidence=str(error)) from error
    if not secure:
        return plain
    context = context or ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=parts.hostname)
