"""A tool with twelve planted defects: one run names twelve causes, the first of which hides none.

`sync` never starts, so nothing of the tool's own stream is ever seen; the rest comes out because
every phase is judged for itself, on a copy of the suite's where the tool's own is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.environment import inherited
from assay.process import execute
from assay.run import journal
from assay.run.cause import Gravity
from assay.run.events import CaseJudged
from assay.run.groups import Group, grouped, line

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = "integration/cases"
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
SOME = (
    f"{CASES}/data-types/dt-null-vs-empty.sql",
    f"{CASES}/identifiers/id-quote-in-name.sql",
    f"{CASES}/objects/ob-default-privs.sql",
    f"{CASES}/objects/ob-func-secdef-owner.sql",
    f"{CASES}/objects/ob-matview.sql",
    f"{CASES}/objects/ob-roles.sql",
    f"{CASES}/objects/ob-sequence-state.sql",
    f"{CASES}/schema/so-no-pk.sql",
    f"{CASES}/verify/vf-plant-row.sql",
    "integration/test_secrets.py::test_no_output_shows_the_password_on_success_and_on_failure",
    "integration/test_status.py::test_where_nothing_was_set_up_status_says_so",
    "integration/test_status.py::test_a_stream_that_keeps_up_is_said_to",
)
pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    "asked", [pytest.param(SOME, id="some"), pytest.param((), marks=pytest.mark.nightly, id="all")]
)
def test_twelve_defects_are_twelve_causes_in_one_run(asked, tmp_path):
    groups = causes(tmp_path / "report", asked)
    assert sorted(map(told, groups)) == sorted(DEFECTS.values()), "\n".join(map(line, groups))
    (status,) = [group for group in groups if told(group) == DEFECTS[7]]
    assert {"st-not-set-up", "st-streaming"} <= set(status.cases)  # there is no stream in either


def causes(report: Path, asked: Sequence[str]) -> tuple[Group, ...]:
    """What a run of the suite says of the tool, worst first."""
    argv = [
        sys.executable, "-m", "pytest", "-m", "integration", "-n", "2", "-q",
        "--replicator", str(HERE / "tool.toml"), "--pg-provider", "wheel",
        "--report-dir", str(report), *asked,
    ]  # fmt: skip
    done = execute(argv, env=inherited(), cwd=ROOT, timeout=550)
    assert done.exit == 1, done.output
    judged = [event for event in journal.read(report) if isinstance(event, CaseJudged)]
    red = [(case.case, phase) for case in judged for phase in case.phases if not phase.expected]
    groups = grouped((case, cause) for case, phase in red for cause in phase.causes)
    assert groups[0].gravity is Gravity.SOURCE_HARMED
    assert told(groups[0]) == DEFECTS[12]
    assert told(groups[1]) == DEFECTS[1]
    return groups


def told(group: Group) -> str:
    """Its phase and its headline."""
    return f"{group.cause.phase}: {group.cause.headline}"
