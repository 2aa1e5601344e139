"""Report directories of shards put together into one, as of one run."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import permutations

import pytest

from assay import cli
from assay.conformance.case import Expected
from assay.conformance.evidence import Evidence
from assay.errors import UsageError
from assay.report import merged
from assay.run import journal, record
from assay.run.events import CaseJudged
from assay.run.outcome import Outcome
from tests.assay.run.made import SELF_TEST, cause, hold, judged, phase
from tests.assay.run.parts import part

SUITE = (
    '<testsuites><testsuite name="assay" tests="1"><testcase name="{}"/></testsuite></testsuites>'
)


def left(folder, events, *, junit=True):
    """The report directory that a part leaves."""
    written = journal.Journal(folder)
    for number, event in enumerate(events):
        written.append(event, at=f"2026-01-02T03:04:{number:02}.000Z")
        if isinstance(event, CaseJudged):
            seen = Evidence(event.case, event.category, event.title, event.replicator,
                            event.version, event.pg, (Expected(Outcome.FAITHFUL),))  # fmt: skip
            seen.save(folder / event.evidence)
    written.close()
    if junit:
        (folder / "junit.xml").write_text(SUITE.format(events[0].run))
    return folder


@pytest.fixture
def three(tmp_path):
    """Three parts, one of them with a red case by a cause that another has too."""
    red = phase("FAILED_LOUD", cause=cause(), why="cannot copy")
    one = part(1, SELF_TEST, judged("a", red, nodeid="a"), judged("b", nodeid="b"), ended=1)
    other = part(3, SELF_TEST, judged("d", red, nodeid="d"), judged("e", nodeid="e"), ended=1)
    return [left(tmp_path / name, events)
            for name, events in (("1", one), ("2", part(2)), ("3", other))]  # fmt: skip


def merge(target, *folders):
    """Merge them by the command; its exit code."""
    return cli.main(["merge", *map(str, folders), "-o", str(target)])


def files(folder):
    """Everything in it, by name; the page names its own folder."""
    return {
        str(path.relative_to(folder)): path.read_text().replace(str(folder), "DIR")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_written_as_a_run_is_with_causes_over_all_parts(three, tmp_path, capsys):
    target = tmp_path / "all"
    assert merge(target, *three) == 1
    told = json.loads((target / "verdicts.json").read_text())
    hold("verdicts.schema.json", told)
    assert told["line"] == ("FAIL, 5 judged, 0 known gaps, 0 skipped, 2 unexpected, 3 of 3 shards")
    assert [one["index"] for one in told["shards"]] == [1, 2, 3]
    said = capsys.readouterr().out.splitlines()
    assert "  2 cases: init: cannot copy (as the tool says): a, d" in said
    assert said[-1] == told["line"]
    for line in (target / journal.NAME).read_text().splitlines():
        hold("journal.schema.json", json.loads(line))
    names = {path.name for path in (target / "evidence").iterdir()}
    assert names == {f"{name}.json" for name in "abcde"}


def test_merging_in_steps_and_in_any_order_gives_the_same_files(three, tmp_path):
    merge(tmp_path / "all", *three)
    expected = files(tmp_path / "all")
    assert len(expected) == 9
    for number, (one, two, last) in enumerate(permutations(three)):
        step, target = tmp_path / f"step{number}", tmp_path / f"all{number}"
        merge(step, two, one)
        merge(target, last, step)
        assert files(target) == expected


def test_junit_has_a_suite_for_each_part_and_an_error_for_a_lost_one(three, tmp_path):
    target = tmp_path / "all"
    assert merge(target, three[2], three[0]) == 1
    suites = ET.parse(target / "junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == [
        "assay shard 1/3 (run 00000001)", "assay shard 2/3", "assay shard 3/3 (run 00000003)",
    ]  # fmt: skip
    assert [suite.find("testcase").get("name") for suite in suites] == [
        "00000001", "assay shard 2/3", "00000003",
    ]  # fmt: skip
    assert [suite.get("errors") for suite in suites] == [None, "1", None]
    merge(tmp_path / "whole", target, three[1])
    suites = ET.parse(tmp_path / "whole" / "junit.xml").getroot()
    assert [suite.find("testcase/error") for suite in suites] == [None, None, None]


def test_a_lost_part_is_unknown_and_named(tmp_path, capsys):
    parts = [left(tmp_path / "1", part(1)), left(tmp_path / "3", part(3))]
    assert merge(tmp_path / "all", *parts) == 2
    assert "shard 2/3 is lost: 1 item (c) not run" in capsys.readouterr().out
    run = record.load(tmp_path / "all")
    assert run.conclusion.reasons == ("shard 2/3 is lost: 1 item (c) not run",)
    assert "shard 2/3 is lost: 1 item (c) not run" in (tmp_path / "all/index.html").read_text()


def test_the_evidence_of_a_start_that_was_killed_gives_way(tmp_path):
    seen = judged("d", nodeid="d", evidence="evidence/d.json", title="the first start")
    first = left(tmp_path / "f", part(3, SELF_TEST, seen, run="000000f3", ended=None), junit=False)
    ends = [left(tmp_path / name, part(int(name))) for name in "123"]
    assert merge(tmp_path / "early", ends[0], first) == 2
    assert merge(tmp_path / "all", tmp_path / "early", *ends[1:]) == 0
    assert "the first start" not in (tmp_path / "all/evidence/d.json").read_text()
    assert "which did not come to its end" in (tmp_path / "all/index.html").read_text()


def test_a_folder_in_which_nothing_was_begun_is_named(tmp_path, capsys):
    ends = [left(tmp_path / name, part(int(name))) for name in "123"]
    (tmp_path / "dead").mkdir()
    torn = tmp_path / "torn"
    torn.mkdir()
    text = (ends[0] / journal.NAME).read_text()
    (torn / journal.NAME).write_text(text[: text.index("\n") + 20])
    assert merge(tmp_path / "all", *ends, tmp_path / "dead", torn) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"nothing was begun in {tmp_path}/dead", f"nothing was begun in {torn}",
    ]  # fmt: skip


def test_what_is_refused_leaves_nothing(tmp_path, capsys):
    one, other = left(tmp_path / "1", part(1)), left(tmp_path / "2", part(2, commit="c2"))
    assert merge(tmp_path / "all", one, other) == 4
    assert "another commit" in capsys.readouterr().err
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize("name", ["../out.json", "/etc/hosts", "evidence/none.json"])
def test_evidence_from_elsewhere_or_lost_is_refused(tmp_path, name):
    folder = left(tmp_path / "2", part(2))
    (tmp_path / "out.json").write_text("{}")
    text = (folder / journal.NAME).read_text().replace("evidence/c.json", name)
    (folder / journal.NAME).write_text(text)
    found, _ = merged.given([folder])
    with pytest.raises(UsageError, match="evidence of c is not there"):
        merged.merge(found, tmp_path / "all")


@pytest.mark.parametrize(
    ("words", "told"),
    [(["none", "-o", "all"], "There is no run here"), (["dead", "-o", "all"], "nothing to merge"),
     (["1", "-o", "dead/.."], "in use")],
)  # fmt: skip
def test_no_run_or_a_folder_in_use_is_refused(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dead").mkdir()
    left(tmp_path / "1", part(1))
    assert cli.main(["merge", *words]) == 4
    assert told in capsys.readouterr().err


def test_a_merged_run_is_drawn_again_alike(three, tmp_path):
    target = tmp_path / "all"
    merge(target, *three)
    before = files(target)
    assert cli.main(["report", str(target)]) == 0
    assert files(target) == before
