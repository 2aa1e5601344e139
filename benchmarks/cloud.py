"""The whole service on this machine: applied, used for real databases, judged, torn down.

``python -m benchmarks.cloud [--replicator reference] [--replicator seren:BINARY] [--write]``: what
`make cloud` runs. A job posted to the local stack's endpoint replicates 100 tables with 1,000,000
rows; the oracle judges what it made. Exit 1 when the reference's job is not equal or anything is
left; what another replicator's job comes to is reported, whatever it is.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assay.clock import monotonic, utc_now
from assay.cloud import images, local
from assay.cloud.local import LocalCloud
from assay.deployment import kept, ladder, release
from assay.deployment.stack import Stack
from assay.deployment.terraform import changes
from assay.errors import AssayError
from assay.jobs.client import JobClient
from assay.jobs.judged import Databases
from assay.oracle.words.finding import Equality
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, scalar
from benchmarks import inventory

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks" / "cloud.md"
FILL = Path(__file__).with_name("fill.sql")
LIMIT = 1200.0  # seconds for a job
ROWS = 1_000_000
TABLES = "select count(*) from pg_tables where schemaname = 'public'"


@dataclass(slots=True)
class Timed:
    """What was done and how long each part took, in order."""

    parts: list[tuple[str, float, str]] = field(default_factory=list)
    began: float = field(default_factory=monotonic)

    @contextmanager
    def part(self, name: str) -> Iterator[list[str]]:
        """Time a part; what is appended to the list is said beside it."""
        sys.stderr.write(f"[{monotonic() - self.began:6.1f} s] {name}\n")
        began, said = monotonic(), list[str]()
        try:
            yield said
        finally:
            self.parts.append((name, monotonic() - began, "; ".join(said)))

    def table(self) -> str:
        """As Markdown."""
        rows = [f"| {name} | {seconds:.1f} | {said} |" for name, seconds, said in self.parts]
        total = f"| **all** | {monotonic() - self.began:.1f} | |"
        return "\n".join(["| part | seconds | |", "| --- | --- | --- |", *rows, total])


def replicate(timed: Timed, stack: Stack, folder: Path, replicator: str, pool: PairPool) -> bool:
    """One job with one replicator; whether it completed and is equal."""
    images.install(folder, release.named(replicator))
    client = JobClient(stack.endpoint, stack.api_key)
    with pool.lease(replicator) as pair:
        # What a tool leaves is not this program's matter: the servers end with it.
        tool = replicator.partition(":")[0]
        with timed.part(f"{tool}: fill the source") as said, connect(pair.source) as session:
            session.execute("set statement_timeout = '600s'")
            session.execute(FILL.read_bytes())
            said.append(f"{scalar(session, TABLES)} tables")
        databases = Databases.of(pair)
        with timed.part(f"{tool}: the job, from POST to its end") as said:
            watch = client.wait(client.submit(databases.spec()), timeout=LIMIT, every=0.5)
            last = watch.views[-1]
            said.append(
                f"{last.status}{f': {last.error}' if last.error else ''}".replace("\n", " ")
            )
        with timed.part(f"{tool}: the oracle") as said:
            comparison = databases.still()
            rows = comparison.compared.get("rows", 0)
            said.append(
                f"{comparison.equality}, {rows:,} rows, {len(comparison.findings)} findings"
            )
            said += [str(finding) for finding in comparison.findings[:3]]
    return (
        watch.states[-1] == "completed" and comparison.equality is Equality.EQUAL and rows == ROWS
    )


def look() -> inventory.Inventory:
    """What this program can answer for; its files lie in one folder, which it removes."""
    return inventory.take(temp=(), ours=os.getpid())


def left_over(cloud: LocalCloud, before: inventory.Inventory) -> list[str]:
    """What was not there before: processes, ports, files, containers, slots."""
    now = look()
    return inventory.lines(inventory.new(before, now)) + (
        ["the emulator"] if cloud.answers() else []
    )


def run(replicators: Sequence[str], timed: Timed) -> bool:
    """The whole rehearsal; whether the reference was right and nothing is left."""
    before = look()
    right = True
    with tempfile.TemporaryDirectory(prefix="assay-cloud-") as folder:
        home = Path(folder)
        with timed.part("start the emulator"):
            owned = local.owned(home / "state")
            cloud = owned.__enter__()
        try:
            image = home / "image"
            with timed.part("the worker's image"):
                registered = kept.register(cloud, image, "reference")
            with timed.part("package, plan and apply"):
                stack = ladder.stack(ladder.local(cloud, home / "ladder", image=registered))
            pool = PairPool("17")
            for replicator in replicators:
                equal = replicate(timed, stack, image, replicator, pool)
                right = right and (equal or replicator != "reference")
            with timed.part("end the servers"):
                pool.close()
            with timed.part("plan again") as said:
                said.append(f"{len(changes(stack.terraform.plan()))} changes")
            with timed.part("destroy") as said:
                stack.destroy()
                said.append(f"{len(stack.terraform.resources())} resources left")
                right = right and not stack.terraform.resources()
        finally:
            with timed.part("stop the emulator"):
                owned.__exit__(None, None, None)
    left = left_over(cloud, before)
    sys.stderr.write("".join(f"left: {line}\n" for line in left))
    timed.parts.append(("left over", 0.0, f"{len(left)} things"))
    return right and not left


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table; 0 when the reference's job was equal and nothing is left."""
    parser = argparse.ArgumentParser(prog="benchmarks.cloud", description=__doc__)
    parser.add_argument("--replicator", action="append", metavar="NAME",
                        help="reference, noop, schema-only, seren:BINARY; repeatable")  # fmt: skip
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    timed = Timed()
    try:
        right = run(options.replicator or ["reference"], timed)
    except AssayError as error:
        sys.stderr.write(f"{error}\n")
        right = False
    names = ", ".join(name.partition(":")[0] for name in options.replicator or ["reference"])
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    text = "\n\n".join((
        "# The service on one machine",
        f"{utc_now()}, {machine}. One run of `make cloud`: absolute times depend on the machine.",
        timed.table(),
        f"{'PASS' if right else 'FAIL'}: {names}",
    ))  # fmt: skip
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
