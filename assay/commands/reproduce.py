"""`assay reproduce RUN CASE`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.exits import Exit

_LIMIT = 1800.0  # seconds of a whole script


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    reproduce = commands.add_parser(
        "reproduce",
        description="Do a case of a stored run again, by its script, on a fresh pair of servers"
        " of the run's versions. Exit 1 when the difference is seen again, 0 when it is not, 2 when"
        " it could not be told: `git bisect run assay reproduce RUN CASE` works.",
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
    from assay.report import journal

    events = journal.read(arguments.run_dir)
    event = _chosen(events, arguments)
    script = _script(arguments.run_dir, event)
    if arguments.only_print:
        sys.stdout.write(script)
        return Exit.GOOD
    options = events[0]["options"]
    provider = arguments.pg_provider or options.get("pg_provider")
    with PairPool(
        event["pg"],
        provider=None if provider == "given" else provider,
        folders=named.parse(options.get("pg_bin") or ()),
    ) as pool, pool.lease(event["case"]) as pair:  # fmt: skip
        return on_pair(script, pair)


def on_pair(script: str, pair: Any) -> int:
    """Run a script on a leased pair, its output on ours as it comes; what it says, as an exit."""
    from assay.environment import inherited
    from assay.postgres.address import Viewer
    from assay.process import execute_openly

    addresses = [pair.address(side, Viewer.TESTS) for side in ("source", "target")]
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


def _chosen(events: list[dict[str, Any]], arguments: argparse.Namespace) -> dict[str, Any]:
    """The one judged case that is meant: of several, the one that is not as expected."""
    cases = [event for event in events if event["event"] == "case-judged"]
    named = [event for event in cases if event["case"] == arguments.case]
    pg = (
        arguments.pg
        if arguments.pg is None or ":" in arguments.pg
        else f"{arguments.pg}:{arguments.pg}"
    )
    fitting = [
        event
        for event in named
        if arguments.replicator in (None, event["replicator"]) and pg in (None, event["pg"])
    ]
    red = [event for event in fitting if not event["expected"]]
    if len(fitting) > 1 and len(red) == 1:
        fitting = red
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        reds = sorted({event["case"] for event in cases if not event["expected"]})
        raise UsageError(
            f"The run has no case {arguments.case} that was judged so.",
            evidence=f"not as expected there: {', '.join(reds) or 'none'}",
        )
    raise UsageError(
        f"The run has several of {arguments.case}.",
        evidence="; ".join(f"--replicator {e['replicator']} --pg {e['pg']}" for e in fitting),
        remedy="add one of these",
    )


def _script(run_dir: Path, event: dict[str, Any]) -> str:
    from assay.conformance.evidence import load

    script = load(run_dir / event["evidence"]).reproduction
    if not script.startswith("#!"):
        raise UsageError(
            f"{event['case']} has no script: its tool was never called.",
            evidence=str(event["why"]),
        )
    return script
