"""Several sessions of each side, all in its one snapshot, that answer at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assay import clock
from assay.errors import ServerError
from assay.oracle.session.side import Side, sharing
from assay.oracle.words.both import Both
from assay.oracle.words.failed import failures_of
from assay.postgres.address import Address

JOBS = 2  # sessions for each side
_AHEAD = 2  # questions for each session that wait for its answers to be looked at
_CANCEL = 5.0  # seconds for a server to hear of it
_TELLING, _EVIDENCE = 2.0, 0.03  # seconds and share of the work from which the rest is estimated

Answer = list[tuple[Any, ...]]


@dataclass(slots=True)
class ParallelSessions:
    """`of` are those of each side, opened when they are needed; `notes` says why there are fewer
    than `jobs`.
    """

    sides: Both[Side]
    addresses: Both[Address]
    stack: ExitStack
    jobs: int = JOBS
    of: list[tuple[Side, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Open what is missing."""
        for side, address in list(zip(self.sides, self.addresses, strict=True))[len(self.of) :]:
            sessions = [side]
            try:
                while len(sessions) < self.jobs:
                    sessions.append(self.stack.enter_context(sharing(side, address)))
            except (ServerError, psycopg.Error) as error:  # a limit of connections, a pooler
                told = " ".join(str(error).split())
                self.notes.append(f"{side.name}: only {len(sessions)} session at once: {told}")
            self.of.append(tuple(sessions))

    def ask(
        self, queries: Sequence[tuple[str, str]], progress: Callable[[str], None]
    ) -> Iterator[tuple[Answer, Answer]]:
        """The answers of both sides to each pair of queries, in order.

        As many are asked at once as there are sessions, and no more than the caller looks at.
        """
        self.open()
        meter = Meter(len(queries), progress)
        with ExitStack() as threads:
            workers = [
                [(side, threads.enter_context(ThreadPoolExecutor(1))) for side in sessions]
                for sessions in self.of
            ]
            waiting = deque[tuple[Future[Answer], ...]]()
            with self._cancelled_on_failure(), ExitStack() as queued:
                queued.callback(lambda: [one.cancel() for pair in waiting for one in pair])
                for number, pair in enumerate(queries):
                    chosen = [own[number % len(own)] for own in workers]
                    waiting.append(
                        tuple(
                            thread.submit(read_answer, side, query)
                            for (side, thread), query in zip(chosen, pair, strict=True)
                        )
                    )
                    last = number + 1 == len(queries)
                    while len(waiting) > (0 if last else _AHEAD * self.jobs):
                        wait(waiting[0], return_when=FIRST_EXCEPTION)
                        source, target = _results(waiting[0])
                        yield source, target
                        waiting.popleft()
                        meter.done()

    def work(self, function: Callable[[int, Both[Side], int], None]) -> None:
        """Call a function with the number of each pair of sessions, the pair, how many there are.

        The calls run at the same time, each of them with its sessions to itself.
        """
        self.open()
        pairs = list(zip(*self.of, strict=False))
        with ThreadPoolExecutor(len(pairs)) as pool:
            futures = [pool.submit(function, n, Both(*one), len(pairs))
                       for n, one in enumerate(pairs)]  # fmt: skip
            with self._cancelled_on_failure():
                for future in as_completed(futures):
                    future.result()

    def recovered(self) -> bool:
        """Whether the snapshots of all sessions outlived an error."""
        opened = [one for own in self.of for one in own] or list(self.sides)
        return all(one.recovered() for one in opened)

    @contextmanager
    def _cancelled_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            for side in (side for sessions in self.of for side in sessions):
                with suppress(psycopg.Error):  # the first failure is what counts
                    side.connection.cancel_safe(timeout=_CANCEL)
            raise


def _results(futures: Sequence[Future[Answer]]) -> list[Answer]:
    """Of those that are done; what one of them raised."""
    return [
        one.result()
        for one in sorted(futures, key=lambda one: not (one.done() and one.exception()))
    ]


def read_answer(session: Side, query: str) -> Answer:
    """All rows of a query; what is bytes comes as bytes."""
    with failures_of(session.name):
        cursor = session.connection.cursor(binary=True)
        return [tuple(row) for row in cursor.execute(query.encode(), prepare=False)]


@dataclass(slots=True)
class Meter:
    """Says how many of the parts are done, and how long the rest will take."""

    parts: int
    progress: Callable[[str], None]
    finished: int = 0
    began: float = field(default_factory=clock.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def done(self) -> None:
        """One more is done."""
        with self.lock:
            self.finished += 1
            spent = clock.monotonic() - self.began
            text = f"{100 * self.finished // self.parts} %"
            # The first parts wait for caches and sessions: they promise nothing for the others.
            if spent >= _TELLING and 1 > self.finished / self.parts >= _EVIDENCE:
                left = spent / self.finished * (self.parts - self.finished)
                text += f", about {left:.0f} s left"
            self.progress(text)
