"""The accepted API keys: a list in one parameter, so that an old and a new one overlap."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

FRESH = 60.0  # seconds for which a key that was withdrawn may still be accepted
PATIENCE = 2.0  # seconds between two readings because of keys that are not known


@dataclass(slots=True)
class ApiKeys:
    """Reads the keys when they are old, or when an unknown one comes: it may be a new one."""

    client: Any
    parameter: str
    _keys: tuple[bytes, ...] = ()
    _read_at: float = field(default=float("-inf"))

    def accepts(self, key: str) -> bool:
        """Whether a key is one of the accepted; the client's error when they cannot be read."""
        if time.monotonic() - self._read_at > FRESH:
            self._read()
        if self._matches(key):
            return True
        if time.monotonic() - self._read_at > PATIENCE:
            self._read()
        return self._matches(key)

    def _matches(self, key: str) -> bool:
        """Compares with every key, in the same time whatever is given."""
        given = key.encode("utf-8", "surrogatepass")
        matches = [hmac.compare_digest(given, known) for known in self._keys]
        return any(matches)

    def _read(self) -> None:
        answer = self.client.get_parameter(Name=self.parameter, WithDecryption=True)
        keys = json.loads(answer["Parameter"]["Value"])
        self._keys = tuple(key.encode() for key in keys if key)
        self._read_at = time.monotonic()
