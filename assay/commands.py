"""`assay judge`, `report`, `controls`, `sweep`, `lease`: small ones that belong to no room."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.deployment import deploy, kept
from assay.postgres import conninfo, facts, grants, sweep
from assay.replicators.controls.defects import DEFECTS
from assay.report.draw import draw
from assay.report.rejudge import rejudge


def add_parser(commands: Any) -> None:
    """Register the sub-commands."""
    judge = commands.add_parser("judge", help="judge a stored run again, from its evidence")
    judge.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    judge.set_defaults(run=_judge)

    report = commands.add_parser("report", help="draw verdicts.json and index.html of a run again")
    report.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    report.set_defaults(run=_report)

    controls = commands.add_parser("controls", help="list the defects of the lossy control")
    controls.set_defaults(run=_controls)

    sweeper = commands.add_parser("sweep", help="end what dead or kept runs left on this machine")
    sweeper.add_argument("--dry-run", action="store_true", help="only show it")
    sweeper.add_argument("--environment", metavar="NAME",
                         help="instead: what is in no state, or has outlived its time")  # fmt: skip
    sweeper.add_argument("--cloud", default="local", metavar="NAME",
                         help="the kept local cloud for the environment local")  # fmt: skip
    sweeper.add_argument("--apply", action="store_true",
                         help="remove what was found of the environment")  # fmt: skip
    sweeper.set_defaults(run=_sweep)

    lease = commands.add_parser("lease", help="allow the suite to write to a server you run")
    actions = lease.add_subparsers(required=True, metavar="ACTION")
    grant = actions.add_parser("grant", help="write the lease into the server's database postgres")
    grant.add_argument("url", metavar="URL", help="the server, without a password")
    grant.add_argument("--i-understand", required=True, metavar="SYSTEM_IDENTIFIER",
                       help="of the server where databases and roles may be dropped")  # fmt: skip
    grant.add_argument("--accept-content", action="store_true",
                       help="also where it already holds databases or tables")  # fmt: skip
    grant.set_defaults(run=_grant)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _judge(arguments: argparse.Namespace) -> int:
    judged = list(rejudge(arguments.run_dir))
    changed = [one for one in judged if not one.same]
    for one in changed:
        where = f"{one.case} {one.replicator} {one.pg}"
        _say(f"{where}: was {one.before}, is {one.now.outcome}: {one.now.why}")
    _say(f"{len(judged)} judged again, {len(changed)} otherwise than before")
    return 1 if changed else 0 if judged else 2


def _report(arguments: argparse.Namespace) -> int:
    draw(arguments.run_dir)
    _say(f"{arguments.run_dir / 'index.html'}")
    return 0


def _controls(_: argparse.Namespace) -> int:
    for name, defect in DEFECTS.items():
        _say(f"lossy:{name:32} {defect.sentence}")
    return 0


def _sweep(arguments: argparse.Namespace) -> int:
    if arguments.environment:
        return deploy.sweep(arguments)
    stale = sweep.find()
    for one in stale:
        _say(f"{'would end' if arguments.dry_run else 'ending'} {one}")
        if not arguments.dry_run:
            sweep.remove(one)
    ended = [one for one in kept.every() if not one.runs]
    for cloud_ended in ended:
        _say(f"{'would remove' if arguments.dry_run else 'removing'} {cloud_ended}")
        if not arguments.dry_run:
            kept.stop(cloud_ended)
    over = deploy.expired()
    for name in over:
        _say(f"its time is over: assay sweep --environment {name} --apply")
    _say(f"{len(stale) + len(ended) + len(over)} found")
    return 0


def _grant(arguments: argparse.Namespace) -> int:
    location = conninfo.parse(arguments.url)
    facts.check_hosts(location.hosts, allowed=(), production=True)
    lease = grants.grant(
        location.address,
        understood=arguments.i_understand,
        accept_content=arguments.accept_content,
    )
    _say(f"leased until {lease.expires_at:%Y-%m-%d %H:%M} UTC; the suite may write there")
    return 0
