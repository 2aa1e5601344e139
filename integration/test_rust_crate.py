"""A crate's Rust tests as items, each once on fresh databases with a seeded source."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.conformance.case import Section
from assay.conformance.rust import try_test
from assay.conformance.statements import Psql
from assay.errors import AssayError, Divergence
from assay.replicators import rust_crate
from assay.replicators.rust_crate import RustResult

pytestmark = pytest.mark.integration
SEED = Path(rust_crate.__file__).with_name("rust_seed.sql").read_text()


@pytest.fixture
def seeded(prove_oracle, pair, tmp_path, run_id):
    """A pair whose source holds the small named schema; what the tests leave is their business.

    The oracle is proved first, while nobody has a pair.
    """
    for side in ("source", "target"):
        for kind in ("publication", "subscription", "slot", "origin", "role", "database"):
            pair.allow(side, kind, ".*")
    Psql(pair.server_pair.tools, tmp_path, run_id).apply(Section("setup", SEED, 1), pair.source)
    return pair


def test_rust(rust_test, seeded, tmp_path, rust_timeout, request, emit_event):
    """What the Rust test says, and what the oracle says of what it did."""
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    seen = try_test(rust_test, seeded, tmp=tmp, timeout=rust_timeout)
    emit_event(seen.event(rust_test, request.node.nodeid))
    if seen.result is RustResult.SKIPPED:
        pytest.skip(f"{rust_test.id} {seen.why}")
    said = [str(finding) for finding in (*seen.findings[:20], *seen.changes[:20])]
    request.node.add_report_section("call", "what it did to the databases", "\n".join(said))
    request.node.add_report_section("call", "output of the Rust test", seen.output)
    if seen.result is RustResult.ERROR:
        raise AssayError(f"{rust_test.id}: {seen.why}")
    if seen.result is not RustResult.PASSED:
        raise Divergence(f"{rust_test.id}: {seen.why}")
