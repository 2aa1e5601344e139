"""Encryption of the connection URLs: KMS, bound to the job by its encryption context."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens texts of one job with one key, named by its ARN (an alias is not checked)."""

    client: Any
    key_arn: str

    def seal(self, text: str, *, job_id: str) -> str:
        """The text encrypted, base64."""
        answer = self.client.encrypt(
            KeyId=self.key_arn, Plaintext=text.encode(), EncryptionContext={"job_id": job_id}
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def open(self, sealed: str, *, job_id: str) -> str:
        """The text again; the client's error when key, context or ciphertext are not right."""
        answer = self.client.decrypt(
            KeyId=self.key_arn,
            CiphertextBlob=base64.b64decode(sealed),
            EncryptionContext={"job_id": job_id},
        )
        plaintext: bytes = answer["Plaintext"]
        return plaintext.decode()
