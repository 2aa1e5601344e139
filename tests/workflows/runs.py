"""A run of a workflow, and a workflow that another one calls: jobs in the order of their needs."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from tests.workflows import rights
from tests.workflows.jobs import Job
from tests.workflows.language import Invalid
from tests.workflows.record import JobRecord, RunRecord
from tests.workflows.site import REPOSITORY, Planted, Site, Trigger
from tests.workflows.times import Process


class Graph:
    """The jobs of one file; `parent` is the job that calls it, None for a run's own."""

    def __init__(
        self, run: Run, said: dict[str, Any], inputs: Mapping[str, Any], *, parent: Any = None,
        granted: rights.Rights, secrets: Mapping[str, str], path: str, prefix: str = "",
    ) -> None:  # fmt: skip
        """Nothing has begun."""
        self.run, self.said, self.inputs, self.parent = run, said, inputs, parent
        self.granted, self.secrets, self.path, self.prefix = granted, secrets, path, prefix
        self.waited = parent.waited if parent else run.record.waited
        self.why = ""
        self._cancelled = False
        self.jobs = {name: Job(self, name, one) for name, one in said["jobs"].items()}

    @property
    def cancelled(self) -> bool:
        """It, or what calls it."""
        return self._cancelled or bool(self.parent and self.parent.cancelled)

    def cancel(self, why: str) -> None:
        """No job begins any more, but for those whose `if` wants to."""
        if not self._cancelled:
            self._cancelled, self.why = True, why

    def contexts(self) -> dict[str, Any]:
        """What every expression of this file may use."""
        site = self.run.site
        return {
            "github": self.run.github, "inputs": dict(self.inputs), "vars": dict(site.vars),
            "secrets": dict(self.secrets),
        }  # fmt: skip

    def process(self) -> Process:
        """Its turn in its group, then all jobs."""
        site = self.run.site
        said = site.language.value(self.said.get("concurrency"), self.contexts())
        name = yield from site.groups.enter(said, self)
        if self.cancelled:
            for job in self.jobs.values():
                job.leave_out("cancelled", self.why)
            return
        for job in self.jobs.values():
            site.times.begin(job.process())
        yield lambda: all(job.result for job in self.jobs.values())
        site.groups.leave(name)

    @property
    def result(self) -> str:
        """Of all jobs together."""
        return together(job.conclusion for job in self.jobs.values())

    def outputs(self) -> dict[str, str]:
        """What the file gives to its caller."""
        call = (
            (self.said["on"] or {}).get("workflow_call")
            if isinstance(self.said["on"], dict)
            else {}
        )
        jobs = {
            name: {"result": job.result, "outputs": job.outputs} for name, job in self.jobs.items()
        }
        language = self.run.site.language
        return {
            name: language.text(one["value"], {**self.contexts(), "jobs": jobs})
            for name, one in ((call or {}).get("outputs") or {}).items()
        }


class Run(Graph):
    """A run with its record."""

    def __init__(
        self, site: Site, path: str, trigger: Trigger, planted: Planted, *, number: int
    ) -> None:
        """Read the file; a file that GitHub would refuse raises Invalid."""
        self.site, self.trigger, self.planted = site, trigger, planted
        self.record = RunRecord(number, trigger.event)
        said = site.language.workflow(path, site.read(path) or "")
        self.inputs = dispatched(said, trigger)
        self.github = github(trigger, said.get("name", path), number, self.inputs, site.api_url)
        super().__init__(
            self,
            said,
            self.inputs,
            granted=dict(site.default_rights),
            secrets=site.secrets,
            path=path,
        )

    def process(self) -> Process:
        """All of it; the record has a result when it has ended."""
        if not self.starts():
            self.record.result = "not started"
            return
        problems = list(self._problems(self.said, self.granted, called=False))
        if problems:
            self.record.result, self.record.why = "startup_failure", "; ".join(problems)
            return
        yield from super().process()
        self.record.result = "cancelled" if self.cancelled else self.result
        self.record.why = self.why

    def starts(self) -> bool:
        """Whether the event starts it."""
        on = self.said["on"]
        events = {on: None} if isinstance(on, str) else on
        if isinstance(events, list):
            events = dict.fromkeys(events)
        if self.trigger.event not in events:
            return False
        asked = events[self.trigger.event] or {}
        if not isinstance(asked, dict):  # schedule
            return True
        if unknown := asked.keys() - {"branches", "tags", "types", "inputs"}:
            raise Invalid(f"Not modelled: {', '.join(sorted(unknown))} of an event.")
        action = self.trigger.payload.get("action")
        if "types" in asked and action not in asked["types"]:
            return False
        return self._ref_fits(asked)

    def _ref_fits(self, asked: Mapping[str, Any]) -> bool:
        if self.trigger.event != "push":
            return True
        kind, _, name = self.trigger.ref.removeprefix("refs/").partition("/")
        filters = {"heads": asked.get("branches"), "tags": asked.get("tags")}
        if filters[kind] is None:
            return not any(filters.values())
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in filters[kind])

    def _problems(
        self, said: Mapping[str, Any], granted: rights.Rights, *, called: bool
    ) -> Iterator[str]:
        """Why GitHub does not even start it: a called job that wants more than its caller has."""
        for name, job in said["jobs"].items():
            mine = rights.of_job(job, said, granted)
            if called:
                yield from (f"{name}: {one}" for one in rights.beyond(mine, granted))
            if "uses" in job:
                file = job["uses"].removeprefix("./")
                text = self.site.read(file)
                if text is None:
                    yield f"{name}: there is no {file}"
                    continue
                inner = self.site.language.workflow(file, text)
                yield from self._problems(inner, mine, called=True)

    def job_record(self, key: str, place: tuple[str, str]) -> JobRecord:
        """The record of a job, or of a leg; `place` is its file and its name there."""
        return self.record.jobs.setdefault(key, JobRecord(key, place))


def together(results: Any) -> str:
    """The result of several: a failure, else something cancelled, else a success among them."""
    found = list(results)
    for one in ("failure", "cancelled", "success"):
        if one in found:
            return one
    return "skipped"


def dispatched(said: Mapping[str, Any], trigger: Trigger) -> dict[str, Any]:
    """The inputs of a dispatch with their defaults; none for any other event."""
    on = said["on"]
    if trigger.event != "workflow_dispatch" or not isinstance(on, dict):
        return {}
    wanted = (on.get("workflow_dispatch") or {}).get("inputs") or {}
    given = {name: one.get("default", "") for name, one in wanted.items()} | dict(trigger.inputs)
    if unknown := given.keys() - wanted.keys():
        raise Invalid(f"Unexpected inputs: {', '.join(sorted(unknown))}.")
    for name, one in wanted.items():
        if one.get("type") == "choice" and given[name] not in one["options"]:
            raise Invalid(f"{given[name]} is no choice of {name}.")
        if one.get("required") and given[name] == "":
            raise Invalid(f"The input {name} is required.")
    return given


def github(
    trigger: Trigger, name: str, number: int, inputs: Mapping[str, Any], api_url: str
) -> dict[str, Any]:
    """The context of that name, but for the token and the job."""
    event = {**trigger.payload, **({"inputs": dict(inputs)} if inputs else {})}
    return {
        "event_name": trigger.event, "ref": trigger.ref, "sha": trigger.sha,
        "ref_name": trigger.ref.split("/", 2)[-1], "actor": trigger.actor,
        "ref_type": "tag" if trigger.ref.startswith("refs/tags/") else "branch",
        "triggering_actor": trigger.actor, "repository": REPOSITORY, "event": event,
        "repository_owner": REPOSITORY.split("/")[0], "workflow": name, "run_id": str(number),
        "run_number": str(number), "run_attempt": "1", "server_url": "https://github.com",
        "api_url": api_url, "head_ref": _ref(event, "head"), "base_ref": _ref(event, "base"),
    }  # fmt: skip


def _ref(event: Mapping[str, Any], side: str) -> str:
    return str(event.get("pull_request", {}).get(side, {}).get("ref", ""))
