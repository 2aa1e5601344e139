"""Ciphertext of KMS that cannot be altered: ministack's is an exclusive-or without a check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from ministack.services import kms

_MARK = b"\x00TAG"
_TAG = 16  # bytes
_KEY_ID = 36  # bytes at the front that name the key
_SHORTEST = 104  # bytes of a ciphertext with a tag


def install() -> None:
    """Append a tag when encrypting and check it when decrypting."""
    encrypt, decrypt, generate = kms._encrypt, kms._decrypt, kms._generate_data_key

    def tagging(call: Any) -> Any:
        def tagged(data: dict[str, Any]) -> Any:
            answer = call(data)
            record = kms._resolve_key(data.get("KeyId", ""))
            if answer[0] != 200 or not record or "_symmetric_key" not in record:
                return answer
            body = json.loads(answer[2])
            blob = base64.b64decode(body["CiphertextBlob"])
            sealed = blob + _MARK + _tag(record, blob)
            return kms.json_response({**body, "CiphertextBlob": base64.b64encode(sealed).decode()})

        return tagged

    def checked(data: dict[str, Any]) -> Any:
        blob = base64.b64decode(data.get("CiphertextBlob", ""))
        record = kms._resolve_key(blob[:_KEY_ID].decode("utf-8", "ignore"))
        body, mark, tag = blob[: -_TAG - 4], blob[-_TAG - 4 : -_TAG], blob[-_TAG:]
        if not record or "_symmetric_key" not in record:
            return decrypt(data)
        if (
            len(blob) < _SHORTEST
            or mark != _MARK
            or not hmac.compare_digest(_tag(record, body), tag)
        ):
            return kms.error_response_json("InvalidCiphertextException", "", 400)
        return decrypt({**data, "CiphertextBlob": base64.b64encode(body).decode()})

    kms._encrypt, kms._generate_data_key = tagging(encrypt), tagging(generate)
    kms._decrypt = checked


def _tag(record: dict[str, Any], blob: bytes) -> bytes:
    return hmac.new(record["_symmetric_key"], b"tag" + blob, hashlib.sha256).digest()[:_TAG]
