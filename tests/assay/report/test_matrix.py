import pytest

from assay.report.matrix import by_phase, matrices, pg_name
from assay.run.outcome import Outcome
from tests.assay.run.made import a_run, judged, phase, skipped

KNOWN = phase("REFUSED", expected=True, gap="known")


def test_phases_are_counted_by_category_and_outcome():
    (matrix,) = matrices(
        a_run(
            judged("a", phase(), phase("REFUSED", "live")),
            judged("b", "REFUSED"),
            judged("c", KNOWN, phase("NOT_REACHED", "live")),
            judged("d", category="objects"),
            skipped("e", category="objects"),
        )
    )
    assert [(row.category, row.skipped) for row in matrix.rows] == [
        ("data-types", 0),
        ("objects", 1),
    ]
    refused = matrix.rows[0].cells[Outcome.REFUSED]
    assert (refused.count, refused.unexpected, refused.gaps) == (3, 2, 1)
    assert [(case.case, one.phase) for case, one in refused.phases] == [
        ("a", "live"), ("b", "init"), ("c", "init"),
    ]  # fmt: skip
    assert matrix.total(Outcome.FAITHFUL).count == 2
    assert matrix.total(Outcome.NOT_REACHED).count == 1
    assert matrix.skipped == 1


def test_assisted_phases_are_counted_apart_and_make_their_row_red():
    good = phase(name="verify", assisted=True)
    wrong = phase("SILENT_WRONG", "verify", assisted=True)
    (matrix,) = matrices(
        a_run(judged("a", KNOWN, good), judged("b", KNOWN, wrong, category="objects"))
    )
    assert matrix.total(Outcome.FAITHFUL).count == matrix.total(Outcome.SILENT_WRONG).count == 0
    assert [(row.assisted.count, row.assisted.unexpected) for row in matrix.rows] == [
        (1, 0), (1, 1),
    ]  # fmt: skip
    assert [row.as_required for row in matrix.rows] == [True, False]
    assert matrix.assisted.count == 2


def test_a_phase_that_harmed_the_source_stands_in_no_other_cell():
    harmed = phase("FAITHFUL", "live", expected=False, harmed_source=True)
    assisted = phase("SILENT_WRONG", "verify", assisted=True, harmed_source=True)
    (matrix,) = matrices(a_run(judged("a", phase(), harmed, assisted)))
    assert (matrix.harmed.count, matrix.assisted.count) == (2, 0)
    assert matrix.total(Outcome.FAITHFUL).count == 1
    assert not matrix.rows[0].as_required
    assert matrix.whole.harmed.count == 2


def test_phases_are_counted_for_themselves_the_worst_outcome_first():
    counts = by_phase(
        [
            judged("a", phase(), phase("FAILED_LOUD", "live"), phase("FAITHFUL", "status")),
            judged("b", phase("REFUSED"), phase("REFUSED", "validate"),
                   phase("SILENT_WRONG", "verify", assisted=True)),
            judged("c", phase("FAITHFUL", harmed_source=True)),
        ]
    )  # fmt: skip
    assert [(one.phase, list(one.own.items()), dict(one.assisted)) for one in counts] == [
        ("validate", [("REFUSED", 1)], {}),
        ("init", [("HARMED_SOURCE", 1), ("REFUSED", 1), ("FAITHFUL", 1)], {}),
        ("live", [("FAILED_LOUD", 1)], {}),
        ("verify", [], {"SILENT_WRONG": 1}),
        ("status", [("FAITHFUL", 1)], {}),
    ]


def test_every_replicator_on_every_pair_has_its_own():
    found = matrices(a_run(judged("a"), judged("a", replicator="noop"), judged("a", pg="16:17")))
    assert [(matrix.replicator, matrix.pg) for matrix in found] == [
        ("noop", "17:17"), ("seren", "16:17"), ("seren", "17:17"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pg", "name"), [("17:17", "17"), ("17", "17"), ("16:17", "16:17"), ("", "")]
)
def test_a_pair_of_equals_has_a_short_name(pg, name):
    assert pg_name(pg) == name
