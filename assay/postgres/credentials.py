"""The superuser's password of a server pair, and the verifier that both servers store."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from assay.postgres.session import Connection, identifier, literal
from assay.postgres.settings import SUPERUSER
from assay.redact import Secret

# The password is random and lives as long as the run: iterations would only slow every connection.
ITERATIONS = 1


@dataclass(frozen=True, slots=True)
class Credentials:
    """One random password for both servers, with one verifier.

    A tool that carries roles over sets the target's superuser to the source's verifier: because it
    is the same one, the target stays reachable and at its baseline.
    """

    password: Secret
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> Credentials:
        """A fresh random password."""
        password = secrets.token_urlsafe(18)
        return cls(Secret(password), scram_verifier(password, salt=secrets.token_bytes(16)))

    def apply(self, connection: Connection) -> None:
        """Store the verifier for the superuser; the password itself never reaches the server."""
        connection.execute(
            f"alter role {identifier(SUPERUSER)} password {literal(self.verifier)}".encode()
        )


def scram_verifier(password: str, *, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL stores for a password under scram-sha-256 (RFC 5802, ASCII passwords)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (
        base64.b64encode(part).decode() for part in (salt, stored_key, server_key)
    )
    return f"SCRAM-SHA-256${iterations}:{salt64}${stored64}:{server64}"
