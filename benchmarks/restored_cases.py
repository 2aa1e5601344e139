"""Every database that the suite's cases build, restored from its dump: EQUAL, or known not to be.

``python -m benchmarks.restored_cases [-k WORD] [--pg 17] [--provider wheel]``; what a dump itself
changes stands with its findings in restored_cases.toml.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay.conformance.case import Case
from assay.conformance.databases import Databases
from assay.conformance.statements import Psql
from assay.errors import SetupError
from assay.names import RunId, uniquify
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.server import Role
from assay.process import Execution, execute
from benchmarks.union import all_cases, lacking

CHANGED = Path(__file__).with_name("restored_cases.toml")
LIMIT = 120.0  # seconds for one dump or restore
SHOWN = 300  # characters of a client's complaint


@dataclass(frozen=True, slots=True)
class Restored:
    """One database, what was said of its copy, and what a dump is known to change in it."""

    case: str
    database: str
    comparison: Comparison
    known: tuple[str, ...] = ()

    @property
    def wrong(self) -> list[str]:
        """What was found and is not known, and what is known and was not found."""
        found = [str(finding) for finding in self.comparison.findings]
        unknown = [one for one in found if not any(fnmatchcase(one, k) for k in self.known)]
        absent = [
            f"not found: {k}" for k in self.known if not any(fnmatchcase(f, k) for f in found)
        ]
        if self.comparison.equality is Equality.UNKNOWN:
            unknown.append(f"UNKNOWN: {self.comparison.why}")
        return unknown + absent


def restored(
    case: Case, pair: Pair, workdir: Path, known: Mapping[str, Sequence[str]]
) -> Iterator[Restored]:
    """Build the databases of a case on the source, restore each on the target, compare."""
    run = RunId.new()
    for side in Role:
        for kind in ("role", "membership", "parameter", "comment", "setting"):
            pair.allow(side, kind, ".*")
        for role in case.roles:
            pair.record(side, "role", uniquify(role, run))
    psql, databases = Psql(pair.server_pair.tools, workdir, run), Databases(case, pair, run)
    databases.create()
    for section in case.of("setup"):
        psql.apply(section, databases.source(section))
    script = workdir / "restored.sql"
    # Who is the bootstrap superuser exists already: psql goes on.
    script.write_text(_client(pair, pair.source, "pg_dumpall", "--globals-only").stdout)
    _client(pair, pair.target.at("postgres"), "psql", "-q", f"--file={script}")
    names = (databases.main, *map(databases.actual, case.databases))
    for name in names:
        if name != databases.main:
            pair.record("target", "database", name)
        source, target = pair.source.at(name), pair.target.at(name)
        options = ("--create", "--clean", "--if-exists")
        script.write_text(_client(pair, source, "pg_dump", *options).stdout)
        whole = ("-v", "ON_ERROR_STOP=1", f"--file={script}")
        _client(pair, target.at("postgres"), "psql", "-q", *whole)
        asked = Question(keep=None, tools=pair.server_pair.tools)
        seen = compare(source, target, asked)
        yield Restored(case.id, name, seen, tuple(known.get(case.id, ())))


def _client(pair: Pair, address: Address, program: str, *options: str) -> Execution:
    """Run a client program of the pair's; SetupError where it fails."""
    place = make_conninfo(
        "", host=address.host, port=address.port, user=address.user, dbname=address.database
    )
    argv = [str(pair.server_pair.tools / program), f"--dbname={place}", *options]
    env = {"PGPASSWORD": address.password.reveal(), "PGCLIENTENCODING": "UTF8"}
    done = execute(argv, env=env, timeout=LIMIT, kept=None)
    if not done.ok:
        raise SetupError(f"{program} failed.", evidence=done.stderr.strip()[:SHOWN])
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """Restore them all; 0 when every copy is what it is known to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", metavar="WORD", help="only cases whose id has it")
    parser.add_argument("--pg", default="17", help="versions of source and target, as 16:17")
    parser.add_argument("--provider", help="where servers come from; default: whatever is there")
    options = parser.parse_args(arguments)
    known = tomllib.loads(CHANGED.read_text(encoding="utf-8"))
    judged, failed, left_out = 0, 0, 0
    with (
        PairPool(options.pg, provider=options.provider) as pool,
        tempfile.TemporaryDirectory(prefix="assay-restored-") as folder,
    ):
        for case in (one for one in all_cases() if options.k in one.id):
            with pool.lease(f"restored {case.id}") as pair:
                if missing := lacking(case, pair):
                    left_out += 1
                    _say(f"{case.id}: the servers lack {missing}")
                    continue
                for one in restored(case, pair, Path(folder), known):
                    judged, failed = judged + 1, failed + bool(one.wrong)
                    _say(f"{one.case} {one.database}: {one.comparison.equality}")
                    for line in one.wrong:
                        _say(f"  {line}")
    _say(
        f"{judged - failed} of {judged} restored databases as they must be,"
        f" {len(known)} cases with known changes, {left_out} left out"
    )
    return 1 if failed or not judged else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
