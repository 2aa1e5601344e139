"""What makes the command start sooner: half of a short comparison is loading modules."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """What is made meanwhile stays: nobody has to go through it, now or at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
