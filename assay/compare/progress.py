"""What is being done, on standard error: one line on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from assay import clock
from assay.report.text import visible

EVERY = 3.0  # seconds between two lines where nobody watches a terminal

Progress = Callable[[str], None]


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Progress]:
    """A function that takes what is being done; it never fails."""
    if quiet:
        yield lambda _text: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, markup=False, highlight=False)
        with console.status("") as status:
            # A line that is too long for the terminal would not be overwritten as a whole.
            yield lambda text: status.update(Text(visible(text), no_wrap=True, overflow="ellipsis"))
    else:
        yield sparse()


def sparse() -> Progress:
    """Writes the first line, and after that at most one every few seconds."""
    last = [float("-inf")]

    def say(text: str) -> None:
        now = clock.monotonic()
        if now - last[0] >= EVERY:
            last[0] = now
            with suppress(OSError):
                sys.stderr.write(f"{visible(text)}\n")
                sys.stderr.flush()

    return say
