"""What an envelope gives once its signature holds, and why it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.delivery.refusals import Kind, Refusal


class Unreadable(Exception):
    """A document that is not believed, before it is known what it says."""

    def __init__(self, kind: Kind, why: str) -> None:
        self.kind = kind
        super().__init__(why)

    def about(self, name: str) -> Refusal:
        """As the refusal of what has this name."""
        return Refusal(self.kind, name, str(self))


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload; `signer` is the key's id or the identity, empty where it was not asked for."""

    payload: bytes
    signer: str


Sign = Callable[[bytes, str], str]  # a payload and its type, to a line of a bundle
Verify = Callable[[dict[str, Any], str], Opened]  # a line's document, and its payload type
