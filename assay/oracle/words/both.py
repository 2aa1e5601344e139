"""Something that the source has and the target too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
U = TypeVar("U")


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
            source = function(self.source)
        return Both(source, target.result())
