"""A tool with twelve planted defects: one run names twelve causes, the first of which hides none.

`sync` never starts, so nothing of the tool's own stream is ever seen; the rest comes out because
every phase is judged for itself, on a copy of the suite's where the tool's own is missing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.run import journal
from assay.run.cause import Gravity
from assay.run.events import CaseJudged
from assay.run.groups import Group, grouped, line
from benchmarks import red_run

# Each defect, numbered as in tool.sh, and the words in which its author is told of it.
DEFECTS = {
    1: "sync: column srsubstate does not exist",
    2: "init: sequence state (last_value) differs",
    3: "init: privilege is missing",
    4: "init: table is missing",
    5: "init: values of type text become NULL",
    6: "verify: says that both sides are equal, although values of type text differ",
    7: "status: says streaming of a target that nothing reaches",
    8: "init: comment (comment) is missing",
    9: "sync: fails and leaves a publication behind",
    10: "init: role (password) is missing",
    11: "init: a password is shown in what it prints",
    12: "init: the source is changed: table (replica identity) differs",
}
# One worker runs them all, since they look at one run.
pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("shell_tool")]


def test_twelve_defects_are_twelve_causes_in_one_run(red):
    are_twelve(causes(red.report))


@pytest.mark.nightly
def test_so_they_are_in_a_run_of_all_cases(tmp_path):
    red_run.run(tmp_path / "report", cases=())
    are_twelve(causes(tmp_path / "report"))


def are_twelve(groups: tuple[Group, ...]) -> None:
    """Each defect is a cause, and nothing else is."""
    assert sorted(map(told, groups)) == sorted(DEFECTS.values()), "\n".join(map(line, groups))
    (status,) = [group for group in groups if told(group) == DEFECTS[7]]
    assert {"st-not-set-up", "st-streaming"} <= set(status.cases)  # there is no stream in either


def causes(report: Path) -> tuple[Group, ...]:
    """What a run of the suite says of the tool, worst first."""
    judged = [event for event in journal.read(report) if isinstance(event, CaseJudged)]
    bad = [(case.case, phase) for case in judged for phase in case.phases if not phase.expected]
    groups = grouped((case, cause) for case, phase in bad for cause in phase.causes)
    assert groups[0].gravity is Gravity.SOURCE_HARMED
    assert told(groups[0]) == DEFECTS[12]
    assert told(groups[1]) == DEFECTS[1]
    return groups


def told(group: Group) -> str:
    """Its phase and its headline."""
    return f"{group.cause.phase}: {group.cause.headline}"
