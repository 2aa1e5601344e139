"""What makes the command start sooner: half of a short comparison is loading modules."""

from __future__ import annotations

import argparse
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from assay.errors import AssayError


@contextmanager
def without_collecting() -> Iterator[None]:
    """What is made meanwhile stays: nobody has to go through it, now or at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def looking_for_programs(arguments: argparse.Namespace) -> Iterator[None]:
    """Ask PostgreSQL's programs for their versions, which takes processes, on another core."""
    if not arguments.no_dump:
        threading.Thread(target=_look, args=(arguments.pg_bin,), daemon=True).start()
    yield


def _look(folders: list[str]) -> None:
    from assay.postgres import tools
    from assay.postgres.programs import named

    with suppress(AssayError):  # is said when they are needed
        tools.survey(named.parse(folders))
