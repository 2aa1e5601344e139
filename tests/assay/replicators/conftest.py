"""Our own programs on a pair of databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from assay.clock import wait_until
from assay.postgres.address import Viewer
from assay.postgres.pair import Pair
from assay.postgres.session import connect
from assay.process import Execution, Running, start
from assay.redact import Scrubber
from assay.replicators.base import Call, Filters, Phase
from assay.replicators.registry import resolve
from assay.replicators.tool import Tool


@dataclass
class Bench:
    """A pair, and tools that are called on it."""

    pair: Pair
    workdir: Path
    call: Call = field(init=False)

    def __post_init__(self) -> None:
        only = Filters(include_databases=(self.pair.source.database,))
        ends = (self.pair.address(side, Viewer.REPLICATOR) for side in ("source", "target"))
        self.call = Call(*ends, only)

    def run(self, phase: Phase, name: str = "reference", **changes: Any) -> Execution:
        """One command of a tool, to its end."""
        tool = Tool(resolve(name), self.pair.server_pair.tools, self.workdir, Scrubber())
        done = tool.execute(phase, replace(self.call, **changes))
        assert done is not None
        return done

    def start(self, phase: Phase, name: str = "reference", **changes: Any) -> Running:
        """One command of a tool, left running."""
        command = resolve(name).command(phase, replace(self.call, **changes))
        assert command is not None
        passfile = self.workdir / "started-passfile"
        passfile.write_text("\n".join(command.passfile))
        passfile.chmod(0o600)
        tmp = self.workdir / "started-tmp"
        tmp.mkdir(exist_ok=True)
        env = {"PATH": f"{self.pair.server_pair.tools}:/usr/bin:/bin"}
        return start(
            command.argv,
            env={**env, **command.env, "PGPASSFILE": str(passfile), "TMPDIR": str(tmp)},
        )

    def bare(self, phase: Phase, name: str) -> Execution:
        """One command to its end, its output as it is."""
        running = self.start(phase, name)
        running.process.wait(30)
        return running.stop()

    def shown_by_children(self, phase: Phase, name: str, secret: str) -> bool:
        """Whether a secret is seen in the arguments of anything while a command runs."""
        running = self.start(phase, name)
        seen = False
        while running.alive():
            for entry in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    seen |= secret.encode() in (entry / "cmdline").read_bytes()
        running.stop()
        return seen

    def source(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute on the source; the rows of the last statement, if it has any."""
        return self._execute(self.pair.source, statements)

    def target(self, *statements: str) -> list[tuple[Any, ...]]:
        """As `source`, on the target."""
        return self._execute(self.pair.target, statements)

    @contextmanager
    def pair_lock(self, table: str) -> Iterator[None]:
        """Hold a table of the source against everybody."""
        with connect(self.pair.source, autocommit=False) as connection:
            connection.execute(f"lock table {table} in access exclusive mode".encode())
            yield
            connection.rollback()

    def arrives(self, query: str) -> None:
        """Wait until a query is true on the target."""
        wait_until(lambda: self.target(query)[0][0], what=query, timeout=20)

    def debris(self) -> list[str]:
        """What of the reference is on either side."""
        source = self.source(
            "select 'slot ' || slot_name from pg_replication_slots where database = "
            "current_database() union all select 'publication ' || pubname from pg_publication"
        )
        target = self.target(
            "select 'subscription ' || subname from pg_subscription where subdbid = (select oid "
            "from pg_database where datname = current_database()) "
            "union all select 'origin ' || roname from pg_replication_origin"
        )
        return [row[0] for row in (*source, *target)]

    @staticmethod
    def _execute(address: Any, statements: tuple[str, ...]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with connect(address) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows


@pytest.fixture
def bench(pair: Pair, tmp_path: Path) -> Bench:
    """The pair of this test with our tools; what they leave while following is allowed."""
    allowed = resolve("reference").leftovers
    pair.allow_all(source=allowed.source, target=allowed.target)
    return Bench(pair, tmp_path)
