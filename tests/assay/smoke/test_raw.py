"""Requests as bytes: the key goes where it is told to, and what TLS a server speaks is seen."""

from __future__ import annotations

import datetime
import ipaddress
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
def tls(folder, *, lowest, highest, days=100):
    """A server that speaks these versions: a site of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder, days=days))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest

    def talk(opened):
        try:
            with context.wrap_socket(opened, server_side=True) as secured:
                secured.recv(1)
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
        tls(tmp_path, lowest=V.TLSv1_2, highest=V.TLSv1_3) as site,
        pytest.raises(UsageError, match=r"cannot offer SSLv3"),
    ):
        raw.handshake(site.client, V.SSLv3)


def test_a_certificate_that_nobody_trusts_is_a_finding(tmp_path):
    with tls(tmp_path, lowest=V.TLSv1_2, highest=V.TLSv1_3) as site:
        judged = judge(CHECKS["the-certificate-is-good-for-a-while"], site)
    assert judged.result is Result.FAIL
    assert "self-signed" in judged.why


@pytest.mark.parametrize(("days", "result"), [(15, Result.PASS), (13, Result.FAIL)])
def test_a_certificate_that_ends_soon_is_a_finding(tmp_path, monkeypatch, days, result):
    with tls(tmp_path, lowest=V.TLSv1_2, highest=V.TLSv1_3, days=days) as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        judged = judge(CHECKS["the-certificate-is-good-for-a-while"], site)
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
