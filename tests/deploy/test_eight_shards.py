"""On real servers: shards merged are the run in one piece, outcome by outcome."""

from __future__ import annotations

import pytest

from assay.report.rejudge import rejudge
from assay.run import record
from benchmarks.shards import merge, outcomes, unlike, work

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1800)]
FEW = ("--replicator=lossy:trimmed-numeric", "-k", "dt-numeric or dt-enum or id-quote")
ALL = ()


@pytest.mark.parametrize(
    ("words", "of", "workers"),
    [pytest.param(FEW, 3, 1, id="few"),
     pytest.param(ALL, 8, 2, id="all", marks=pytest.mark.nightly)],
)  # fmt: skip
def test_shards_merged_are_the_run_in_one_piece(tmp_path, words, of, workers):
    whole = record.load(work(tmp_path, 1, 1, words).folders[0])
    parts = work(tmp_path, workers, of, words).folders
    run = merge(parts, tmp_path / "merged")
    assert unlike(whole, run) == []
    assert len(outcomes(run)) >= of
    assert {case.evidence for case in run.judged} == {case.evidence for case in whole.judged}
    again = list(rejudge(tmp_path / "merged"))
    assert len(again) == len(run.judged)
    assert not any(one.changed for one in again)
    for case in run.judged:
        assert (tmp_path / "merged" / case.evidence).is_file()
