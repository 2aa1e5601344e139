"""The Rust tests of `--rust-crate DIR`, each alone on fresh databases with a seeded source."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from assay.conformance.case import Section
from assay.conformance.statements import Psql
from assay.errors import AssayError, Divergence
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Equality
from assay.postgres.address import Viewer
from assay.process import Execution
from assay.redact import Scrubber
from assay.replicators import rust_crate
from assay.replicators.rust_crate import RustResult
from assay.run.events import RustTested

pytestmark = pytest.mark.integration
SEED = Path(rust_crate.__file__).with_name("rust_seed.sql").read_text()


@pytest.fixture
def seeded(pair, tmp_path, run_id):
    """A pair whose source holds the small named schema; what the tests leave is their business."""
    for side in ("source", "target"):
        for kind in ("publication", "subscription", "slot", "origin", "role", "database"):
            pair.allow(side, kind, ".*")
    Psql(pair.server_pair.tools, tmp_path, run_id).apply(Section("setup", SEED, 1), pair.source)
    return pair


def ran(test, pair, tmp_path, timeout) -> tuple[RustResult, str, Execution]:
    """Result, reason and the redacted execution of one test on a pair."""
    tmp = tmp_path / "tmp"
    tmp.mkdir(exist_ok=True)
    result, why, done = rust_crate.run(
        test,
        source=pair.address("source", Viewer.REPLICATOR).url(),
        target=pair.address("target", Viewer.REPLICATOR).url(),
        path=os.pathsep.join((str(pair.server_pair.tools), os.defpath)),
        tmp=tmp,
        timeout=timeout,
    )
    return result, why, redacted(done, pair)


def redacted(done: Execution, pair) -> Execution:
    """The same without passwords."""
    scrubber = Scrubber()
    for server in pair.server_pair.servers:
        scrubber.learn(server.address().password)
    return replace(done, stdout=scrubber.scrub(done.stdout), stderr=scrubber.scrub(done.stderr))


def test_rust(rust_test, seeded, tmp_path, rust_timeout, request, emit_event):
    """What the Rust test itself says."""
    result, why, done = ran(rust_test, seeded, tmp_path, rust_timeout)
    event = RustTested(
        test=rust_test.name,
        target=rust_test.target,
        result=result.value,
        seconds=done.seconds,
        why=why or None,
        nodeid=request.node.nodeid,
    )
    emit_event(event)
    request.node.add_report_section("call", "output of the Rust test", done.output)
    if result is RustResult.ERROR:
        raise AssayError(f"{rust_test.id}: {why}")
    if result is RustResult.FAILED:
        raise Divergence(f"{rust_test.id}: {why}")


@pytest.mark.destructive
def test_data_after(rust_test, seeded, tmp_path, rust_timeout, request):
    """What a destructive Rust test did to the data, by the oracle; a passing test must be right."""
    result, why, done = ran(rust_test, seeded, tmp_path, rust_timeout)
    request.node.add_report_section("call", "output of the Rust test", done.output)
    if result is not RustResult.PASSED:
        pytest.skip(f"the test itself did not pass: {why}")
    comparison = compare(seeded.source, seeded.target, Question(tools=seeded.server_pair.tools))
    if comparison.equality is Equality.UNKNOWN:
        raise AssayError(f"the oracle could not tell: {comparison.why}")
    if comparison.equality is Equality.DIFFERENT:
        findings = "\n".join(f"  {finding}" for finding in comparison.findings[:20])
        raise Divergence(f"{rust_test.id} passed, and the databases differ:\n{findings}")
