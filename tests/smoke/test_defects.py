"""The suite can fail: every planted defect turns it red, and the intact service is green."""

from __future__ import annotations

import pytest

from assay.jobs.judged import Databases
from assay.postgres.session import connect
from assay.smoke.check import CHECKS, Result
from tests.smoke.defects import DEFECTS, Defect
from tests.smoke.judging import look

ROWS = """
create table t (id int primary key, v text);
insert into t select g, g from generate_series(1, 500) g;
"""
QUICK = [one for one in DEFECTS.values() if one.quick]
LATE = [one for one in DEFECTS.values() if not one.quick]


@pytest.fixture
def databases(pair):
    """A filled source and an empty target."""
    with connect(pair.source) as session:
        session.execute(ROWS.encode())
    return Databases.of(pair)


def seen_by(defect: Defect, request) -> None:
    """The check that has to see it does; what else was said goes into the report."""
    databases = request.getfixturevalue("databases") if defect.data else None
    seen = look(defect, databases)
    request.node.user_properties += [
        ("defect", defect.name),
        ("seen", ", ".join(seen.red)),
        ("guide", "passes" if seen.guide_passes else "fails"),
    ]
    wanted = Result.UNKNOWN if defect.unending else Result.FAIL
    told = [f"{one.check} {one.result} {one.why}" for one in seen.judged]
    assert (defect.sees, wanted) in [(one.check, one.result) for one in seen.judged], told


TIMES = [pytest.param(n, marks=[pytest.mark.nightly] if n else []) for n in range(20)]


@pytest.mark.parametrize("time", TIMES)
def test_the_intact_service_is_green(time, request):
    request.node.user_properties.append(("intact", time))
    seen = look(None, whole=True)
    assert [f"{one.check}: {one.why}" for one in seen.judged if one.why] == []
    assert len(seen.judged) >= 35
    assert seen.guide_passes


def test_the_intact_service_is_green_on_databases(databases):
    seen = look(None, databases, whole=True)
    assert [f"{one.check}: {one.why}" for one in seen.judged if one.why] == []
    assert len(seen.judged) == 2


@pytest.mark.parametrize("defect", QUICK, ids=lambda one: one.name)
def test_a_defect_turns_the_suite_red(defect, request):
    seen_by(defect, request)


@pytest.mark.nightly
@pytest.mark.parametrize("defect", LATE, ids=lambda one: one.name)
def test_a_further_defect_turns_the_suite_red(defect, request):
    seen_by(defect, request)


def test_there_are_enough_defects_and_each_names_a_check_that_exists():
    assert len(DEFECTS) >= 40
    assert len(QUICK) >= 12
    assert {one.sees for one in DEFECTS.values()} <= set(CHECKS)
