"""Puts one replicator through one case on a leased pair, and keeps what was seen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from assay.conformance.baseline import Key, Known, Seen
from assay.conformance.case import Case
from assay.conformance.databases import actual_name
from assay.conformance.evidence import Evidence
from assay.conformance.expectations import Gap
from assay.conformance.judge import Judgement, judge
from assay.conformance.run import TROUBLE
from assay.conformance.trial import Trial
from assay.names import RunId, uniquify
from assay.oracle.question import Question
from assay.oracle.self_test.run import SelfTest, run_self_test
from assay.postgres.keeping import Kept
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.server import Role, Server
from assay.replicators.base import Driver


@dataclass(frozen=True, slots=True)
class Result:
    """What one case came to: an event for the journal, and the pieces it was made from.

    `missing` names the capability for want of which the case was not tried.
    """

    event: dict[str, object]
    judgement: Judgement | None = None
    evidence: Evidence | None = None
    settled: bool = False
    gap: Gap | None = None
    missing: str | None = None
    leaked: tuple[str, ...] = ()
    kept: Kept | None = None

    @property
    def expected(self) -> bool:
        """The outcome is the required one, or exactly the known gap, and nothing was left."""
        return self.settled and not self.leaked

    def with_leaks(self, leaked: tuple[str, ...]) -> Result:
        """The same, once it is known what the test left behind without having declared it."""
        if not leaked:
            return self
        why = f"left behind, not declared: {'; '.join(leaked)}"
        return replace(self, event={**self.event, "expected": False, "why": why}, leaked=leaked)


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

    def self_test(self, spec: str) -> dict[str, object] | None:
        """Before the first verdict on a server pair: plant known damage; the journal's event.

        None when this process has done it already.
        """
        if spec in self._self_tests:
            return None
        with self.pool(spec).lease("self-test") as pair:
            asked = Question(tools=pair.server_pair.tools)
            done = run_self_test(pair.source, pair.target, asked)
        self._self_tests[spec] = done
        return {
            "event": "self-test",
            "planted": done.planted,
            "detected": done.detected,
            "missed": list(done.missed),
            "seconds": done.seconds,
            "worker": self.worker,
            "pg": spec,
        }

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
            attempt.trial = Trial(case, pair, driver, workdir, self.run)
            try:
                yield attempt
            except TROUBLE as error:
                attempt.trial.fail(error)
            evidence = attempt.trial.finish()
            result = self._result(evidence, known, nodeid, pair)
            if pool.keep and not result.expected:
                result = replace(result, kept=pool.retire_alive(pair))
            shutil.rmtree(workdir)
        attempt.result = result.with_leaks(tuple(map(str, pair.leaked)))

    def _result(self, evidence: Evidence, known: Known, nodeid: str, pair: Pair) -> Result:
        name = _file_name(evidence.case, evidence.replicator, evidence.pg)
        path = self.report_dir / "evidence" / f"{name}.json"
        evidence.save(path)
        seen = judge(evidence)
        settled = known.settle(
            Key(evidence.case, seen.phase, evidence.replicator, evidence.pg),
            Seen(seen.outcome, harmed_source=seen.harmed_source),
            required=seen.expected,
        )
        result = Result({}, seen, evidence, settled.expected, settled.gap)
        event = _judged(result, nodeid, str(path.relative_to(self.report_dir)))
        facts = [_server_facts(server) for server in pair.server_pair.servers]
        return replace(result, event={**event, "servers": facts})

    def _workdir(self, case: Case, driver: Driver, spec: str) -> Path:
        path = self.report_dir / "work" / _file_name(case.id, driver.name, spec)
        path.mkdir(parents=True, mode=0o700)
        return path


def _file_name(*parts: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", "-".join(parts))


def _skipped(case: Case, driver: Driver, spec: str, missing: str, nodeid: str) -> Result:
    event: dict[str, object] = {
        "event": "case-skipped",
        "case": case.id,
        "category": case.category,
        "replicator": driver.name,
        "pg": spec,
        "requires": missing,
        "nodeid": nodeid,
    }
    return Result(event, missing=missing)


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


def _server_facts(server: Server) -> dict[str, str]:
    return {"role": server.role, "version": server.version, "provider": server.provider}


def _judged(result: Result, nodeid: str, path: str) -> dict[str, object]:
    evidence, judgement = result.evidence, result.judgement
    assert evidence is not None
    assert judgement is not None
    return {
        "event": "case-judged",
        "case": evidence.case,
        "category": evidence.category,
        "title": evidence.title,
        "phase": judgement.phase,
        "replicator": evidence.replicator,
        "version": evidence.version,
        "pg": evidence.pg,
        "outcome": judgement.outcome.value,
        "proof": judgement.proof,
        "harmed_source": judgement.harmed_source,
        "expected": result.expected,
        "why": judgement.why,
        "gap": result.gap.reason if result.gap and result.expected else None,
        "seconds": evidence.seconds,
        "findings": [asdict(finding) for finding in judgement.findings],
        "omitted": judgement.omitted,
        "evidence": path,
        "nodeid": nodeid,
        "skipped_phases": [{"phase": p, "requires": p} for p in evidence.skipped_phases],
    }
