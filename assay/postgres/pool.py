"""The pool of one process: one server pair, leased to one test at a time as two databases."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.names import RunId
from assay.postgres import chain, cleaning, creation
from assay.postgres.baseline import State
from assay.postgres.guardian import Guardian
from assay.postgres.keeping import Kept, keep
from assay.postgres.pair import Pair
from assay.postgres.server import Role, Server, ServerPair
from assay.postgres.spec import Spec

T = TypeVar("T")


class PairPool:
    """Owns the server pair of a process: started at the first lease, replaced when spoilt.

    `keep` starts servers so that they may outlive the process (see `retire_alive`). Several pools
    of one process, one for each version pair, share a `guardian`.
    """

    def __init__(
        self,
        spec: str = "17",
        *,
        provider: str | None = None,
        run: RunId | None = None,
        guardian: Guardian | None = None,
        keep: bool = False,
    ) -> None:
        self.spec = Spec.parse(spec)
        self.provider = provider
        self.keep = keep
        self.guardian = Guardian.for_run(run or RunId.new()) if guardian is None else guardian
        self._owns_guardian = guardian is None
        self._server_pair: ServerPair | None = None
        self._baselines: tuple[State, ...] = ()
        self._leases = 0
        self.retired: list[str] = []  # why server pairs were replaced

    @property
    def run(self) -> RunId:
        """The run whose id all names carry."""
        return self.guardian.lease.run

    @property
    def started(self) -> ServerPair | None:
        """The present server pair; None before the first lease."""
        return self._server_pair

    def server_pair(self) -> ServerPair:
        """The server pair, started now if there is none."""
        if self._server_pair is None:
            self.guardian.watch()
            self._server_pair = chain.start_pair(
                self.spec,
                lease=self.guardian.lease,
                number=self.guardian.next_number(),
                keep=self.keep,
                provider=self.provider,
            )
            self._baselines = tuple(self._both(cleaning.baseline))
        return self._server_pair

    @contextlib.contextmanager
    def lease(self, name: str) -> Iterator[Pair]:
        """Two fresh databases; afterwards the server pair is as it was before, or replaced.

        What the test left and had not declared is then in the pair's `leaked`.
        """
        server_pair = self.server_pair()
        self._leases += 1
        pair = Pair(name, server_pair, self.run.name(str(self._leases)))
        for role in Role:
            pair.record(role, "database", pair.database)
        try:
            self._both(lambda server: creation.create_database(server, pair.database))
            yield pair
        finally:
            if self._server_pair is server_pair:
                self._give_back(pair)

    def retire_alive(self, pair: Pair) -> Kept:
        """Let the server pair live on after this process, for a person to look at.

        The next lease gets a new one. What is returned says how to connect.
        """
        pair.kept = True
        kept = keep(pair, lease=self.guardian.lease)
        self._server_pair = None
        return kept

    def close(self) -> None:
        """End the server pair and, where the guardian is ours, see that nothing is left."""
        self._retire("the pool was closed")
        if self._owns_guardian:
            self.guardian.close()

    def __enter__(self) -> PairPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _give_back(self, pair: Pair) -> None:
        outcome = cleaning.give_back(pair, self._baselines)
        pair.leaked = outcome.leaks
        if outcome.spoilt is not None:
            self.retired.append(f"{pair.name}: {outcome.spoilt}")
            self._retire(outcome.spoilt)

    def _retire(self, why: str) -> None:
        if self._server_pair is not None:
            servers, self._server_pair = self._server_pair.servers, None
            for server in servers:
                server.end()

    def _both(self, work: Callable[[Server], T]) -> list[T]:
        return both(work, self.server_pair().servers)


def both(work: Callable[[Server], T], servers: Sequence[Server]) -> list[T]:
    """Do the same on both servers at once."""
    with ThreadPoolExecutor(max_workers=len(servers)) as threads:
        return list(threads.map(work, servers))
