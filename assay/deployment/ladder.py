"""The guide's steps, from a binary to an endpoint: the same for the local cloud and for AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from assay.clock import wait_until
from assay.cloud import images
from assay.cloud.local import LocalCloud
from assay.deployment import (
    accounts,
    environments,
    machine_images,
    orphans,
    package,
    release,
    rules,
    separation,
    steps,
)
from assay.deployment.accounts import Account, Local
from assay.deployment.approval import Approval
from assay.deployment.artefacts import artefacts_of
from assay.deployment.environments import Environment
from assay.deployment.orphans import Orphan
from assay.deployment.places import AWS, in_clone
from assay.deployment.stack import Stack
from assay.deployment.state import State
from assay.deployment.steps import Progress, Result, Results, Step, StepError
from assay.deployment.terraform import Terraform, TerraformFailed, changes, digest_of
from assay.environment import variable
from assay.errors import Refused, UsageError

# Where the configuration looks for it: the path stands in the state, so it is everybody's.
PACKAGE = Path("lambda", "lambda.zip")
ANSWER = 60.0  # seconds for a new endpoint
TIME = "%Y-%m-%dT%H:%M:%SZ"  # of a time to live: RFC 3339, so that later is greater
_STATE = "state.json"
USUAL_STATE = "ASSAY_STATE"  # the variable that names it


@dataclass(frozen=True, slots=True)
class Deployment:
    """What goes where. `home` holds the steps' results, Terraform's folder and its local state.

    `image` is a machine image that is there already; without it one is made. `state` None is where
    it was the last time, at first a local file. `allowed` are addresses of Terraform that hold data
    and may be replaced. `expires` is a time (RFC 3339) after which it may be swept.
    """

    environment: Environment
    account: Account
    home: Path
    replicator: str = "reference"
    image: str = ""
    state: State | None = None
    approval: Approval = field(default_factory=Approval)
    allowed: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    expires: str = ""

    @property
    def folder(self) -> Path:
        """Where Terraform works."""
        return self.home / "stack"

    def where(self) -> State:
        """Where its state lies; Refused when another place is asked for than the present one."""
        path = self.home / _STATE
        there = State.parse(json.loads(path.read_text())["state"]) if path.exists() else None
        if there is not None and self.state is not None and there != self.state:
            raise Refused(
                f"The state of {self.environment.prefix} lies in {there}, not in {self.state}.",
                evidence="a second state would make everything a second time",
                remedy=f"assay state migrate --environment {self.environment.environment} "
                f"{self.state}",
            )
        return there or self.state or self._usual()

    def _usual(self) -> State:
        """Where a machine that has deployed nothing yet finds it, such as a runner."""
        named = None if self.environment.local else variable(USUAL_STATE)
        return State.parse(named) if named else State()

    def remember(self, where: State) -> None:
        """Write down where the state lies."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.home / _STATE).write_text(json.dumps({"state": str(where)}), encoding="utf-8")

    def terraform(self) -> Terraform:
        """Terraform in its folder, as it was initialised; UsageError where it never was."""
        return Terraform.at(self.folder, self.account.environment())

    def initialised(self, where: State, *, image: str = "", migrate: bool = False) -> Terraform:
        """Terraform, its folder made or brought up to date.

        The variables are what they were the last time, unless an image is named.
        """
        given = {name: value if isinstance(value, str) else json.dumps(value)
                 for name, value in self.variables.items()}  # fmt: skip
        given |= {"expires": self.expires} if self.expires else {}
        given |= {"worker_ami_id": image} if image else {}
        if not image and Terraform.is_at(self.folder):
            given = dict(self.terraform().variables)
        return Terraform.prepare(
            self.folder,
            var_file=environments.path_of(self.environment.environment),
            variables=given,
            credentials=self.account.environment(),
            backend=where.backend(self.environment),
            workspace=where.workspace(self.environment),
            migrate=migrate,
        )


def climb(
    deployment: Deployment,
    *,
    begin: str | None = None,
    until: str | None = None,
    patience: float = 0.0,
    progress: Progress = lambda _: None,
) -> dict[str, Result]:
    """Deploy, up to the step `until`; results by the steps' names.

    The account is asked for before anything else. Raises Refused for what a guard forbids,
    StepError and TerraformFailed for a step that failed, UsageError for names that are none.
    """
    accounts.demand(deployment.account, deployment.environment)
    if deployment.environment.local != isinstance(deployment.account, Local):
        raise Refused(
            "The environment local is for the local cloud, and nothing else is.",
            evidence=f"{deployment.environment.environment} on "
            f"{type(deployment.account).__name__.lower()}",
            remedy="assay cloud start, or name another environment",
        )
    return steps.climb(LADDER, deployment, deployment.home, begin=begin, until=until,
                       patience=patience, progress=progress)  # fmt: skip


def destroy(deployment: Deployment, *, progress: Progress = lambda _: None) -> None:
    """Remove all that a deployment made, and all that its state knows.

    Refused where the environment is protected, UsageError where no step of it was made here.
    """
    name = deployment.environment.environment
    if deployment.environment.protected:
        raise Refused(
            f"The environment {name} is protected: it is not destroyed.",
            evidence=f"protected = true in environments/{name}.tfvars",
            remedy="set it to false in a reviewed change and deploy that first",
        )
    accounts.demand(deployment.account, deployment.environment)
    if not any(steps.read(deployment.home, step) for step in NAMES):
        raise UsageError(
            f"Nothing of {deployment.environment.prefix} was made from here.",
            evidence=f"{deployment.home} holds no step's result",
            remedy=f"see its state first: assay deploy --environment {name} --until plan "
            "--state PLACE",
        )
    steps.descend(LADDER, deployment, deployment.home, progress=progress)


def orphans_of(deployment: Deployment) -> list[Orphan]:
    """What carries the environment's name and is in no state.

    Refused where the state is empty and the account is a real one: somebody else's state may know
    what is found.
    """
    accounts.demand(deployment.account, deployment.environment)
    with steps.held(deployment.home):
        shown = deployment.initialised(deployment.where()).shown()
        if not shown.get("values") and not deployment.environment.local:
            raise Refused(
                f"The state of {deployment.environment.prefix} is empty here.",
                evidence=f"it lies in {deployment.where()}; another one may know what is found",
                remedy="name the right one first: assay deploy --until plan --state s3://BUCKET",
            )
        return orphans.find(deployment.account, deployment.environment, shown)


def overdue(deployment: Deployment) -> str:
    """When its time to live ended, as the tags in its state say; empty while it lasts."""
    now = f"{datetime.now(UTC):{TIME}}"
    ends = orphans.expiry(deployment.terraform().shown())
    return ends if ends and ends < now else ""


def local(
    cloud: LocalCloud,
    home: Path,
    *,
    replicator: str = "reference",
    image: str = "",
    variables: Mapping[str, Any] | None = None,
) -> Deployment:
    """The environment `local` on a local cloud; `variables` replace some of its file's values."""
    target = replace(environments.read("local"), **(variables or {}))
    return Deployment(target, Local(cloud), home, replicator=replicator, image=image,
                      variables=variables or {})  # fmt: skip


def stack(deployment: Deployment, *, progress: Progress = lambda _: None) -> Stack:
    """Climb to the end on a local cloud; the control plane there."""
    climb(deployment, progress=progress)
    cloud = deployment.account.cloud if isinstance(deployment.account, Local) else None
    if cloud is None:
        raise UsageError("A stack is what was applied to a local cloud.")
    return Stack.load(cloud, deployment.folder)


# --- the steps


def _release(where: Deployment, _results: Results, _progress: Progress) -> Mapping[str, Any]:
    return release.make(where.replicator)


def _image_inputs(where: Deployment, results: Results) -> Mapping[str, Any]:
    recipe = [in_clone(f"{AWS}/{part}") for part in ("ec2", "common", "contract")]
    made = dict(results["release_binary"].made)
    return {"release": made, "given": where.image, "recipe": steps.tree_digest(*recipe)}


def _image(where: Deployment, results: Results, progress: Progress) -> Mapping[str, Any]:
    made = results["release_binary"].made
    if where.image:
        machine_images.demand(where.account, where.image)
        return {"image": where.image, "ours": False, "made_from": steps.digest(where.image)}
    recipe = _image_inputs(where, results)["recipe"]
    made_from = steps.digest([recipe, artefacts_of(results)["release_binary"]])
    if isinstance(where.account, Local):
        folder = where.home / "image"
        program = release.program(made)
        reference = images.process_image(folder, program, sources=in_clone(AWS))
        image = where.account.cloud.register_image(reference, name=f"{where.environment.prefix}-"
                                                   f"{where.home.name}")  # fmt: skip
        return {"image": image, "ours": True, "reference": reference, "made_from": made_from}
    image = machine_images.build(where.environment, made.get("path"), progress)
    return {"image": image, "ours": True, "made_from": made_from}


def _image_holds(where: Deployment, known: Result) -> str:
    return machine_images.missing(where.account, known.made["image"])


def _image_undo(where: Deployment, known: Result) -> None:
    if known.made.get("ours"):
        machine_images.remove(where.account, known.made["image"])


def _package_inputs(_where: Deployment, _results: Results) -> Mapping[str, Any]:
    parts = [in_clone(f"{AWS}/{part}") for part in ("lambda", "common", "contract")]
    return {"sources": steps.tree_digest(*parts, but=(".zip",)), "to": str(PACKAGE)}


def _package(where: Deployment, _results: Results, _progress: Progress) -> Mapping[str, Any]:
    return package.checked(package.make_package(where.home / PACKAGE))


def _plan(where: Deployment, results: Results, progress: Progress) -> Mapping[str, Any]:
    place = where.where()
    place.check(where.account.client)
    terraform = where.initialised(place, image=results["worker_image"].made["image"])
    where.remember(place)
    separation.demand(terraform, where.environment, place)
    plan = terraform.plan()
    broken = rules.check(plan, where.environment, allowed=where.allowed)
    if broken:
        raise Refused(
            f"The plan for {where.environment.prefix} is refused: {len(broken)} rules are broken.",
            evidence="\n".join(str(one) for one in broken),
            remedy="change the configuration; data that may go is named with --allow ADDRESS",
        )
    wanted = changes(plan)
    for address, actions in wanted[:_SHOWN]:
        progress(f"  {'+'.join(actions)} {address}")
    if len(wanted) > _SHOWN:
        progress(f"  and {len(wanted) - _SHOWN} more")
    return {
        "digest": digest_of(plan),
        "changes": [[address, list(actions)] for address, actions in wanted],
        "state": str(place),
    }


_SHOWN = 5  # changes of a plan that are printed


def _approved(where: Deployment, results: Results, _progress: Progress) -> Mapping[str, Any]:
    plan = results["plan"].made
    return where.approval.demand(
        where.environment, plan["digest"], len(plan["changes"]), artefacts_of(results)
    )


def _apply(where: Deployment, results: Results, progress: Progress) -> Mapping[str, Any]:
    wanted = results["plan"].made["changes"]
    terraform = where.terraform()
    if wanted:
        if changed := package.changed(results["lambda_package"].made):
            raise Refused(f"What was allowed is not what would be deployed: {changed}.",
                          remedy="begin again: assay deploy --from lambda_package")  # fmt: skip
        accounts.demand(where.account, where.environment)
        separation.demand(terraform, where.environment, where.where())
        where.approval.use(results["plan"].made["digest"])
        progress(f"  {len(wanted)} changes; a new stack takes more than a minute")
        terraform.apply()
        left = changes(terraform.plan())
        if left:
            raise StepError(
                "The plan after the apply is not empty.",
                evidence=", ".join(f"{'+'.join(actions)} {address}" for address, actions in left),
                remedy="apply again; what never settles is a defect of the configuration",
            )
    outputs = terraform.outputs()
    if isinstance(where.account, Local):
        Stack(where.account.cloud, where.environment, terraform, outputs).save()
    return {"changed": len(wanted), "prefix": outputs["prefix"],
            "versions": outputs["function_versions"]}  # fmt: skip


def _unapply(where: Deployment, _known: Result) -> None:
    if not Terraform.is_at(where.folder):
        return  # the plan was refused before there was a folder
    terraform = where.terraform()
    separation.demand(terraform, where.environment, where.where())
    try:
        terraform.destroy()
    except TerraformFailed:
        terraform.destroy()  # what could be removed is gone; a second failure is told
    left = terraform.resources()
    if left:
        raise StepError(f"{len(left)} resources are left.", evidence=", ".join(left))


def _endpoint(where: Deployment, _results: Results, _progress: Progress) -> Mapping[str, Any]:
    outputs = where.terraform().outputs()
    url = where.account.endpoint(outputs)
    wait_until(lambda: _answers(url), what=f"an answer of {url}", timeout=ANSWER, every=1.0)
    return {"endpoint": url, "api_key": f"terraform -chdir={where.folder} output -raw api_key",
            "expires": where.expires}  # fmt: skip


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=10).status_code < 500
    except requests.RequestException:
        return False


LADDER: tuple[Step[Deployment], ...] = (
    Step("release_binary", "the replicator for the worker", _release,
         inputs=lambda where, _: release.inputs(where.replicator),
         holds=lambda _, known: release.holds(known.made)),
    Step("worker_image", "the machine that runs one job", _image,
         inputs=_image_inputs, holds=_image_holds, undo=_image_undo),
    Step("lambda_package", "the functions, checked", _package, inputs=_package_inputs,
         holds=lambda _, known: package.changed(known.made)),
    # Whoever has a plan has the state: what is in it goes, whether it was applied from here or not.
    Step("plan", "what Terraform would do, held against the rules", _plan, undo=_unapply),
    Step("approval", "whether somebody allows it", _approved),
    Step("applied", "exactly the plan; the next one is empty", _apply),
    Step("endpoint", "where it answers", _endpoint),
)  # fmt: skip
NAMES = tuple(step.name for step in LADDER)
