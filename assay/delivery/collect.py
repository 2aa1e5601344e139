"""Evidence out of what a run wrote: a suite's journal, the steps of a deployment, a comparison."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import assay
from assay.delivery.bundle import Artefact, Evidence, NotRun, SelfTest, Suite
from assay.deployment import release, steps
from assay.deployment.artefacts import artefacts_of
from assay.deployment.commit import Commit
from assay.deployment.ladder import NAMES
from assay.deployment.steps import Outcome, Result
from assay.errors import AssayError
from assay.names import RunId
from assay.run import journal
from assay.run.events import CaseJudged, Server
from assay.run.outcome import Verdict
from assay.run.record import Run

FILES = (journal.NAME,)  # all else is drawn from it


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run does not know of itself.

    `artefacts` and `images` are of the deployment that was tested. `catalogue` are all names that
    could have been run, so that what was not asked for can be told.
    """

    commit: Commit
    environment: str = ""
    account: str = ""
    artefacts: Mapping[str, str] = field(default_factory=dict)
    plans: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    catalogue: Collection[str] = ()


def of_run(run: Run, folder: Path, around: Surroundings, *, ended: str) -> Evidence:
    """The evidence of a suite's run, whose journal lies in `folder`."""
    conclusion = run.conclusion
    passed, gaps, failed = _judged(run)
    return Evidence(
        suite=_suite(run),
        run=run.start.run,
        commit=around.commit.digest,
        uncommitted=around.commit.uncommitted,
        part=str(run.part.shard) if run.part is not None else "",
        environment=around.environment,
        account=around.account,
        started=run.start.started,
        ended=ended,
        verdict=conclusion.verdict,
        line=conclusion.line,
        reasons=conclusion.reasons,
        assay=run.start.assay,
        seed=run.start.seed,
        artefacts=_artefacts({**_replicator(run), **around.artefacts}),
        plans=around.plans,
        images=around.images,
        servers=run.servers,
        replicators=run.replicators,
        passed=passed,
        gaps=gaps,
        failed=failed,
        self_test=SelfTest(
            sum(test.planted for test in run.self_tests),
            sum(test.detected for test in run.self_tests),
            tuple(sorted({name for test in run.self_tests for name in test.missed})),
        ),
        not_run=tuple(_not_run(run, around.catalogue)),
        files=digests_of(folder, FILES),
    )


def of_deployment(folder: Path, around: Surroundings, *, started: str, ended: str) -> Evidence:
    """The evidence of a deployment by its steps' results in `folder`; UNKNOWN where it stopped."""
    known = {name: result for name in NAMES if (result := steps.read(folder, name)) is not None}
    failed = tuple(name for name, result in known.items() if result.outcome is not Outcome.DONE)
    done = tuple(name for name in known if name not in failed)
    left = tuple(name for name in NAMES if name not in known)
    verdict = Verdict.FAIL if failed else Verdict.UNKNOWN if left else Verdict.PASS
    reasons = (*(f"the step {name} did not come to its end" for name in failed),
               *(f"the step {name} was not made" for name in left))  # fmt: skip
    plan, deployed = known.get("plan"), around_of(known)
    return Evidence(
        suite="deployment",
        run=RunId.new().text,
        commit=around.commit.digest,
        uncommitted=around.commit.uncommitted,
        environment=around.environment,
        account=around.account,
        started=started,
        ended=ended,
        verdict=verdict,
        line=f"{verdict}, {len(done)} of {len(NAMES)} steps",
        reasons=reasons,
        assay=assay.__version__,
        artefacts=_artefacts(deployed["artefacts"]),
        plans=(str(plan.made.get("digest", "")),) if plan is not None else (),
        images=deployed["images"],
        passed=done,
        failed=failed,
        not_run=tuple(NotRun(name, "the ladder ended before it") for name in left),
        files=digests_of(folder, [f"{name}.json" for name in known]),
    )


def around_of(results: Mapping[str, Result]) -> dict[str, Any]:
    """What was deployed by these steps: digests, plans and images, as Surroundings has them."""
    plan, image = results.get("plan"), results.get("worker_image")
    return {
        "artefacts": artefacts_of(results),
        "plans": (str(plan.made["digest"]),) if plan and "digest" in plan.made else (),
        "images": (str(image.made["image"]),) if image and "image" in image.made else (),
    }


def of_comparisons(
    named: Mapping[str, Verdict],
    around: Surroundings,
    *,
    started: str,
    ended: str,
    self_tests: Iterable[SelfTest],
    left_out: Sequence[str],
    servers: tuple[Server, ...],
    files: Mapping[str, str],
) -> Evidence:
    """The evidence of `assay compare`: pairs by name, and what each came to."""
    tests = tuple(self_tests)
    verdict = max(named.values(), key=list(Verdict).index, default=Verdict.UNKNOWN)
    bad = {name: one for name, one in named.items() if one is not Verdict.PASS}
    return Evidence(
        suite="compare",
        run=RunId.new().text,
        commit=around.commit.digest,
        uncommitted=around.commit.uncommitted,
        started=started,
        ended=ended,
        verdict=verdict,
        line=f"{verdict}, {len(named)} compared",
        reasons=tuple(f"{name}: {one}" for name, one in bad.items()),
        assay=assay.__version__,
        passed=tuple(name for name in named if name not in bad),
        failed=tuple(bad),
        self_test=SelfTest(
            sum(test.planted for test in tests),
            sum(test.detected for test in tests),
            tuple(sorted({name for test in tests for name in test.missed})),
        ),
        servers=servers,
        not_run=tuple(NotRun(what, "left out of the comparison") for what in left_out),
        files=files,
    )


def digests_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of those of the files that are there."""
    return {
        name: sha256((folder / name).read_bytes()).hexdigest()
        for name in names
        if (folder / name).is_file()
    }


def _suite(run: Run) -> Suite:
    """What was run; of a run in which nothing was judged, what was asked for."""
    if run.judged:
        return "conformance"
    if run.checks or run.options.get("endpoint") or run.options.get("environment"):
        return "smoke"
    return "rust" if run.rust_tests or run.options.get("rust_crate") else "conformance"


def _judged(run: Run) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names that are as required, as required by a known gap, and not as required."""
    passed: list[str] = []
    gaps: list[str] = []
    failed: list[str] = []
    for case in run.judged:
        (failed if not case.expected else gaps if case.gap is not None else passed).append(
            _name(case)
        )
    for check in run.checks:
        (passed if check.result == "PASS" else failed).append(f"{check.endpoint} {check.check}")
    for test in run.rust_tests:
        if test.result != "skipped":
            (passed if test.result == "passed" else failed).append(f"{test.target} {test.test}")
    return tuple(passed), tuple(gaps), tuple(failed)


def _name(case: CaseJudged) -> str:
    return f"{case.case} {case.replicator} {case.pg}"


def _not_run(run: Run, catalogue: Collection[str]) -> Iterable[NotRun]:
    """What was skipped for want of something, and what of the catalogue nobody asked for."""
    for skip in run.skipped:
        yield NotRun(f"{skip.case} {skip.replicator} {skip.pg}".strip(), skip.requires)
    for case in run.judged:
        for one in case.left_out:
            yield NotRun(f"{_name(case)}: {one.phase}", one.requires)
    for test in run.rust_tests:
        if test.result == "skipped":
            yield NotRun(f"{test.target} {test.test}", test.why or "skipped")
    seen = {case.case for case in run.judged} | {check.check for check in run.checks}
    seen |= {skip.case for skip in run.skipped}
    for name in sorted(set(catalogue) - seen):
        yield NotRun(name, "it was not asked for")


def _replicator(run: Run) -> dict[str, str]:
    """The tool under test as the ladder names it, where it is one that a worker can run."""
    named = run.options.get("replicator")
    names = [named] if isinstance(named, str) else list(named or ["reference"])
    if len(names) != 1 or not run.judged:
        return {}
    try:
        inputs = steps.digest(release.inputs(names[0]))
        made = Result("release_binary", inputs, "", "", made=release.make(names[0]))
    except AssayError:  # a tool that no worker runs, or no clone
        return {}
    return artefacts_of({"release_binary": made})


def _artefacts(digests: Mapping[str, str]) -> tuple[Artefact, ...]:
    return tuple(Artefact(name, digest) for name, digest in sorted(digests.items()) if digest)
