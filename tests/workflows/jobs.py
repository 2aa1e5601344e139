"""A job: whether it begins, the legs of its matrix, its result.

https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/use-jobs,
.../control-jobs-with-conditions, and "Status check functions" of the reference of expressions
"""

from __future__ import annotations

from typing import Any

from tests.workflows import matrix, rights
from tests.workflows.language import Invalid
from tests.workflows.legs import Leg
from tests.workflows.times import Process

# What a job may say; the rest is refused, or listed in unmodelled.toml.
MODELLED = {"needs", "if", "permissions", "environment", "concurrency", "strategy", "outputs",
            "env", "defaults", "steps", "uses", "with", "secrets", "continue-on-error",
            "name"}  # fmt: skip
IGNORED = {"runs-on", "timeout-minutes"}  # unmodelled.toml says what holds them


class Job:
    """A job of a graph; `result` is empty until it has ended."""

    def __init__(self, graph: Any, name: str, said: dict[str, Any]) -> None:
        """Nothing has begun; Invalid for a key that would be passed over in silence."""
        if unknown := said.keys() - MODELLED - IGNORED:
            raise Invalid(f"Not modelled: {', '.join(sorted(unknown))} of the job {name}.")
        self.graph, self.name, self.said = graph, name, said
        self.key = graph.prefix + name
        self.place = (graph.path, name)
        needs = said.get("needs") or []
        self.needs: list[str] = [needs] if isinstance(needs, str) else needs
        self.result = ""
        self.outputs: dict[str, str] = {}
        self.legs: list[Leg] = []
        self.rights = rights.of_job(said, graph.said, graph.granted)

    @property
    def conclusion(self) -> str:
        """What the run makes of the result."""
        return self.result

    def ancestors(self) -> list[Job]:
        """All that it needs, and what they need."""
        direct = [self.graph.jobs[name] for name in self.needs]
        return direct + [far for one in direct for far in one.ancestors()]

    def status(self) -> dict[str, bool]:
        """The status functions: a failure, or a skip, holds for all that come after it."""
        results = {one.result for one in self.ancestors()}
        cancelled = self.graph.cancelled
        return {
            "success": results <= {"success"} and not cancelled,
            "failure": "failure" in results and not cancelled,
            "cancelled": cancelled,
        }

    def contexts(self) -> dict[str, Any]:
        """What its `if` may use, and all that it says."""
        jobs = {name: self.graph.jobs[name] for name in self.needs}
        needs = {name: {"result": one.result, "outputs": one.outputs} for name, one in jobs.items()}
        return {**self.graph.contexts(), "needs": needs}

    def leave_out(self, result: str, why: str = "") -> None:
        """It has ended without having begun."""
        record = self.graph.run.job_record(self.key, self.place)
        record.result = self.result = result
        record.why = why

    def process(self) -> Process:
        """From its needs to its result."""
        times = self.graph.run.site.times
        yield lambda: all(one.result for one in map(self.graph.jobs.__getitem__, self.needs))
        try:
            language = self.graph.run.site.language
            if not language.holds(self.said.get("if"), self.contexts(), self.status()):
                self.leave_out("cancelled" if self.graph.cancelled else "skipped")
                return
            strategy = language.value(self.said.get("strategy") or {}, self.contexts())
            values = matrix.legs(strategy.get("matrix"))
        except Invalid as error:
            self.leave_out("failure", str(error))
            return
        self.legs = [Leg(self, one, number, len(values)) for number, one in enumerate(values)]
        at_once = int(strategy.get("max-parallel") or len(values))
        failing_fast = strategy.get("fail-fast", True) is not False
        if failing_fast and len(self.legs) > 1:
            times.begin(self._fail_fast())
        for number, leg in enumerate(self.legs):
            times.begin(self._leg(leg, self.legs[: max(0, number + 1 - at_once)]))
        yield lambda: all(leg.result for leg in self.legs)
        self._end()

    def _leg(self, leg: Leg, before: list[Leg]) -> Process:
        yield lambda: leg.cancelled or all(one.result for one in before)
        yield from leg.process()

    def _fail_fast(self) -> Process:
        def failed() -> list[Leg]:
            return [one for one in self.legs if one.result == "failure" and not one.forgiven]

        yield lambda: bool(failed()) or all(leg.result for leg in self.legs)
        for leg in self.legs:
            if failed() and not leg.result:
                leg.cancel(f"{failed()[0].key} failed")

    def _end(self) -> None:
        found = {"success" if leg.forgiven else leg.result for leg in self.legs}
        order = ("failure", "cancelled", "success", "skipped")
        for leg in self.legs:
            self.outputs |= leg.outputs
        self.result = next(one for one in order if one in found)
