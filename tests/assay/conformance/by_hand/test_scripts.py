"""The scripts of red cases run, and see what the run saw; with a faithful tool they see nothing."""

from __future__ import annotations

import re

import pytest

from tests.assay.conformance.by_hand.conftest import CASES, control_of, is_red

pytestmark = pytest.mark.servers
_SEEN = re.compile(r"SEEN AGAIN: (\d+) of (\d+)")
# One of each kind: rows, a stream, several databases, the source, a plant, a case in Python.
QUICK = {
    ("dt-char-n", "schema-only"),
    ("id-reserved", "schema-only"),
    ("ls-subxact-rollback", None),
    ("cu-no-leftover-source", None),
    ("fl-include-db", None),
    ("rs-same-database", None),
}
BOTH = [(case, tool) for case in CASES for tool in ("schema-only", None)]


def _late(one):
    marks = () if one in QUICK else pytest.mark.nightly
    return pytest.param(*one, marks=marks, id=f"{one[0]}-{one[1] or 'its-control'}")


@pytest.mark.parametrize(("case", "tool"), [_late(one) for one in BOTH])
def test_a_red_case_is_seen_again_by_its_script(by_hand, case, tool):
    if case == "rs-same-database":  # about two spellings of one host
        by_hand.demand_loopback()
    evidence = by_hand.tried(case, tool or control_of(case))
    if not is_red(evidence):
        assert tool == "schema-only"  # a case without rows has nothing to lose
        return
    said = by_hand.run(evidence.reproduction)
    found = _SEEN.fullmatch(said.last)
    assert found, said.text
    assert found[1] == found[2], said.text
    assert said.code == 1


MENDED = [
    pytest.param(case, marks=() if case == "vf-plant-row" else pytest.mark.nightly)
    for case in CASES
    if control_of(case).startswith("lossy:")
]


@pytest.mark.parametrize("case", MENDED)
def test_a_script_sees_nothing_with_a_tool_that_does_it_right(by_hand, case):
    script = by_hand.tried(case, control := control_of(case)).reproduction
    assert f"assay.replicators.controls {control}" in script
    mended = script.replace(f"assay.replicators.controls {control}", "assay.replicators.reference")
    said = by_hand.run("\n".join(line for line in mended.splitlines() if " caught_up " not in line))
    assert (said.code, said.last.partition(":")[0]) == (0, "NOT SEEN"), said.text
