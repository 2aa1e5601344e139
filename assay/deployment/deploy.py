"""`assay deploy`, `assay destroy`, `assay state`, `assay doctor`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assay.clock import monotonic
from assay.deployment import checklist, environments, kept, ladder, orphans, release, steps
from assay.deployment.accounts import Aws, Local
from assay.deployment.approval import SHORT, Approval
from assay.deployment.environments import Environment
from assay.deployment.ladder import NAMES, Deployment
from assay.deployment.places import CLONE
from assay.deployment.state import State
from assay.deployment.steps import Progress

STEPS = CLONE / ".assay" / "steps"
_PLACES = "local (the default), s3://BUCKET or s3://BUCKET?table=NAME"
PATIENCE = 5.0  # seconds for another process with the same deployment


def add_parser(commands: Any) -> None:
    """Register the sub-commands."""
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
    deploy.set_defaults(run=_deploy)

    destroy = commands.add_parser("destroy")
    destroy.add_argument("--apply", action="store_true", help="really; else only show it")
    destroy.set_defaults(run=_destroy)

    state = commands.add_parser("state")
    actions = state.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="where it is and what is in it")
    show.set_defaults(run=_show)
    migrate = actions.add_parser("migrate", help="bring it to another place")
    migrate.add_argument("to", metavar="PLACE", help=_PLACES)
    migrate.set_defaults(run=_migrate)
    unlock = actions.add_parser("unlock", help="take a lock away whose owner is gone")
    unlock.add_argument("lock", metavar="ID", help="as the message said")
    unlock.set_defaults(run=_unlock)

    deploy.add_argument("--state", type=State.parse, metavar="PLACE", help=_PLACES)
    doctor = commands.add_parser("doctor")
    doctor.add_argument("--outputs", type=Path, metavar="FILE",
                        help="terraform output -json, where the state is elsewhere")  # fmt: skip
    doctor.set_defaults(run=_doctor)

    for parser in (deploy, destroy, show, migrate, unlock, doctor):
        parser.add_argument("--environment", required=True, metavar="NAME",
                            help="a file of environments/")  # fmt: skip
        parser.add_argument("--cloud", default="local", metavar="NAME",
                            help="the kept local cloud for the environment local")  # fmt: skip


def deployed(target: Environment) -> Deployment:
    """An environment on a real account, as it was deployed from this clone."""
    return Deployment(target, Aws(target.region), STEPS / target.environment)


def deployment(arguments: argparse.Namespace, **more: Any) -> Deployment:
    """What the options name."""
    target = environments.read(arguments.environment)
    if target.local:
        one = kept.find(arguments.cloud)
        return Deployment(target, Local(one.cloud), one.folder, **more)
    return Deployment(target, Aws(target.region), STEPS / target.environment, **more)


def _deploy(arguments: argparse.Namespace) -> int:
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
    results = ladder.climb(
        where, begin=arguments.begin, until=until, patience=PATIENCE, progress=_progress()
    )
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


def _destroy(arguments: argparse.Namespace) -> int:
    where = deployment(arguments)
    if not arguments.apply and not where.environment.local:
        for line in where.terraform().resources():
            sys.stdout.write(f"would remove {line}\n")
        sys.stdout.write("nothing was removed: --apply removes\n")
        return 0
    ladder.destroy(where, progress=_progress())
    sys.stdout.write(f"{where.environment.prefix} is gone\n")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    where = deployment(arguments)
    there = where.terraform().resources()
    sys.stdout.write(f"{where.where()}: {len(there)} resources\n")
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    where, to = deployment(arguments), State.parse(arguments.to)
    kept_resources = ladder.migrate(where, to)
    sys.stdout.write(f"the state of {where.environment.prefix} lies in {to}: "
                     f"{kept_resources} resources\n")  # fmt: skip
    return 0


def _unlock(arguments: argparse.Namespace) -> int:
    ladder.unlock(deployment(arguments), arguments.lock)
    sys.stdout.write("unlocked; see what is half done: assay deploy --until plan\n")
    return 0


def _progress() -> Progress:
    began = monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"[{monotonic() - began:6.1f} s] {line}\n")

    return say


def _doctor(arguments: argparse.Namespace) -> int:
    given = checklist.outputs_of(arguments.outputs) if arguments.outputs else None
    items = checklist.look(deployment(arguments), given)
    for line in checklist.lines(items):
        sys.stdout.write(f"{line}\n")
    return checklist.exit_code(items)


def sweep(arguments: argparse.Namespace) -> int:
    """Show, and asked to remove, what is in no state and what has outlived its time."""
    where = deployment(arguments)
    found, over = ladder.orphans_of(where), ladder.overdue(where)
    for one in found:
        sys.stdout.write(f"in no state: {one}\n")
    if over:
        sys.stdout.write(f"over since {over}: {where.environment.prefix}\n")
    if found and arguments.apply:
        orphans.remove(where.account, where.environment, found, progress=_progress())
    if over and arguments.apply:
        ladder.destroy(where, progress=_progress())
    if (found or over) and not arguments.apply:
        sys.stdout.write("nothing was removed: --apply removes\n")
    sys.stdout.write(f"{len(found) + bool(over)} found\n")
    return 0


def expired() -> list[str]:
    """The environments that were deployed from here and whose time to live is over."""
    now = f"{datetime.now(UTC):{ladder.TIME}}"
    ends = {folder.name: steps.read(folder, "endpoint") for folder in sorted(STEPS.glob("*"))}
    times = {name: end.made.get("expires", "") for name, end in ends.items() if end is not None}
    return [name for name, time in times.items() if time and time < now]


def _expires(hours: float) -> str:
    if not hours:
        return ""
    return f"{datetime.now(UTC) + timedelta(hours=hours):{ladder.TIME}}"


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()
