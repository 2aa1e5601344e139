"""Requests as bytes: the key goes where it is told to, and what TLS a server speaks is seen."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
import warnings
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.errors import UsageError
from assay.jobs.client import JobClient, Unreachable
from assay.redact import Secret
from assay.smoke import raw
from assay.smoke.check import CHECKS, Result, Site, judge
from assay.smoke.profile import QUICK

LOOPBACK = "127.0.0.1"
ANSWER = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


def certificate(folder, *, days):
    """A self-signed one of the loopback address with its key: the file of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address(LOOPBACK))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    return path


@contextmanager
def listening(talk):
    """A server of loopback that talks with each connection: its port."""
    with socket.create_server((LOOPBACK, 0)) as server:
        server.settimeout(20)

        def serve():
            while True:
                try:
                    opened, _ = server.accept()
                except OSError:
                    return
                with opened:
                    opened.settimeout(5)
                    talk(opened)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


@contextmanager
def tls(folder, *, lowest=ssl.TLSVersion.TLSv1_2, highest=ssl.TLSVersion.TLSv1_3, days=100,
        answer=None):  # fmt: skip
    """A server that speaks these versions, and answers what `answer` makes of a request: a site."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder, days=days))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest

    def talk(opened):
        try:
            with context.wrap_socket(opened, server_side=True) as secured:
                heard = secured.recv(65536)
                secured.sendall(answer(heard) if answer else b"")
        except (ssl.SSLError, OSError):
            return

    with listening(talk) as port:
        yield Site("tls", JobClient(f"https://{LOOPBACK}:{port}", Secret("k" * 20)), QUICK)


V = ssl.TLSVersion


@pytest.mark.parametrize(
    ("lowest", "highest", "result"),
    [
        (V.TLSv1_2, V.TLSv1_3, Result.PASS),
        (V.TLSv1_3, V.TLSv1_3, Result.PASS),
        (V.TLSv1_1, V.TLSv1_3, Result.FAIL),
        (V.TLSv1, V.TLSv1_1, Result.FAIL),
    ],
)  # fmt: skip
def test_old_tls_is_seen_where_it_is_spoken(tmp_path, lowest, highest, result):
    with tls(tmp_path, lowest=lowest, highest=highest) as site:
        judged = judge(CHECKS["old-tls-is-refused"], site)
    assert judged.result is result, judged.why


def test_a_server_that_refuses_every_version_proves_nothing(tmp_path):
    with listening(lambda opened: opened.recv(1)) as port:
        site = Site("none", JobClient(f"https://{LOOPBACK}:{port}", None), QUICK)
        judged = judge(CHECKS["old-tls-is-refused"], site)
    assert judged.result is Result.UNKNOWN


@pytest.mark.skipif(ssl.HAS_SSLv3, reason="this OpenSSL offers every version")
def test_a_version_that_this_machine_cannot_offer_is_not_refused_by_the_server(tmp_path):
    with (
        tls(tmp_path) as site,
        pytest.raises(UsageError, match=r"cannot offer SSLv3"),
    ):
        raw.handshake(site.client, V.SSLv3)


def test_a_certificate_that_nobody_trusts_is_a_finding(tmp_path):
    with tls(tmp_path) as site:
        judged = judge(CHECKS["the-certificate-is-good-for-a-while"], site)
    assert judged.result is Result.FAIL
    assert "self-signed" in judged.why


@pytest.mark.parametrize(("days", "result"), [(15, Result.PASS), (13, Result.FAIL)])
def test_a_certificate_that_ends_soon_is_a_finding(tmp_path, monkeypatch, days, result):
    with tls(tmp_path, days=days) as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        judged = judge(CHECKS["the-certificate-is-good-for-a-while"], site)
    assert judged.result is result, judged.why


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("max-age=31536000", Result.PASS),
        ("includeSubDomains; Max-Age=63072000; preload", Result.PASS),
        ("max-age=31535999", Result.FAIL),
        ("max-age=0", Result.FAIL),
        ("includeSubDomains", Result.FAIL),
        ("", Result.FAIL),
    ],
)  # fmt: skip
def test_whoever_may_ask_without_tls_is_a_finding(tmp_path, monkeypatch, said, result):
    def answer(heard):
        known = b"x-api-key" in heard.lower()
        status, body = (404, "Job not found") if known else (401, "Unauthorized")
        text = json.dumps({"error": body})
        return (
            f"HTTP/1.1 {status} x\r\ncontent-length: {len(text)}\r\nconnection: close\r\n"
            f"strict-transport-security: {said}\r\n\r\n{text}"
        ).encode()

    with tls(tmp_path, answer=answer) as site:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
        judged = judge(CHECKS["nobody-is-to-ask-without-tls"], site)
    assert judged.result is result, judged.why


def test_a_handshake_that_ends_without_a_certificate_is_no_finding():
    with listening(lambda opened: opened.recv(1)) as port:
        client = JobClient(f"https://{LOOPBACK}:{port}", None)
        with pytest.raises(Unreachable, match="ends the handshake"):
            raw.certificate(client)


@pytest.fixture
def heard():
    """What a server was sent, and a client of it."""
    seen = []

    def talk(opened):
        seen.append(opened.recv(65536).decode())
        opened.sendall(ANSWER)

    with listening(talk) as port:
        yield seen, JobClient(f"http://{LOOPBACK}:{port}/stage", Secret("rk_0123456789abcdef"))


def test_the_key_goes_along_only_when_it_is_told_to(heard):
    seen, client = heard
    raw.send(client, "GET", "/jobs")
    raw.send(client, "GET", "/jobs", authenticated=False)
    raw.send(client, "GET", "/jobs", [("X-API-Key", "other")], authenticated=False)
    with_key, without, other = (text.lower() for text in seen)
    assert "x-api-key: rk_0123456789abcdef" in with_key
    assert "x-api-key" not in without
    assert "x-api-key: other" in other
    assert "rk_" not in other


def test_a_path_is_sent_as_it_is(heard):
    seen, client = heard
    assert raw.send(client, "TRACE", "/jobs/%2e%2e//x").status == 404
    assert seen[0].startswith("TRACE /stage/jobs/%2e%2e//x HTTP/1.1\r\n")


def test_a_server_that_closes_without_an_answer_is_unreachable():
    with listening(lambda opened: opened.recv(1)) as port:
        client = JobClient(f"http://{LOOPBACK}:{port}", None)
        with pytest.raises(Unreachable, match="No answer to GET /jobs"):
            raw.send(client, "GET", "/jobs")
