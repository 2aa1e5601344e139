import json

import pytest

from assay.errors import UsageError
from assay.report import journal


def test_events_come_back_in_order(run_folder, judged, skipped):
    events = journal.read(run_folder(judged("a"), skipped("b"), judged("c")))
    names = [event.get("case", event["event"]) for event in events]
    assert names == ["run-started", "a", "b", "c", "run-finished"]


def test_an_event_is_on_disk_before_the_run_ends(tmp_path, started):
    written = journal.Journal(tmp_path)
    written.append(started)
    assert [event["event"] for event in journal.read(tmp_path)] == ["run-started"]
    written.close()


def test_every_line_has_its_moment_and_fits_the_schema(
    run_folder, judged, skipped, self_test, hold
):
    rust = {"event": "rust-test", "name": "t", "target": "it", "result": "failed", "seconds": 1}
    error = {"event": "item-error", "nodeid": "x", "when": "setup", "why": "no server"}
    folder = run_folder(
        self_test(), judged(outcome="SILENT_WRONG"), skipped(), error,
        {**rust, "why": None, "nodeid": "n"},
    )  # fmt: skip
    lines = (folder / journal.NAME).read_text().splitlines()
    assert len(lines) == 7
    for line in lines:
        hold("journal.schema.json", json.loads(line))


def test_the_schema_refuses_an_outcome_that_is_none(judged, hold):
    with pytest.raises(Exception, match="FINE"):
        hold("journal.schema.json", {"at": "now", **judged(outcome="FINE")})


def test_separators_and_broken_text_stay_on_one_line(run_folder, judged):
    title = "a\u2028b\nc\x00d\udc80"
    events = journal.read(run_folder(judged(title=title)))
    assert events[1]["title"] == title


def test_the_torn_last_line_of_a_killed_run_is_left_out(run_folder, judged):
    folder = run_folder(judged("a"), whole=False)
    with (folder / journal.NAME).open("a") as stream:
        stream.write('{"event": "case-jud')
    assert [event["event"] for event in journal.read(folder)] == ["run-started", "case-judged"]


def test_a_damaged_line_in_the_middle_is_named(run_folder, judged):
    folder = run_folder(judged("a"), whole=False)
    with (folder / journal.NAME).open("a") as stream:
        stream.write("{torn\n{}\n")
    with pytest.raises(UsageError, match="line 3"):
        journal.read(folder)


def test_a_second_run_does_not_go_into_the_same_folder(run_folder, tmp_path):
    folder = run_folder()
    with pytest.raises(UsageError, match="already holds a run"):
        journal.Journal(folder)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no run here"):
        journal.read(tmp_path)
