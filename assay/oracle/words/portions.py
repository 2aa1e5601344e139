"""In what portions large relations are read and kept: for memory and caches, not for a verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Portions:
    """About `stretch` rows lie in a stretch or bucket. Single digests of up to `digests` rows of a
    side are kept; where more differ all rows are read. Bytes are compared in a `buffer` of so many.
    """

    stretch: int = 1024
    digests: int = 400_000
    buffer: int = 1 << 18  # more of it costs the caches
