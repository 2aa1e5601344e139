"""The pool of one process: one server pair, leased to one test at a time as two databases."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.errors import UsageError
from assay.names import RunId
from assay.postgres import chain, cleaning, creation
from assay.postgres.baseline import State
from assay.postgres.desk import Desk
from assay.postgres.guardian import Guardian
from assay.postgres.keeping import Kept, keep
from assay.postgres.pair import Pair
from assay.postgres.programs.named import Folders
from assay.postgres.providers.given import Given
from assay.postgres.server import Server, ServerPair
from assay.postgres.spec import Spec

T = TypeVar("T")


class PairPool:
    """Owns the server pair of a process: started at the first lease, replaced when spoilt.

    `keep` starts servers so that they may outlive the process (see `retire_alive`). Several pools
    of one process, one for each version pair, share a `guardian`. `folders` hold the programs of
    versions for which one was named. `local_first` is for who needs no containers: they are asked
    last.
    """

    def __init__(
        self,
        spec: str = "17",
        *,
        provider: str | None = None,
        given: Given | None = None,
        run: RunId | None = None,
        guardian: Guardian | None = None,
        keep: bool = False,
        folders: Folders | None = None,
        local_first: bool = False,
    ) -> None:
        self.spec = Spec.parse(spec)
        self.provider = provider
        self.folders = folders
        self.local_first = local_first
        self.given = given
        self.keep = keep
        self.guardian = Guardian.for_run(run or RunId.new()) if guardian is None else guardian
        self._owns_guardian = guardian is None
        self._server_pair: ServerPair | None = None
        self._desk = Desk(())
        self._baselines: tuple[State, ...] = ()
        self._leases = 0
        self._leased_to: str | None = None
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
            self._server_pair = self._start() if self.given is None else self.given.open()
            self._desk = Desk(self._server_pair.servers)
            if self._server_pair.owned:
                both(self._warm_template, self._server_pair.servers)
            self._read_baselines()
        return self._server_pair

    @contextlib.contextmanager
    def lease(self, name: str) -> Iterator[Pair]:
        """Two fresh databases; afterwards the server pair is as it was before, or replaced.

        What the test left and had not declared is then in the pair's `leaked`.
        """
        if self._leased_to is not None:
            raise UsageError(f"The server pair is leased to {self._leased_to}.")
        server_pair = self.server_pair()
        self._leases += 1
        self._leased_to = name
        pair = Pair(name, server_pair, self.run.name(str(self._leases)))
        if not server_pair.owned:  # others may have changed theirs since
            self._read_baselines()
        try:
            both(lambda server: self._create_database(server, pair), server_pair.servers)
            yield pair
        finally:
            self._leased_to = None
            if self._server_pair is pair.server_pair:
                self._give_back(pair)

    def renew(self, pair: Pair) -> None:
        """Two fresh databases once more within a lease: all that was made so far is gone.

        Servers of ours that cannot be brought back to where they were are replaced: then the pair
        stands on others. ServerError where that is so of servers that are not ours.
        """
        self._give_back(pair)
        if self._server_pair is None:
            pair.server_pair = self.server_pair()
        both(lambda server: self._create_database(server, pair), pair.server_pair.servers)

    def retire_alive(self, pair: Pair) -> Kept:
        """Let the server pair live on after this process, for a person to look at.

        The next lease gets a new one. What is returned says how to connect.
        """
        if not pair.server_pair.owned:
            raise UsageError("Servers given by URL cannot be kept: they are not ours.")
        pair.kept = True
        self._desk.close()
        kept = keep(pair, lease=self.guardian.lease)
        for server in pair.server_pair.servers:
            server.disown()
        self._server_pair = None
        return kept

    def close(self) -> None:
        """End the server pair and, where the guardian is ours, see that nothing is left."""
        self._retire()
        if self._owns_guardian:
            self.guardian.close()

    def __enter__(self) -> PairPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _restored(self, pair: Pair) -> cleaning.Outcome:
        if pair.server_pair.owned:
            return cleaning.give_back(pair, self._baselines, self._desk)
        return cleaning.give_back_foreign(pair, self._baselines)

    def _give_back(self, pair: Pair) -> None:
        outcome = self._restored(pair)
        pair.leaked += outcome.leaks
        if outcome.spoilt is not None:
            self.retired.append(f"{pair.name}: {outcome.spoilt}")
            self._retire()

    def _retire(self) -> None:
        if self._server_pair is not None:
            servers, self._server_pair = self._server_pair.servers, None
            self._desk.close()
            both(lambda server: server.end(), servers)

    def _create_database(self, server: Server, pair: Pair) -> None:
        pair.record(server.role, "database", pair.database)
        session = self._desk.session(server)
        creation.create_database(session, pair.database, owned=server.owned)

    def _warm_template(self, server: Server) -> None:
        creation.warm_template(self._desk.session(server), server.address())

    def _read_baselines(self) -> None:
        servers = self._desk.servers
        self._baselines = tuple(both(self._desk.state, servers))

    def _start(self) -> ServerPair:
        self.guardian.watch()
        return chain.start_pair(
            self.spec,
            lease=self.guardian.lease,
            number=self.guardian.next_number(),
            keep=self.keep,
            provider=self.provider,
            folders=self.folders,
            local_first=self.local_first,
        )


def both(work: Callable[[Server], T], servers: Sequence[Server]) -> list[T]:
    """Do the same on both servers at once."""
    with ThreadPoolExecutor(max_workers=len(servers)) as threads:
        return list(threads.map(work, servers))
