"""The night's matrix: every leg once, in as many shards as its work needs."""

from __future__ import annotations

import json

import pytest

from assay.errors import UsageError
from assay.suites import CASES
from benchmarks import nightly_plan
from benchmarks.nightly_plan import main, measured, plan, shards
from tests.assay.run.made import judged, write


def printed(capsys, *words):
    assert main(list(words)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_the_plan_is_a_matrix_with_every_shard_of_every_run(capsys):
    told = printed(capsys, "--provider", "wheel", "--provider", "docker")
    assert list(told) == ["include"]
    keys = {"pg", "replicator", "provider", "shard", "of"}
    assert all(set(leg) == keys for leg in told["include"])
    versions = "16:16,16:17,16:18,17:17,17:18,18:18"
    for provider in ("wheel", "docker"):
        own = [leg for leg in told["include"] if leg["provider"] == provider]
        assert {(leg["pg"], leg["replicator"]) for leg in own} == {(versions, "reference")}
        assert [leg["shard"] for leg in own] == list(range(1, own[0]["of"] + 1))


def test_what_nobody_asks_for_is_one_run_and_so_one_page(capsys):
    legs = printed(capsys)["include"]
    assert len({(leg["pg"], leg["replicator"], leg["provider"], leg["of"]) for leg in legs}) == 1


def test_longer_shards_are_fewer(capsys):
    few, many = (printed(capsys, "--budget", seconds)["include"] for seconds in ("9000", "20"))
    assert {leg["of"] for leg in few} == {1}
    assert len(many) > 3 * len(few)


def test_earlier_runs_say_what_a_case_takes(tmp_path, capsys):
    long = [judged(path.stem, seconds=10.0) for path in CASES.rglob("*.sql")]
    run = write(tmp_path / "run", *long)
    before = printed(capsys)["include"][0]["of"]
    after = printed(capsys, "--from", str(run))["include"][0]["of"]
    assert after > 3 * before
    assert measured([run])[long[0].case] == 10.0


@pytest.mark.parametrize(
    ("seconds", "cases", "of"),
    [({"a": 30.0, "b": 30.0}, "ab", 1), ({"a": 30.0, "b": 31.0}, "ab", 2),
     ({"a": 9.0}, "abcdefg", 2), ({"a": 900.0}, "a", 1), ({"a": 1.0}, "", 1)],
)  # fmt: skip
def test_a_shard_has_at_most_its_budget_and_at_least_a_case(seconds, cases, of):
    assert shards(seconds, list(cases), 60.0) == of


def test_more_jobs_than_a_matrix_holds_are_refused():
    with pytest.raises(UsageError, match="jobs, and a matrix holds 256"):
        plan(["reference"], ["wheel", "docker"], 1.0, measured([]))


def test_nothing_measured_is_refused():
    with pytest.raises(UsageError, match="ever measured"):
        shards({}, ["a"], 60.0)


def test_measuring_writes_the_median_of_runs(tmp_path, monkeypatch):
    runs = [write(tmp_path / str(n), judged("a", seconds=float(n)), judged("b", seconds=2.0))
            for n in (1, 2, 9)]  # fmt: skip
    monkeypatch.setattr(nightly_plan, "CONFORMANCE", tmp_path)
    assert main(["--measure", *map(str, runs)]) == 0
    assert json.loads((tmp_path / "durations.json").read_text()) == {"a": 2.0, "b": 2.0}


def test_the_suite_carries_durations_of_its_cases():
    known = measured([])
    lacking = {path.stem for path in CASES.rglob("*.sql")} - known.keys()
    assert len(lacking) < len(known) / 10, lacking
