"""Simulated time: processes are generators that wait for ticks or for something to be true."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator

# A number waits so many ticks, a question until it is true.
Process = Generator[int | Callable[[], bool], None, None]


class Times:
    """What happens at the same tick happens in the order in which it was begun."""

    def __init__(self) -> None:
        """Nothing is under way, at tick 0."""
        self.now = 0
        self._count = itertools.count()
        self._due: list[tuple[int, int, Process]] = []
        self._asking: list[tuple[int, Callable[[], bool], Process]] = []

    def begin(self, process: Process, *, after: int = 0) -> None:
        """Let it start in so many ticks."""
        heapq.heappush(self._due, (self.now + after, next(self._count), process))

    def play(self) -> None:
        """On, until everything has ended or waits for what only somebody outside can do."""
        while self._answer() or self._due:
            if self._asking and self._answer():
                continue
            if not self._due:
                return
            self.now, number, process = heapq.heappop(self._due)
            self._resume(number, process)

    def _answer(self) -> bool:
        """Resume the first process whose question is true by now."""
        for index, (number, question, process) in enumerate(self._asking):
            if question():
                del self._asking[index]
                self._resume(number, process)
                return True
        return False

    def _resume(self, number: int, process: Process) -> None:
        try:
            wanted = next(process)
        except StopIteration:
            return
        if callable(wanted):
            self._asking.append((number, wanted, process))
            self._asking.sort(key=lambda one: one[0])
        else:
            heapq.heappush(self._due, (self.now + wanted, next(self._count), process))
