"""`assay approve`."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.commands.deployments import PLACES, add_options, deployment
from assay.deployment.state import State
from assay.errors import UsageError
from assay.exits import Exit

_PLAN = re.compile(r"[0-9a-f]{64}")


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    approve = commands.add_parser("approve")
    approve.add_argument("--plan", default="", metavar="DIGEST",
                         help="64 digits (default: that of the plan made here)")  # fmt: skip
    approve.add_argument("--commit", default="", metavar="COMMIT",
                         help="what the plan brings (default: the clone's)")  # fmt: skip
    approve.add_argument("--as", dest="person", required=True, metavar="PERSON",
                         help="who you are, as the environment's policy names you")  # fmt: skip
    approve.add_argument("--role", default="", metavar="ROLE", help="in which role")
    approve.add_argument("--hours", type=float, default=4, metavar="N", help="how long it holds")
    approve.add_argument("--override", default="", metavar="WHY",
                         help="in spite of a freeze; recorded")  # fmt: skip
    approve.add_argument("--signer", default="", metavar="SIGNER",
                         help="file:PATH or awskms:KEY (default: the key here)")  # fmt: skip
    approve.add_argument("--state", type=State.parse, metavar="PLACE", help=PLACES)
    add_options(approve)
    approve.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sign that one plan may be applied, for some hours; it lies beside the environment's state."""
    from assay.delivery.admission import ledger_of
    from assay.delivery.approvals import Approved, write_approval
    from assay.delivery.signers import chosen
    from assay.deployment import steps
    from assay.deployment.commit import Commit
    from assay.deployment.places import CLONE

    where = deployment(arguments, state=arguments.state)
    planned = steps.read(where.home, "plan")
    plan = arguments.plan or (str(planned.made.get("digest", "")) if planned else "")
    if not _PLAN.fullmatch(plan):
        raise UsageError(
            "An approval is of one plan.",
            evidence=f"given: {plan or 'none, and none was made from this clone'}",
            remedy="its whole digest: --plan DIGEST, as the plan step prints it",
        )
    sign = chosen(arguments.signer or "file", arguments.person)
    if sign is None:
        raise UsageError(
            f"There is no key of {arguments.person} on this machine.",
            remedy=f"assay evidence key --name {arguments.person}, and its public part into the "
            "environment's policy",
        )
    now = datetime.now(UTC)
    approved = Approved(
        environment=where.environment.environment,
        plan=plan,
        commit=arguments.commit or Commit.of(CLONE).digest,
        by=arguments.person,
        role=arguments.role,
        at=now.isoformat(timespec="seconds"),
        until=(now + timedelta(hours=arguments.hours)).isoformat(timespec="seconds"),
        override=arguments.override,
    )
    name, text = write_approval(approved, sign)
    store = ledger_of(where).store
    store.put(name, text)
    sys.stdout.write(f"plan {plan[:12]} is approved until {approved.until}: {store}, {name}\n")
    return Exit.GOOD
