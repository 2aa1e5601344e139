"""Environments are kept apart by keys or by workspaces: all four marks of one must agree.

The account is asked for by `accounts.demand`; the other three stand in Terraform's own folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.deployment import environments
from assay.deployment.environments import Environment
from assay.deployment.state import State
from assay.deployment.terraform import Terraform
from assay.errors import Refused


def demand(terraform: Terraform, target: Environment, place: State) -> None:
    """Refused where file of variables, key or workspace are another environment's."""
    wrong = list(_mismatches(terraform, target, place))
    if wrong:
        raise Refused(
            f"Terraform's folder is not that of {target.prefix}: {len(wrong)} of its marks differ.",
            evidence="\n".join(wrong),
            remedy="begin again: assay deploy --environment "
            f"{target.environment} --until plan, which sets them",
        )


def _mismatches(terraform: Terraform, target: Environment, place: State) -> Iterator[str]:
    said = environments.parse(terraform.var_file)
    for what, variable in (
        ("project", "project"),
        ("environment", "environment"),
        ("account", "account_id"),
    ):
        found, wanted = getattr(said, variable), getattr(target, variable)
        found = terraform.variables.get(variable, found)
        if found != wanted:
            yield f"{terraform.var_file.name} is of {what} {found}, not {wanted}"
    if terraform.workspace != place.workspace(target):
        yield f"the workspace is {terraform.workspace}, not {place.workspace(target)}"
    backend = terraform.backend
    given = (str(backend.get("bucket") or ""), str(backend.get("key") or ""))
    wanted_place = (place.bucket, place.backend_key(target) if place.bucket else "")
    if given != wanted_place:
        yield f"the state is {_named(given)}, not {_named(wanted_place)}"


def _named(place: tuple[str, str]) -> str:
    bucket, key = place
    return f"s3://{bucket}/{key}" if bucket else "a file of this folder"
