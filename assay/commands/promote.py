"""`assay promote --from staging --to prod`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.commands.deployments import PLACES, deployment
from assay.deployment.state import State
from assay.exits import Exit


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    promote = commands.add_parser("promote")
    promote.add_argument("--from", dest="origin", required=True, metavar="NAME",
                         help="the environment whose evidence speaks for it")  # fmt: skip
    promote.add_argument("--to", dest="environment", required=True, metavar="NAME",
                         help="the environment that it goes to")  # fmt: skip
    promote.add_argument("--commit", default="", metavar="COMMIT",
                         help="what is to go (default: the clone's)")  # fmt: skip
    promote.add_argument("--plan", default="", metavar="PLAN",
                         help="look at the approvals of this plan as well")  # fmt: skip
    promote.add_argument("--list", type=Path, metavar="FILE",
                         help="revoked digests and used pairs from a file: no network")  # fmt: skip
    promote.add_argument("--state", type=State.parse, metavar="PLACE", help=PLACES)
    promote.add_argument("--cloud", default="local", metavar="NAME",
                         help="the kept local cloud for the environment local")  # fmt: skip
    promote.add_argument(
        "evidence", nargs="+", type=Path, metavar="BUNDLE", help="files, or folders of some"
    )
    promote.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say whether the evidence lets a commit in, and why not; nothing is written anywhere."""
    from assay.delivery.admission import bundles_in, gate_of, not_let_in
    from assay.delivery.ledger import read_list
    from assay.delivery.opened import Unreadable
    from assay.deployment import steps
    from assay.deployment.artefacts import artefacts_of
    from assay.deployment.commit import Commit
    from assay.deployment.places import CLONE

    where = deployment(arguments, state=arguments.state)
    files = bundles_in(arguments.evidence)
    gate = gate_of(where, files, origin=arguments.origin)
    known = None
    if arguments.list:
        try:
            known = read_list(arguments.list.read_text(encoding="utf-8"), gate.trust.of_ledger)
        except Unreadable as error:
            raise not_let_in(gate.environment, [error.about("the list")]) from error
    plan = _whole_plan(steps.read(where.home, "plan"), arguments.plan)
    made = {name: result for name in ("release_binary", "lambda_package", "worker_image")
            if (result := steps.read(where.home, name)) is not None}  # fmt: skip
    found = gate.judge(
        arguments.commit or Commit.of(CLONE).digest,
        plan=plan,
        artefacts=artefacts_of(made) if plan else None,
        known=known,
    )
    for bundle in found.bundles:
        sys.stdout.write(f"{bundle.digest[:12]}  {bundle.evidence.title}: {bundle.evidence.line}\n")
    for one in found.approvals:
        sys.stdout.write(f"{one.title}{f', overrides: {one.override}' if one.override else ''}\n")
    for refusal in found.refusals:
        sys.stdout.write(f"{refusal}\n")
    sys.stdout.write(f"as of {found.known.told}\n")
    name = arguments.environment
    if found.refusals:
        sys.stdout.write(f"{name}: refused\n")
        return Exit.BAD
    if gate.policy.approval.count and not plan:
        sys.stdout.write("approvals were not looked at: they are of one plan (--plan)\n")
    sys.stdout.write(f"{name}: may be deployed: assay deploy --environment {name} --apply\n")
    return Exit.GOOD


def _whole_plan(planned: Any, given: str) -> str:
    """The digest that a beginning of it names; as it was given where no plan was made here."""
    digest = str(planned.made.get("digest", "")) if planned is not None else ""
    return digest if given and digest.startswith(given) else given
