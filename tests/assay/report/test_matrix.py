import pytest
from assay.report.records import from_events

from assay.report.matrix import matrices, pg_name
from assay.run.outcome import Outcome


def test_cases_are_counted_by_category_and_outcome(started, judged, skipped):
    events = [
        judged("a"), judged("b", "REFUSED"), judged("c", "REFUSED", expected=True, gap="known"),
        judged("d", category="objects"), skipped("e", category="objects"),
    ]  # fmt: skip
    (matrix,) = matrices(from_events([started, *events]))
    assert [(row.category, row.skipped) for row in matrix.rows] == [
        ("data-types", 0),
        ("objects", 1),
    ]
    refused = matrix.rows[0].cells[Outcome.REFUSED]
    assert (refused.count, refused.unexpected, refused.gaps) == (2, 1, 1)
    assert matrix.total(Outcome.FAITHFUL).count == 2
    assert matrix.skipped == 1


def test_every_replicator_on_every_pair_has_its_own(started, judged):
    events = [judged("a"), judged("a", replicator="noop"), judged("a", pg="16:17")]
    found = matrices(from_events([started, *events]))
    assert [(matrix.replicator, matrix.pg) for matrix in found] == [
        ("noop", "17:17"), ("seren", "16:17"), ("seren", "17:17"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pg", "name"), [("17:17", "17"), ("17", "17"), ("16:17", "16:17"), ("", "")]
)
def test_a_pair_of_equals_has_a_short_name(pg, name):
    assert pg_name(pg) == name
