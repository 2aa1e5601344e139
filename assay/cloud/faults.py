"""Faults of the local cloud: ask for one, and see how often it took effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from assay.errors import UsageError

LIMIT = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was asked for; `happened` is its witness."""

    url: str
    number: int

    def happened(self) -> int:
        """How often it took effect."""
        answer = requests.get(self.url, timeout=LIMIT).json()
        return int(answer[str(self.number)]["happened"])


@dataclass(frozen=True, slots=True)
class Faults:
    """What the launcher can be asked for; see `assay/cloud/emulator/faults.py`."""

    url: str

    def refuse(
        self, call: str, code: str, *, times: int, status: int = 400, caller: str = "*"
    ) -> Fault:
        """Answer the next AWS calls `service:Operation` (wildcards) with an error code.

        With `caller` only calls of roles whose ARN fits it, such as `*-worker/*`.
        """
        return self._add(
            kind="refuse", target=call, times=times, code=code, status=status, caller=caller
        )

    def crash(self, function: str, *, times: int) -> Fault:
        """Let the next invocations of a function fail before they run."""
        return self._add(kind="crash", target=function, times=times)

    def lose_answer(self, call: str, *, times: int = 1) -> Fault:
        """Do the next API calls `METHOD /path` and close the connection without an answer."""
        return self._add(kind="lose-answer", target=call, times=times)

    def clear(self) -> None:
        """Forget all faults."""
        requests.delete(self.url, timeout=LIMIT)

    def _add(self, **rule: Any) -> Fault:
        answer = requests.post(self.url, json=rule, timeout=LIMIT)
        if answer.status_code != 201:
            raise UsageError("The local cloud knows no such fault.", evidence=answer.text)
        return Fault(self.url, int(answer.json()["number"]))
