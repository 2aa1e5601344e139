import json

import pytest

from assay.errors import UsageError
from assay.run import journal
from tests.assay.run.made import (
    CHECK,
    ERROR,
    FINISHED,
    RUST,
    SELF_TEST,
    STARTED,
    hold,
    judged,
    phase,
    skipped,
    write,
)

EVERY_KIND = (
    SELF_TEST,
    judged("a", phase(), phase("SILENT_WRONG", "live", assisted=True, harmed_source=True)),
    skipped(),
    RUST,
    CHECK,
    ERROR,
)


def test_events_come_back_in_order_and_whole(tmp_path):
    folder = write(tmp_path / "run", *EVERY_KIND)
    assert journal.read(folder) == [STARTED, *EVERY_KIND, FINISHED]


def test_an_event_is_on_disk_before_the_run_ends(tmp_path):
    written = journal.Journal(tmp_path)
    written.append(STARTED)
    assert journal.read(tmp_path) == [STARTED]
    written.close()


def test_every_line_has_its_moment_and_fits_the_schema(tmp_path):
    folder = write(tmp_path / "run", *EVERY_KIND)
    lines = (folder / journal.NAME).read_text().splitlines()
    assert len(lines) == len(EVERY_KIND) + 2
    for line in lines:
        told = json.loads(line)
        assert told["at"].endswith("Z")
        hold("journal.schema.json", told)


def test_separators_and_broken_text_stay_on_one_line(tmp_path):
    title = "a\u2028b\nc\x00d\udc80"
    folder = write(tmp_path / "run", judged(title=title))
    assert journal.read(folder)[1] == judged(title=title)


def test_the_torn_last_line_of_a_killed_run_is_left_out(tmp_path):
    folder = write(tmp_path / "run", judged(), whole=False)
    with (folder / journal.NAME).open("a") as stream:
        stream.write('{"event": "case-jud')
    assert journal.read(folder) == [STARTED, judged()]


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    folder = write(tmp_path / "run", judged(), whole=False)
    with (folder / journal.NAME).open("a") as stream:
        stream.write("{torn\n{}\n")
    with pytest.raises(UsageError, match="line 3"):
        journal.read(folder)


def test_a_second_run_does_not_go_into_the_same_folder(tmp_path):
    folder = write(tmp_path / "run")
    with pytest.raises(UsageError, match="already holds a run"):
        journal.Journal(folder)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no run here"):
        journal.read(tmp_path)


def test_a_journal_that_begins_in_the_middle_is_refused(tmp_path):
    written = journal.Journal(tmp_path)
    written.append(judged())
    written.close()
    with pytest.raises(UsageError, match="does not begin with run-started"):
        journal.read(tmp_path)
