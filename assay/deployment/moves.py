"""Brings a state elsewhere, and takes away a lock whose owner is gone."""

from __future__ import annotations

from assay.deployment import accounts, state, steps
from assay.deployment.ladder import Deployment
from assay.deployment.state import State
from assay.deployment.steps import StepError
from assay.deployment.terraform import TerraformFailed
from assay.errors import UsageError


def unlock(deployment: Deployment, lock: str) -> None:
    """Take a lock of Terraform away whose owner is gone; TerraformFailed when there is none.

    Of a lock with a file and a row Terraform misses the one that is gone, after it took the other.
    """
    accounts.demand(deployment.account, deployment.environment)
    where = deployment.where()
    try:
        deployment.terraform().unlock(lock)
    except TerraformFailed as error:
        half = bool(where.table) and "unable to retrieve file from S3" in error.evidence
        if not half or not state.is_free(where, deployment.environment, deployment.account.client):
            raise


def migrate(deployment: Deployment, to: State) -> int:
    """Bring the state to another place; the number of its resources, which stays the same.

    StepError when the new place does not hold the same, TerraformFailed when it cannot be had; the
    old one is left as it was then, and in use.
    """
    accounts.demand(deployment.account, deployment.environment)
    there = deployment.where()
    if there.workspaces != to.workspaces:
        raise UsageError(
            "Environments are kept apart by keys or by workspaces, and stay so.",
            evidence=f"it lies in {there}; a copy to {to} would be of the workspace default",
            remedy="terraform state pull, then push it there in the new workspace",
        )
    to.check(deployment.account.client)
    with steps.held(deployment.home):
        before = sorted(deployment.initialised(there).resources())
        try:
            moved = deployment.initialised(to, migrate=True)
        except TerraformFailed:
            deployment.initialised(there)  # where it is still whole
            raise
        after = sorted(moved.resources())
        if after != before:
            raise StepError(
                f"The state in {to} does not hold what it held in {there}.",
                evidence=f"{len(before)} resources before, {len(after)} after",
                remedy=f"use the old one: assay state migrate --environment "
                f"{deployment.environment.environment} {there}",
            )
        deployment.remember(to)
        return len(after)
