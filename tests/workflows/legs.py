"""One leg of a job, which waits for its group and its environment and then runs its steps, or
the workflow that it calls."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from tests.workflows import matrix
from tests.workflows.language import Invalid
from tests.workflows.site import REPOSITORY, Environment, Request
from tests.workflows.steps import Steps
from tests.workflows.times import Process


class Leg:
    """One leg; of a job without a matrix the only one."""

    def __init__(self, job: Any, values: Mapping[str, Any], number: int, total: int) -> None:
        """Nothing has begun."""
        self.job, self.values, self.number, self.total = job, dict(values), number, total
        self.run, self.parent = job.graph.run, job.graph
        self.key = job.key + matrix.label(values)
        self.record = self.run.job_record(self.key, job.place)
        self.waited = self.record.waited
        self.record.rights = dict(job.rights)
        self.environment: str = ""
        self.settings = Environment()
        self.result = ""
        self.forgiven = False
        self.outputs: dict[str, str] = {}
        self.called: Any = None
        self.checked_out = False
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """It, or what it is a part of."""
        return self._cancelled or self.parent.cancelled

    def cancel(self, why: str) -> None:
        """The step that runs ends, others begin only where their `if` wants it."""
        if not self._cancelled:
            self._cancelled, self.record.why = True, why

    def contexts(self) -> dict[str, Any]:
        """What the job says may use; those of a step have more."""
        strategy = {
            "job-index": self.number, "job-total": self.total, "fail-fast": True,
            "max-parallel": self.total,
        }  # fmt: skip
        found = self.job.contexts()
        found["vars"] = {**found["vars"], **self.settings.vars}
        found["secrets"] = {**found["secrets"], **self.settings.secrets}
        found["secrets"]["GITHUB_TOKEN"] = self.token
        found["github"] = {**found["github"], "token": self.token, "job": self.job.name}
        return {**found, "matrix": self.values, "strategy": strategy}

    @property
    def token(self) -> str:
        """A GITHUB_TOKEN that says what it may."""
        return "ghs_" + ",".join(
            f"{scope}={level}" for scope, level in sorted(self.job.rights.items())
        )

    @property
    def subject(self) -> str:
        """Whom an identity token names.

        https://docs.github.com/actions/reference/security/oidc#example-subject-claims
        """
        if self.environment:
            return f"repo:{REPOSITORY}:environment:{self.environment}"
        trigger = self.run.trigger
        kind = "pull_request" if trigger.event == "pull_request" else f"ref:{trigger.ref}"
        return f"repo:{REPOSITORY}:{kind}"

    def process(self) -> Process:
        """From its group to its result; a result is never missing."""
        site, said = self.run.site, self.job.said
        language = site.language
        try:
            forgiving = language.value(said.get("continue-on-error"), self.contexts())
            group = language.value(said.get("concurrency"), self.contexts())
            held = yield from site.groups.enter(group, self)
            allowed = yield from self._protected()
            if allowed and not self.cancelled:
                self.record.started = site.times.now
                yield from self._call() if "uses" in said else self._steps()
            site.groups.leave(held)
        except Invalid as error:
            self.result, self.record.why = "failure", str(error)
        self.result = self.result or "cancelled"
        self.forgiven = bool(forgiving) and self.result == "failure"
        self.record.result, self.record.ended = self.result, site.times.now
        self.record.outputs = dict(self.outputs)

    def _protected(self) -> Generator[Any, None, bool]:
        """Whether its environment's rules let it begin; waits for a reviewer."""
        site, said = self.run.site, self.job.said.get("environment")
        if said is None:
            return True
        name = said["name"] if isinstance(said, dict) and "name" in said else said
        self.environment = site.language.text(name, self.contexts())
        if not self.environment:
            return True
        self.settings = site.environments.get(self.environment, Environment())
        if not site.may_deploy(self.settings, self.run.trigger.ref):
            self.result = "failure"
            self.record.why = f"{self.run.trigger.ref} may not deploy to {self.environment}"
            return False
        if not self.settings.reviewers:
            return True
        shown = site.language.text(self.job.said.get("name", self.job.name), self.contexts())
        request = Request(self.run.record.number, self.environment, shown, self.run.trigger.actor)
        site.asked.append(request)
        self.waited.append(f"approval of {self.environment}: {shown}")
        decisions: list[Any] = []
        yield lambda: self.cancelled or self._decided(request, decisions)
        if self.cancelled:
            return False
        self.waited.append(
            f"{'approved' if decisions[-1].approved else 'rejected'} by {decisions[-1].by}"
        )
        if not decisions[-1].approved:
            self.result = "failure"
        return bool(decisions[-1].approved)

    def _decided(self, request: Request, decisions: list[Any]) -> bool:
        """Ask again; a stranger's word does not count, nor one's own where that is forbidden."""
        decision = self.run.site.approve(request)
        if decision is None or decision.by not in self.settings.reviewers:
            return False
        if self.settings.prevent_self_review and decision.by == request.actor:
            return False
        decisions.append(decision)
        return True

    def _steps(self) -> Process:
        steps = Steps(self)
        yield from steps.process(self.job.said["steps"])
        self.result = "cancelled" if self.cancelled else "failure" if steps.failed else "success"
        language = self.run.site.language
        for name, said in (self.job.said.get("outputs") or {}).items():
            self.outputs[name] = language.text(said, steps.contexts())

    def _call(self) -> Process:
        from tests.workflows.runs import Graph  # a graph is made of jobs, a job may call a graph

        site, said = self.run.site, self.job.said
        condition = (said.get("if") or {"$": "success()"})["$"]
        if any(word in condition for word in ("always()", "failure()", "cancelled()")):
            raise Invalid("Not modelled: a call that goes on after a failure.")
        file = said["uses"].removeprefix("./")
        inner = site.language.workflow(file, site.read(file) or "")
        on = inner["on"] if isinstance(inner["on"], dict) else {}
        wanted = (on.get("workflow_call") or {}).get("inputs") or {}
        given = site.language.value(said.get("with") or {}, self.contexts())
        inputs = {name: one.get("default", _EMPTY[one["type"]]) for name, one in wanted.items()}
        passed = said.get("secrets") or {}
        secrets = (
            self.job.graph.secrets if passed == "inherit"
            else site.language.value(passed, self.contexts())
        )  # fmt: skip
        graph = Graph(self.run, inner, inputs | given, parent=self, granted=self.job.rights,
                      secrets=secrets, path=file, prefix=f"{self.key} / ")  # fmt: skip
        self.called = graph
        yield from graph.process()
        self.result = "cancelled" if self.cancelled else graph.result
        self.outputs = graph.outputs()


_EMPTY = {"string": "", "boolean": False, "number": 0}
