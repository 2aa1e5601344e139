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


def test_servers_given_by_url_are_named_again_without_their_passwords():
    options = {
        "source_url": "postgresql://me:***@one:5432/postgres",
        "target_url": "postgresql://me@two/postgres",
        "allow_remote": ["one"],
    }
    assert command(judged(), options).endswith(
        "--replicator seren --source-url=postgresql://me@one:5432/postgres"
        " --target-url=postgresql://me@two/postgres --allow-remote=one"
    )


@pytest.mark.parametrize("nodeid", ["cases/live/dt-x.sql::x", "../v/assay/suite/test_x.py::x"])
def test_a_case_of_the_installed_suite_is_named_by_its_id(nodeid):
    assert command(judged(nodeid=nodeid), {"cases": ["my cases"]}) == (
        "pytest --pyargs assay.suite -k dt-x --replicator seren --pg 17 '--cases=my cases'"
    )
