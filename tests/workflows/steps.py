"""The steps of a job, and those of a composite action.

https://docs.github.com/actions/reference/workflows-and-actions/contexts#steps-context and
.../workflow-commands#environment-files, .../metadata-syntax#runs-for-composite-actions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.workflows import actions
from tests.workflows.language import Invalid
from tests.workflows.record import StepRecord
from tests.workflows.rights import allows
from tests.workflows.times import Process

STEP = {"id", "name", "if", "run", "uses", "with", "env", "shell", "working-directory",
        "continue-on-error"}  # fmt: skip
SLOW = 50  # ticks; any other step takes one


@dataclass(slots=True)
class Scope:
    """What the steps of a job, or of one composite action, see of each other."""

    inputs: Mapping[str, Any]
    path: str = ""  # of the steps' numbers
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Done:
    """How a step ended."""

    outcome: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    said: str = ""


class Steps:
    """The steps of one leg; `failed` once one has."""

    def __init__(self, leg: Any) -> None:
        """The environment is the workflow's and the job's."""
        self.leg = leg
        self.site = leg.run.site
        self.exported: dict[str, str] = {}
        self.path: list[str] = []
        self.scope = Scope(leg.job.graph.inputs)
        self.defaults: dict[str, str] = {}
        contexts = leg.contexts()
        self.env: dict[str, str] = {}
        for place in (leg.job.graph.said, leg.job.said):
            for name, said in (place.get("env") or {}).items():
                self.env[name] = self.site.language.text(said, {**contexts, "env": self.env})
            self.defaults |= (place.get("defaults") or {}).get("run") or {}

    @property
    def failed(self) -> bool:
        """Whether the job has."""
        return self.scope.failed

    def contexts(self, scope: Scope | None = None) -> dict[str, Any]:
        """All that a step may use."""
        scope = scope or self.scope
        state = "cancelled" if self.leg.cancelled else "failure" if scope.failed else "success"
        return {
            **self.leg.contexts(),
            "inputs": dict(scope.inputs),
            "steps": scope.steps,
            "env": {**self.env, **self.exported, **scope.env},
            "job": {"status": state},
            "runner": {"os": "Linux", "arch": "X64", "name": "local", "temp": "/tmp/runner"},  # noqa: S108
        }

    def process(self, steps: list[dict[str, Any]], scope: Scope | None = None) -> Process:
        """One after the other."""
        scope = scope or self.scope
        for number, said in enumerate(steps):
            if unknown := said.keys() - STEP:
                raise Invalid(f"Not modelled: {', '.join(sorted(unknown))} of a step.")
            yield from self._one(said, scope, f"{scope.path}{number}")

    def _one(self, said: Mapping[str, Any], scope: Scope, number: str) -> Process:
        status = {
            "success": not scope.failed and not self.leg.cancelled,
            "failure": scope.failed and not self.leg.cancelled,
            "cancelled": self.leg.cancelled,
        }
        what = f"{number} {said.get('id') or said.get('uses', 'run').split('@')[0]}"
        record = StepRecord(what, "skipped")
        self.leg.record.steps.append(record)
        done = Done("skipped")
        forgiving = False
        try:
            forgiving = bool(
                self.site.language.value(said.get("continue-on-error"), self.contexts(scope))
            )
            if self.site.language.holds(said.get("if"), self.contexts(scope), status):
                done = Done()
                yield from self._run(said, scope, number, done)
        except actions.Failed as error:
            done.outcome, done.said = "failure", str(error)
        except Invalid as error:
            done.outcome, done.said, forgiving = "failure", str(error), False
        record.outcome, record.calls, record.said = done.outcome, done.calls, done.said
        record.conclusion = "success" if done.outcome == "failure" and forgiving else done.outcome
        scope.failed = scope.failed or record.conclusion == "failure"
        if "id" in said:
            scope.steps[said["id"]] = {
                "outcome": record.outcome, "conclusion": record.conclusion, "outputs": done.outputs,
            }  # fmt: skip

    def _run(self, said: Mapping[str, Any], scope: Scope, number: str, done: Done) -> Process:
        env = {**self.env, **self.exported, **scope.env}
        contexts = self.contexts(scope)
        for name, one in (said.get("env") or {}).items():
            env[name] = self.site.language.text(one, contexts)
        before = self.leg.cancelled
        slow = self.leg.key in self.leg.run.planted.slow and number == "0"
        if "run" in said:
            self._script(said, scope, number, env, done)
        elif said["uses"].startswith("./") or self._published(said["uses"]):
            yield from self._composite(said, scope, number, done)
            return
        else:
            given = {
                name: self.site.language.text(one, contexts)
                for name, one in (said.get("with") or {}).items()
            }
            if self._broken(number):
                raise actions.Failed("planted")
            result = actions.perform(said["uses"], given, self)
            done.outputs, self.exported = result.outputs, {**self.exported, **result.env}
        yield SLOW if slow else 1
        if self.leg.cancelled and not before:
            done.outcome = "cancelled"

    def _broken(self, number: str) -> str:
        """How the step is to fail; empty where it is not."""
        planted, step = self.leg.run.planted, (self.leg.key, number)
        return "at once" if step in planted.broken else "late" if step in planted.late else ""

    def _script(
        self, said: Mapping[str, Any], scope: Scope, number: str, env: dict[str, str], done: Done
    ) -> None:
        contexts = self.contexts(scope)
        ran = self.site.shell.run(
            self.site.language.text(said["run"], contexts),
            shell=said.get("shell") or self.defaults.get("shell"),
            env={**env, **self._told()},
            path=self.path,
            folder=said.get("working-directory") or self.defaults.get("working-directory"),
            checked_out=self.leg.checked_out,
            broken=self._broken(number),
        )
        done.outcome = "success" if ran.exit == 0 else "failure"
        done.outputs, done.calls, done.said = ran.outputs, ran.calls, ran.said
        self.exported = {**self.exported, **ran.env}
        self.path = [*ran.path, *self.path]

    def _told(self) -> dict[str, str]:
        """What the runner tells a script."""
        github = self.leg.contexts()["github"]
        told = {
            f"GITHUB_{name.upper()}": str(github[name])
            for name in ("event_name", "ref", "ref_name", "ref_type", "sha", "actor", "repository",
                         "workflow", "run_id", "run_attempt", "server_url", "api_url", "job")
        }  # fmt: skip
        told |= {"CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_OS": "Linux"}
        if allows(self.leg.job.rights, "id-token", "write"):
            told["ACTIONS_ID_TOKEN_REQUEST_URL"] = (
                f"{self.site.token_url}?subject={self.leg.subject}"
            )
            told["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "of this job"
        return told

    def _published(self, uses: str) -> str | None:
        """The action.yml of another repository; it is there without a checkout."""
        return self.site.published.get(uses.split("@")[0])

    def _local(self, uses: str) -> str:
        file = f"{uses.removeprefix('./')}/action.yml"
        text = self.site.read(file)
        if text is None or not self.leg.checked_out:
            raise actions.Failed(f"there is no {file} in the workspace")
        return text

    def _composite(self, said: Mapping[str, Any], scope: Scope, number: str, done: Done) -> Process:
        if self._broken(number):
            raise actions.Failed("planted")
        text = self._published(said["uses"]) or self._local(said["uses"])
        action = self.site.language.action(said["uses"], text)
        contexts = self.contexts(scope)
        given = {
            name: self.site.language.text(one, contexts)
            for name, one in (said.get("with") or {}).items()
        }
        wanted = action.get("inputs") or {}
        inputs = {
            name: given.get(name, self.site.language.text((one or {}).get("default", ""), contexts))
            for name, one in wanted.items()
        }
        env = {
            name: self.site.language.text(one, contexts)
            for name, one in (said.get("env") or {}).items()
        }
        env["GITHUB_ACTION_PATH"] = f"/actions/{said['uses'].split('@')[0]}"
        inner = Scope(inputs, f"{number}.", env={**scope.env, **env})
        yield from self.process(action["runs"]["steps"], inner)
        done.outcome = (
            "cancelled" if self.leg.cancelled else "failure" if inner.failed else "success"
        )
        done.outputs = {
            name: self.site.language.text(one["value"], self.contexts(inner))
            for name, one in (action.get("outputs") or {}).items()
        }
