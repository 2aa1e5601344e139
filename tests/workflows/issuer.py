"""Identity tokens as GitHub's issuer gives them, from this machine: signed, fetched, verified.

https://docs.github.com/actions/reference/security/oidc
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from assay.process import LOOPBACK

AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs with a key of its own; `url` is where a job fetches its token."""

    key: RSAPrivateKey
    url: str

    def token(self, subject: str, audience: str = AUDIENCE) -> str:
        """A token for that job and that receiver."""
        head = {"alg": "RS256", "typ": "JWT", "kid": "local"}
        claims = {"iss": self.url, "sub": subject, "aud": audience}
        signed = f"{_packed(head)}.{_packed(claims)}"
        return f"{signed}.{_text(self.key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def claims(self, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
        """What a token says; ValueError where it is not this issuer's, or for somebody else."""
        signed, _, signature = token.rpartition(".")
        try:
            self.key.public_key().verify(_bytes(signature), signed.encode(), PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise ValueError("not signed by this issuer") from error
        claims: dict[str, Any] = json.loads(_bytes(signed.partition(".")[2]))
        if (claims["iss"], claims["aud"]) != (self.url, audience):
            raise ValueError(f"of {claims['iss']}, for {claims['aud']}")
        return claims


@contextmanager
def listening() -> Iterator[Issuer]:
    """An issuer that answers as long as this lasts."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    issuer = Issuer(generate_private_key(65537, 2048), f"http://{LOOPBACK}:{server.server_port}")
    server.issuer = issuer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Gives the token whose subject the address names, as the runner's address names the job."""

    def do_GET(self) -> None:
        asked: Mapping[str, list[str]] = parse_qs(urlsplit(self.path).query)
        allowed = self.headers.get("Authorization") == "bearer of this job"
        issuer: Issuer = self.server.issuer  # type: ignore[attr-defined]
        given = issuer.token(asked["subject"][0], asked.get("audience", [""])[0])
        body = json.dumps({"value": given} if allowed else {"message": "not authorized"}).encode()
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


def _packed(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
