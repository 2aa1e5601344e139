"""Terraform as a child: found, pointed at a provider mirror, one folder and one state per stack."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay import environment
from assay.deployment import state
from assay.deployment.places import TERRAFORM, in_clone
from assay.errors import AssayError, SetupError, UsageError
from assay.process import Execution, die_with_parent, execute

PROVIDER = "registry.terraform.io/hashicorp/aws"
LIMITS = {"apply": 1200.0, "destroy": 1200.0}  # seconds
LIMIT = 300.0
STATE_VERSION = 4  # of a state as Terraform stores it, since 0.12
# Half of Terraform's own: a call that the busy emulator answers late is sent again, and what it
# made is then said to exist already.
PARALLEL = "-parallelism=5"
_GIVEN = "given.json"
WORKSPACE, BACKEND = Path(".terraform", "environment"), Path(".terraform", "terraform.tfstate")
_DEPTH = 4  # folders below the root in which a mirror is looked for
_PRUNED = frozenset({"proc", "sys", "dev", "run", "tmp", "node_modules", ".git", "site-packages"})


class TerraformFailed(AssayError):
    """A call of Terraform ended with an error; `execution` has all that it said."""

    def __init__(self, what: str, execution: Execution, remedy: str = "") -> None:
        self.execution = execution
        said = _errors(execution)
        known = (advice for sign, advice in REMEDIES.items() if sign in said)
        super().__init__(what, evidence=said, remedy=remedy or next(known, ""))


class StateLocked(TerraformFailed):
    """Somebody else works with this state, or died while doing so; `lock` says who."""

    def __init__(self, lock: state.Lock, execution: Execution) -> None:
        self.lock = lock
        super().__init__(
            f"The state is locked by {lock.held(datetime.now(UTC))}.",
            execution,
            remedy="wait for it to end; when its owner is gone: assay state unlock "
            f"--environment NAME {lock.id} (terraform force-unlock)",
        )


# The guide's rows for Terraform's errors: what they have in them, what to do.
REMEDIES = {
    "InvalidAMIID": "see that the image exists in this region (aws ec2 describe-images "
    "--image-ids AMI), else make it again: aws/ec2/build-ami.sh",
    "Code size exceeds": "the functions' package must be below 50 MB zipped and 250 MB unzipped: "
    "drop a requirement (aws/lambda/requirements.in)",
    "Unzipped size must be smaller": "the functions' package must be below 250 MB unzipped: drop a "
    "requirement (aws/lambda/requirements.in)",
    "AlreadyExists": "an earlier run made it and did not come to write it down: "
    "assay sweep --environment NAME shows what no state knows, and removes it when asked",
    "already exists": "an earlier run made it and did not come to write it down: "
    "assay sweep --environment NAME shows what no state knows, and removes it when asked",
    "Saved plan is stale": "the state changed after the plan was made: plan again and review it",
}


@functools.cache
def program() -> str:
    """Terraform's path; SetupError where it is missing."""
    found = shutil.which("terraform", path=environment.inherited().get("PATH"))
    if found is None:
        raise SetupError(
            "terraform is not in PATH.",
            remedy="install Terraform 1.10 or newer: https://developer.hashicorp.com/terraform/install",
        )
    return found


@functools.cache
def mirror() -> Path | None:
    """A folder of providers on this machine: Terraform's implied places, then a bounded search."""
    home = Path(environment.inherited("HOME").get("HOME", "/nonexistent"))
    implied = [Path("terraform.d/plugins"), home / ".terraform.d" / "plugins",
               home / ".local/share/terraform/plugins", Path("/usr/local/share/terraform/plugins"),
               Path("/usr/share/terraform/plugins")]  # fmt: skip
    for folder in implied:
        if (folder / PROVIDER).is_dir():
            return folder
    for place, below, _ in os.walk("/"):
        depth = 0 if place == "/" else place.count("/")
        below[:] = [] if depth >= _DEPTH else [name for name in below if name not in _PRUNED]
        if "registry.terraform.io" in below and (Path(place) / PROVIDER).is_dir():
            return Path(place)
    return None


@dataclass(frozen=True, slots=True)
class Managed:
    """One resource of a state: its address, its type, its attributes with secrets among them."""

    address: str
    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terraform:
    """The project's configuration in a folder of its own, with its own state.

    `credentials` are the variables of AWS's account, `variables` go with every plan.
    """

    folder: Path
    var_file: Path
    variables: Mapping[str, str]
    credentials: Mapping[str, str]

    @classmethod
    def prepare(
        cls,
        folder: Path,
        *,
        var_file: Path,
        variables: Mapping[str, str],
        credentials: Mapping[str, str],
        backend: str = "",
        workspace: str = "default",
        migrate: bool = False,
    ) -> Terraform:
        """Copy the configuration there, initialise it and choose the workspace.

        `backend` is the block that says where its state lies, empty for the same folder; with
        `migrate` a state that lay elsewhere until now is copied there. Raises SetupError without
        Terraform, TerraformFailed when the provider cannot be had.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.tf"):
            file.unlink()
        for file in in_clone(TERRAFORM).glob("*.tf"):
            shutil.copy(file, folder)
        if backend:
            (folder / state.FILE).write_text(backend, encoding="utf-8")
        found = mirror()
        config = "disable_checkpoint = true\n"
        if found is not None:
            config += ("provider_installation {\n  filesystem_mirror {\n"
                       f"    path    = {json.dumps(str(found))}\n"
                       f'    include = ["{PROVIDER}"]\n  }}\n}}\n')  # fmt: skip
        (folder / "terraform.rc").write_text(config, encoding="utf-8")
        given = {"var_file": str(var_file), "variables": dict(variables)}
        (folder / _GIVEN).write_text(json.dumps(given), encoding="utf-8")
        made = cls(folder, var_file, dict(variables), dict(credentials))
        made.run("init", *(("-migrate-state", "-force-copy") if migrate else ()))
        if workspace != made.workspace:
            made.choose(workspace)
        return made

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether one was prepared there."""
        return (folder / _GIVEN).is_file()

    @classmethod
    def at(cls, folder: Path, credentials: Mapping[str, str]) -> Terraform:
        """As it was prepared there; UsageError where it never was."""
        try:
            given = json.loads((folder / _GIVEN).read_text(encoding="utf-8"))
        except OSError:
            raise UsageError(
                "Nothing was ever deployed from here.",
                evidence=f"there is no {folder}",
                remedy="assay deploy --environment NAME",
            ) from None
        return cls(folder, Path(given["var_file"]), given["variables"], dict(credentials))

    def run(self, command: str, *arguments: str, exits: tuple[int, ...] = (0,)) -> Execution:
        """One command; TerraformFailed when it ends otherwise than with one of `exits`."""
        words = command.split()
        colourless = () if words[0] == "workspace" else ("-no-color",)
        done = execute(
            [program(), *words, *colourless, *arguments],
            env=self._environment(),
            cwd=self.folder,
            timeout=LIMITS.get(command, LIMIT),
            # It ends what is under way and writes its state, then it goes as we went.
            before_exec=die_with_parent(signal.SIGINT),
        )
        if done.timed_out or done.exit not in exits:
            lock = state.Lock.read(done.output)
            if lock is not None:
                raise StateLocked(lock, done)
            raise TerraformFailed(f"terraform {command} failed.", done)
        return done

    @property
    def workspace(self) -> str:
        """The one that every command works in, as Terraform has written it down."""
        try:
            return (self.folder / WORKSPACE).read_text(encoding="utf-8").strip() or "default"
        except FileNotFoundError:
            return "default"

    def choose(self, workspace: str) -> None:
        """Work in another workspace from now on; made, where there is none of the name."""
        self.run("workspace", "select", "-or-create", workspace)

    @property
    def backend(self) -> Mapping[str, Any]:
        """Where the state lies, as it was initialised; empty for a file of this folder."""
        try:
            said = json.loads((self.folder / BACKEND).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        found: Mapping[str, Any] = (said.get("backend") or {}).get("config") or {}
        return found

    @property
    def planned(self) -> Path:
        """The file of the last plan."""
        return self.folder / "plan"

    def plan_digest(self) -> str:
        """What names the last plan: the SHA-256 of its file."""
        return hashlib.sha256(self.planned.read_bytes()).hexdigest()

    def make_plan(self) -> bool:
        """Plan into the file `plan`; whether it would change anything."""
        done = self.run("plan", "-out=plan", "-detailed-exitcode", *self._given(), exits=(0, 2))
        return done.exit == 2

    def left(self) -> list[tuple[str, tuple[str, ...]]]:
        """What a new plan would change: nothing where all is as it should be."""
        return changes(self._shown_plan()) if self.make_plan() else []

    def plan(self) -> dict[str, Any]:
        """Plan into the file `plan`; the plan as Terraform's JSON."""
        self.make_plan()
        return self._shown_plan()

    def _shown_plan(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.run("show", "-json", "plan").stdout)
        return read

    def apply(self) -> None:
        """Apply exactly what `plan` planned."""
        self.run("apply", PARALLEL, "plan")

    def destroy(self) -> None:
        """Remove everything that the state knows."""
        self.run("destroy", "-auto-approve", PARALLEL, *self._given())

    def unlock(self, lock: str) -> None:
        """Take a lock away whose owner is gone."""
        self.run("force-unlock", "-force", lock)

    def outputs(self) -> dict[str, Any]:
        """The outputs of what is applied, the sensitive ones too."""
        read = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in read.items()}

    def managed(self) -> list[Managed]:
        """All managed resources in the state."""
        # `show` would start the provider to say the same: two seconds.
        pulled = self.run("state pull").stdout
        known: dict[str, Any] = {"version": STATE_VERSION}
        if pulled.strip():
            known = json.loads(pulled)
        if known["version"] != STATE_VERSION:
            raise SetupError(
                f"The state is of a version that is not known here: {known['version']}.",
                evidence=f"terraform state pull in {self.folder}",
                remedy="use the version of Terraform that the guide names",
            )
        return [
            Managed(_address(one, instance), one["type"], instance["attributes"])
            for one in known.get("resources", ())
            if one["mode"] == "managed"
            for instance in one["instances"]
            if "deposed" not in instance
        ]

    def resources(self) -> list[str]:
        """The addresses of all managed resources in the state."""
        return [one.address for one in self.managed()]

    def _given(self) -> list[str]:
        return [f"-var-file={self.var_file}",
                *(f"-var={name}={value}" for name, value in self.variables.items())]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {
            **environment.inherited("HOME"),
            **self.credentials,
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    """What Terraform calls it: module, type, name and, where there are several, its index."""
    parts = [resource["module"]] if "module" in resource else []
    index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return ".".join((*parts, resource["type"], resource["name"])) + index


def changes(plan: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """What a plan would do: each resource's address and actions, unchanged ones left out."""
    return [
        (one["address"], tuple(one["change"]["actions"]))
        for one in plan.get("resource_changes", ())
        if one["mode"] == "managed" and one["change"]["actions"] not in (["no-op"], ["read"])
    ]


def digest_of(plan: Mapping[str, Any]) -> str:
    """What names a plan: all that it would change, without the moment at which it was made."""
    told = {part: plan.get(part) for part in ("resource_changes", "output_changes", "variables")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _errors(done: Execution) -> str:
    """The error blocks of its output, without the frames that Terraform draws."""
    lines = [line.strip("│╷╵ ") for line in done.output.splitlines()]
    first = next((n for n, line in enumerate(lines) if line.startswith("Error")), None)
    said = [line for line in (lines if first is None else lines[first:]) if line]
    if done.timed_out:
        said.append(f"ended by our limit after {done.seconds:g} s")
    return "\n".join(said)[-3000:]
