"""Something that the source has and the target too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_stops: list[Callable[[], None]] = []


@contextmanager
def stopped_on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C while somebody waits for both: a server may answer in half an hour."""
    _stops.append(stop)
    try:
        yield
    finally:
        _stops.remove(stop)


class Both(NamedTuple, Generic[T]):
    """The source's and the target's; iterates in that order."""

    source: T
    target: T

    def map(self, function: Callable[[T], U]) -> Both[U]:
        """What a function says of each, one after the other."""
        return Both(function(self.source), function(self.target))

    def at_once(self, function: Callable[[T], U]) -> Both[U]:
        """What a function says of each, asked at the same time: it waits for servers.

        The source's in the calling thread. Raises what it raises for the source, else for the
        target, when both have ended.
        """
        with ThreadPoolExecutor(1) as pool:
            target = pool.submit(function, self.target)
            try:
                source = function(self.source)
                wait((target,))
            except KeyboardInterrupt:  # the thread is waited for in any case
                for stop in tuple(_stops):
                    stop()
                raise
        return Both(source, target.result())
