"""`assay deploy`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assay.clock import utc_now
from assay.commands.deployments import PLACES, add_options, deployment, progress
from assay.delivery import admission
from assay.delivery.make import leave_deployment
from assay.delivery.signers import signer_of
from assay.deployment import ladder, release
from assay.deployment.approval import SHORT, Approval
from assay.deployment.commit import Commit
from assay.deployment.ladder import NAMES
from assay.deployment.places import CLONE
from assay.deployment.state import State

PATIENCE = 5.0  # seconds for another process with the same deployment


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    deploy = commands.add_parser("deploy")
    deploy.add_argument("--replicator", default="reference", metavar="NAME", help=release.FORMS)
    deploy.add_argument("--ami", default="", metavar="AMI", help="an image that is there already")
    deploy.add_argument("--from", dest="begin", choices=NAMES, help="what comes before must hold")
    deploy.add_argument("--until", choices=NAMES, help="the last step")
    deploy.add_argument("--apply", action="store_true",
                        help="write to a real account; else the plan is only shown")  # fmt: skip
    deploy.add_argument("--approve", default="", metavar="PLAN",
                        help="the reviewed plan, by the dry run's name for it")  # fmt: skip
    deploy.add_argument("--allow", action="append", default=[], metavar="ADDRESS",
                        help="what holds data and may be replaced, if unprotected")  # fmt: skip
    deploy.add_argument("--hours", type=float, default=0, metavar="N",
                        help="its time to live: after it `assay sweep` finds it")  # fmt: skip
    deploy.add_argument("--evidence", action="append", type=Path, default=[], metavar="BUNDLE",
                        help="what lets it in, where its policy asks for some")  # fmt: skip
    deploy.add_argument("--state", type=State.parse, metavar="PLACE", help=PLACES)
    add_options(deploy)
    deploy.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Climb the ladder; a real account is only planned for unless it may be written to."""
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    where = deployment(
        arguments,
        replicator=arguments.replicator,
        image=arguments.ami,
        state=arguments.state,
        approval=Approval(arguments.apply, arguments.approve, _ask if asks else None),
        allowed=tuple(arguments.allow),
        expires=_expires(arguments.hours),
    )
    writes = arguments.apply or where.environment.local
    until = arguments.until or (None if writes else "plan")
    began, commit = utc_now(), Commit.of(CLONE)
    sign = signer_of(arguments.environment) if writes else None
    if writes:
        where = admission.guarded(where, arguments.evidence)
    try:
        results = ladder.climb(
            where, begin=arguments.begin, until=until, patience=PATIENCE, progress=progress()
        )
    finally:
        leave_deployment(where, commit, began, sign)
    if "plan" in results:
        plan = results["plan"].made
        sys.stdout.write(f"plan {plan['digest'][:SHORT]}: {len(plan['changes'])} changes, "
                         f"state in {plan['state']}\n")  # fmt: skip
    if "endpoint" in results:
        end = results["endpoint"].made
        sys.stdout.write(f"API_ENDPOINT={end['endpoint']}\nkey: {end['api_key']}\n")
    elif not writes:
        sys.stdout.write("nothing was written: this is a dry run; --apply deploys\n")
    return 0


def _expires(hours: float) -> str:
    if not hours:
        return ""
    return f"{datetime.now(UTC) + timedelta(hours=hours):{ladder.TIME}}"


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()
