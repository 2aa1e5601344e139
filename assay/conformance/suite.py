"""Puts one replicator through one case on a leased pair, and keeps what was seen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.conformance.baseline import Known
from assay.conformance.bench import Bench
from assay.conformance.case import Case
from assay.conformance.causes.authored import Authored
from assay.conformance.causes.cause_of import causes_of
from assay.conformance.databases import actual_name
from assay.conformance.evidence import Evidence
from assay.conformance.judge import Judgement, judge
from assay.conformance.phases import STEPS
from assay.conformance.trial import TROUBLE, Trial
from assay.names import RunId, uniquify
from assay.oracle.question import Question
from assay.oracle.self_test.run import SelfTest, run_self_test
from assay.postgres.keeping import Kept
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.server import Role, Server
from assay.replicators.base import Driver
from assay.run.events import CaseJudged, CaseSkipped, LeftOut, PhaseJudged, SelfTested
from assay.run.events import Server as ServerOfRun


@dataclass(frozen=True, slots=True)
class Result:
    """What one case came to: an event for the journal, and the pieces it was made from."""

    event: CaseJudged | CaseSkipped
    judgement: Judgement | None = None
    evidence: Evidence | None = None
    kept: Kept | None = None

    @property
    def expected(self) -> bool:
        """Every phase is as required, or exactly a known gap, and nothing was left."""
        return isinstance(self.event, CaseJudged) and self.event.expected

    def with_leaks(self, leaked: tuple[str, ...]) -> Result:
        """The same, once it is known what the test left behind without having declared it."""
        if not isinstance(self.event, CaseJudged):
            return self
        return replace(self, event=replace(self.event, leaked=leaked))


@dataclass(slots=True)
class Attempt:
    """A trial to be driven, and afterwards what it came to."""

    trial: Trial | None = None
    result: Result | None = None


@dataclass(slots=True)
class Suite:
    """The conformance suite in one test process.

    `pool` gives the pool of a version spec such as ``17:17``.
    """

    run: RunId
    report_dir: Path
    pool: Callable[[str], PairPool]
    worker: str = "main"
    _self_tests: dict[str, SelfTest] = field(default_factory=dict)

    def self_test(self, spec: str) -> SelfTested | None:
        """Before the first verdict on a server pair: plant known damage; the journal's event.

        None when this process has done it already.
        """
        if spec in self._self_tests:
            return None
        with self.pool(spec).lease("self-test") as pair:
            asked = Question(tools=pair.server_pair.tools)
            done = run_self_test(pair.source, pair.target, asked)
        self._self_tests[spec] = done
        return SelfTested(
            planted=done.planted,
            detected=done.detected,
            missed=tuple(done.missed),
            seconds=done.seconds,
            worker=self.worker,
            pg=spec,
        )

    @contextmanager
    def attempt(
        self, case: Case, *, driver: Driver, spec: str, known: Known, nodeid: str
    ) -> Iterator[Attempt]:
        """Lease a pair for a trial of the case; when the block ends, `Attempt.result` is there.

        A capability that is missing on either side is a counted skip: there is no trial then.
        Trouble of ours within the block becomes evidence and makes the case UNKNOWN.
        """
        attempt = Attempt()
        if missing := _missing_of_tool(case, driver):
            attempt.result = _skipped(case, driver, spec, missing, nodeid)
            yield attempt
            return
        pool = self.pool(spec)
        with pool.lease(case.id) as pair:
            if missing := _missing_of_servers(case, pair):
                attempt.result = _skipped(case, driver, spec, missing, nodeid)
                yield attempt
                return
            workdir = self._workdir(case, driver, spec)
            _declare(case, pair, driver, self.run)
            bench = Bench(case, pair, driver, workdir, self.run)
            attempt.trial = Trial(bench, renew=lambda: pool.renew(pair))
            try:
                yield attempt
            except TROUBLE as error:
                attempt.trial.fail(error)
            evidence, authored = attempt.trial.finish(), _authored(case, attempt.trial)
            result = self._result(evidence, known, nodeid, pair, authored)
            if pool.keep and not result.expected:
                result = replace(result, kept=pool.retire_alive(pair))
            shutil.rmtree(workdir)
        attempt.result = result.with_leaks(tuple(map(str, pair.leaked)))

    def _result(
        self, evidence: Evidence, known: Known, nodeid: str, pair: Pair, authored: Authored
    ) -> Result:
        name = _file_name(evidence.case, evidence.replicator, evidence.pg)
        path = self.report_dir / "evidence" / f"{name}.json"
        evidence.save(path)
        judgement = judge(evidence)
        event = CaseJudged(
            case=evidence.case,
            category=evidence.category,
            title=evidence.title,
            replicator=evidence.replicator,
            version=evidence.version,
            pg=evidence.pg,
            phases=known.applied(
                explained(judgement, evidence, authored),
                case=evidence.case,
                replicator=evidence.replicator,
                pg=evidence.pg,
            ),
            seconds=evidence.seconds,
            servers=tuple(_server(one, evidence.pg) for one in pair.server_pair.servers),
            evidence=str(path.relative_to(self.report_dir)),
            nodeid=nodeid,
            left_out=tuple(LeftOut(phase, STEPS[phase].capability) for phase in evidence.left_out),
        )
        return Result(event, judgement, evidence)

    def _workdir(self, case: Case, driver: Driver, spec: str) -> Path:
        path = self.report_dir / "work" / _file_name(case.id, driver.name, spec)
        path.mkdir(parents=True, mode=0o700)
        return path


def _file_name(*parts: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", "-".join(parts))


def _skipped(case: Case, driver: Driver, spec: str, missing: str, nodeid: str) -> Result:
    return Result(CaseSkipped(case.id, case.category, driver.name, spec, missing, nodeid))


def _declare(case: Case, pair: Pair, driver: Driver, run: RunId) -> None:
    """What the lease may find afterwards: the case's roles and what the tool leaves by design.

    What hangs on roles is compared by the oracle, on both sides and with the source as it was.
    """
    for side in Role:
        for role in case.roles:
            pair.record(side, "role", uniquify(role, run))
        for database in case.databases:
            pair.record(side, "database", actual_name(database, pair, run))
        for kind in ("role", "membership", "parameter", "comment", "setting"):
            pair.allow(side, kind, ".*")
    pair.allow_all(source=driver.leftovers.source, target=driver.leftovers.target)
    if driver.leftovers.source.get("slot"):
        pair.allow("source", "walsender", ".*")  # a slot's reader, named by its process id


def _missing_of_tool(case: Case, driver: Driver) -> str | None:
    lacking = sorted(case.capabilities - driver.capabilities)
    return lacking[0].value if lacking else None


def _missing_of_servers(case: Case, pair: Pair) -> str | None:
    """The first feature that one of the servers lacks; a number is a least major version."""
    servers = pair.server_pair.servers
    for feature in case.features:
        if feature.isdigit():
            if any(server.major < int(feature) for server in servers):
                return f"server.{feature}"
        elif feature not in pair.server_pair.features:
            return feature if feature.startswith("extension.") else f"server.{feature}"
    return None


def _authored(case: Case, trial: Trial) -> Authored:
    """What the case itself made and planted: never the headline of a cause."""
    return Authored.by(trial.setup) if trial.setup else Authored.of(case)


def explained(
    judgement: Judgement, evidence: Evidence, authored: Authored
) -> tuple[PhaseJudged, ...]:
    """Every phase with its causes; of a failure the innermost error is why, else what is worst."""
    stages = {stage.phase: stage for stage in evidence.stages}

    def told(judged: PhaseJudged) -> PhaseJudged:
        stage = stages.get(judged.phase)
        if stage is None:
            return judged
        causes = causes_of(judged, stage, evidence.logs_of(stage), authored)
        if not causes:
            return judged
        said = next((cause.why for cause in causes if cause.origin.failure), None)
        if said is None and judged.findings and stage.phase != "verify":
            said = causes[-1].why  # the gravest finding rather than the first
        why = judged.why if said is None else said
        if judged.harmed_source and said is not None:  # nothing takes precedence over that
            why = f"source harmed: {causes[0].sample}" + (f"; {said}" if causes[1:] else "")
        return replace(judged, cause=causes[0], beside=causes[1:], why=why)

    return tuple(map(told, judgement.phases))


def _server(server: Server, pg: str) -> ServerOfRun:
    return ServerOfRun(server.role.value, server.version, server.provider, pg)
