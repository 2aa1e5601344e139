"""`assay reproduce RUN CASE`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError
from assay.exits import Exit

if TYPE_CHECKING:
    from assay.run.events import CaseJudged

_LIMIT = 1800.0  # seconds of a whole script


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    reproduce = commands.add_parser(
        "reproduce",
        description="Do a case of a stored run again, by its script, on a fresh pair of servers"
        " of the run's versions. Exit 1 when the difference is seen again, 0 when it is not, 2 when"
        " it could not be told.",
    )
    reproduce.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    reproduce.add_argument("case", metavar="CASE", help="a case of it, by its id")
    reproduce.add_argument("--replicator", metavar="NAME", help="where the run had several")
    reproduce.add_argument("--pg", metavar="MAJOR[:MAJOR]", help="where the run had several")
    reproduce.add_argument("--pg-provider", metavar="NAME",
                           help="where servers come from (default: as in the run)")  # fmt: skip
    reproduce.add_argument("--print", action="store_true", dest="only_print",
                           help="only write the script to standard output")  # fmt: skip
    reproduce.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start a pair of the run's versions and run the case's script on it."""
    from assay.postgres.pool import PairPool
    from assay.postgres.programs import named
    from assay.run import record
    from assay.run.outcome import Outcome

    seen = record.load(arguments.run_dir)
    case = _chosen(seen.judged, arguments)
    script = _script(arguments.run_dir, case)
    if arguments.only_print:
        sys.stdout.write(script)
        return Exit.GOOD
    if all(phase.outcome is Outcome.FAITHFUL and phase.expected for phase in case.phases):
        raise UsageError(
            f"{case.case} was FAITHFUL in that run: there is no difference to see again.",
            remedy="its script, all the same: --print",
        )
    options = seen.options
    provider = arguments.pg_provider or options.get("pg_provider")
    with PairPool(
        case.pg,
        provider=None if provider == "given" else provider,
        folders=named.parse(options.get("pg_bin") or ()),
    ) as pool, pool.lease(case.case) as pair:  # fmt: skip
        return on_pair(script, pair)


def on_pair(script: str, pair: Any) -> int:
    """Run a script on a leased pair, its output on ours as it comes; what it says, as an exit."""
    from assay.environment import inherited
    from assay.postgres.address import Viewer
    from assay.process import execute_openly

    # As the tool reaches them: its URL of the source is what the target connects to as well.
    addresses = [pair.address(side, Viewer.REPLICATOR) for side in ("source", "target")]
    with tempfile.TemporaryDirectory(prefix="assay-reproduce-") as folder:
        passfile, file = Path(folder) / "passfile", Path(folder) / "by-hand.sh"
        passfile.touch(mode=0o600)
        # Under any spelling of the host: a case may name one server twice.
        lines = (f"*:{a.passfile_line().partition(':')[2]}" for a in addresses)
        passfile.write_text("".join(f"{line}\n" for line in lines))
        file.write_text(script, encoding="utf-8")
        programs = (str(pair.server_pair.tools), str(Path(sys.executable).parent))
        env = {**inherited(), "PGPASSFILE": str(passfile), "HOME": folder, "TMPDIR": folder}
        env["PATH"] = os.pathsep.join((*programs, env.get("PATH", os.defpath)))
        urls = [address.url(password=False) for address in addresses]
        code = execute_openly(["sh", str(file), *urls], env=env, timeout=_LIMIT)
    return {0: Exit.GOOD, 1: Exit.BAD}.get(code, Exit.UNKNOWN)


def _chosen(cases: Sequence[CaseJudged], arguments: argparse.Namespace) -> CaseJudged:
    """The one judged case that is meant: of several, the one that is not as expected."""
    pg = arguments.pg
    pg = pg if pg is None or ":" in pg else f"{pg}:{pg}"
    fitting = [
        case
        for case in cases
        if case.case == arguments.case
        and arguments.replicator in (None, case.replicator)
        and pg in (None, case.pg)
    ]
    red = [case for case in fitting if not case.expected]
    if len(fitting) > 1 and len(red) == 1:
        fitting = red
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        reds = sorted({case.case for case in cases if not case.expected})
        raise UsageError(
            f"The run has no case {arguments.case} that was judged so.",
            evidence=f"not as expected there: {', '.join(reds) or 'none'}",
        )
    raise UsageError(
        f"The run has several of {arguments.case}.",
        evidence="; ".join(f"--replicator {c.replicator} --pg {c.pg}" for c in fitting),
        remedy="add one of these",
    )


def _script(run_dir: Path, case: CaseJudged) -> str:
    from assay.conformance.evidence import load

    script = load(run_dir / case.evidence).reproduction
    if not script.startswith("#!"):
        raise UsageError(
            f"{case.case} has no script: its tool was never called.",
            evidence=case.gravest.why or "",
        )
    return script
