import pytest

from assay.report.rerun import command
from tests.assay.run.made import judged


@pytest.mark.parametrize(
    ("given", "shown"),
    [(["seren:/opt/my bin/seren"], "'seren:/opt/my bin/seren'"), (["noop", "seren"], "seren"),
     (["noop", "seren:/x"], "seren:/x"), (["tools/seren-2.toml"], "tools/seren-2.toml"),
     (None, "seren")],
)  # fmt: skip
def test_the_replicator_is_named_as_it_was_given(given, shown):
    assert command(judged(), {"replicator": given}) == (
        f"pytest integration/cases/data-types/dt-x.sql --replicator {shown} --pg 17"
    )


def test_a_python_case_is_named_by_its_item():
    case = judged(nodeid="integration/test_restart.py::test_x[seren-16:17]", pg="16:17")
    assert command(case, {}) == (
        "pytest 'integration/test_restart.py::test_x[seren-16:17]' --replicator seren --pg 16:17"
    )


def test_folders_of_programs_are_named_again():
    assert command(judged(pg="18:19"), {"pg_bin": ["19=/a b"]}).endswith(
        "--pg 18:19 '--pg-bin=19=/a b'"
    )
