import pytest

from assay.report.records import from_events
from assay.report.rerun import command


@pytest.mark.parametrize(
    ("given", "shown"),
    [(["seren:/opt/my bin/seren"], "'seren:/opt/my bin/seren'"), (["noop", "seren"], "seren"),
     (["noop", "seren:/x"], "seren:/x"), (["tools/seren-2.toml"], "tools/seren-2.toml"),
     (None, "seren")],
)  # fmt: skip
def test_the_replicator_is_named_as_it_was_given(started, judged, given, shown):
    (case,) = from_events([started, judged()]).judged
    assert command(case, {"replicator": given}) == (
        f"pytest integration/cases/data-types/dt-x.sql --replicator {shown} --pg 17"
    )


def test_a_python_case_is_named_by_its_item(started, judged):
    event = judged(nodeid="integration/test_restart.py::test_x[seren-16:17]", pg="16:17")
    (case,) = from_events([started, event]).judged
    assert command(case, {}) == (
        "pytest 'integration/test_restart.py::test_x[seren-16:17]' --replicator seren --pg 16:17"
    )


def test_folders_of_programs_are_named_again(started, judged):
    (case,) = from_events([started, judged(pg="18:19")]).judged
    assert command(case, {"pg_bin": ["19=/a b"]}).endswith("--pg 18:19 '--pg-bin=19=/a b'")


def test_servers_given_by_url_are_named_again_without_their_passwords(started, judged):
    (case,) = from_events([started, judged()]).judged
    options = {
        "source_url": "postgresql://me:***@one:5432/postgres",
        "target_url": "postgresql://me@two/postgres",
        "allow_remote": ["one"],
    }
    assert command(case, options).endswith(
        "--replicator seren --source-url=postgresql://me@one:5432/postgres"
        " --target-url=postgresql://me@two/postgres --allow-remote=one"
    )


@pytest.mark.parametrize("nodeid", ["cases/live/dt-x.sql::x", "../v/assay/suite/test_x.py::x"])
def test_a_case_of_the_installed_suite_is_named_by_its_id(started, judged, nodeid):
    (case,) = from_events([started, judged(nodeid=nodeid)]).judged
    assert command(case, {"cases": ["my cases"]}) == (
        "pytest --pyargs assay.suite -k dt-x --replicator seren --pg 17 '--cases=my cases'"
    )
