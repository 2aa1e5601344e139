"""Requests as bytes: what a well-behaved client would not send."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import warnings
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from assay.errors import AssayError, Divergence, UsageError
from assay.jobs.answers import Answer
from assay.jobs.client import JobClient, Unreachable

LIMIT = 30.0  # seconds
LARGEST = 1 << 20  # bytes read of an answer
Headers = Sequence[tuple[str, str]]
_OURS = "NO_PROTOCOLS_AVAILABLE"  # OpenSSL's reason when it is this side that cannot


class Refused(AssayError):
    """The server ended a handshake."""


def send(
    client: JobClient,
    method: str,
    path: str,
    headers: Headers = (),
    body: bytes = b"",
    *,
    authenticated: bool = True,
) -> Answer:
    """One request, its path and headers exactly so; the key goes along if `authenticated`.

    Raises Unreachable when the server closes without an answer.
    """
    parts = urlsplit(client.endpoint)
    names = {name.lower() for name, _ in headers}
    client.calls += 1
    connection = _connection(client)
    try:
        connection.putrequest(method, parts.path + path, skip_accept_encoding=True)
        if authenticated and client.key is not None:
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


def handshake(client: JobClient, version: ssl.TLSVersion) -> str:
    """The protocol that the server speaks with a client of at most this version.

    Raises Refused when the server ends the handshake, UsageError when this client's own library
    cannot offer such a version.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():  # that it is old is why we ask
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")  # ours must not be what refuses
    try:
        with _secured(client, context) as opened:
            return str(opened.version())
    except (ssl.SSLError, ConnectionError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == _OURS:
            raise UsageError(
                f"This machine cannot offer {version.name}.",
                evidence=str(error),
                remedy="run it where OpenSSL still speaks it",
            ) from error
        raise Refused(f"{client.endpoint} refuses {version.name}.", evidence=str(error)) from error


def certificate(client: JobClient) -> dict[str, object]:
    """The server's certificate, verified with its name; Divergence says why it is not good."""
    try:
        with _secured(client, ssl.create_default_context()) as opened:
            return dict(opened.getpeercert() or {})
    except ssl.SSLCertVerificationError as error:
        raise Divergence(f"the certificate is not good: {error.verify_message}") from error
    except (ssl.SSLError, ConnectionError) as error:
        raise Unreachable(f"{client.endpoint} ends the handshake.", evidence=str(error)) from error


def _connection(client: JobClient) -> http.client.HTTPConnection:
    parts = urlsplit(client.endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(str(parts.hostname), parts.port, timeout=LIMIT)


def _opened(client: JobClient) -> socket.socket:
    if client.endpoint.startswith("https:"):
        return _secured(client, ssl.create_default_context())
    return _plain(client, 80)


def _secured(client: JobClient, context: ssl.SSLContext) -> ssl.SSLSocket:
    name = urlsplit(client.endpoint).hostname
    return context.wrap_socket(_plain(client, 443), server_hostname=name)


def _plain(client: JobClient, port: int) -> socket.socket:
    parts = urlsplit(client.endpoint)
    try:
        return socket.create_connection((str(parts.hostname), parts.port or port), timeout=LIMIT)
    except OSError as error:
        raise Unreachable(f"{client.endpoint} takes no connection.", evidence=str(error)) from error
