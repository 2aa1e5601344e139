"""Each test gets its own part of a server's log."""

from __future__ import annotations

from pathlib import Path

from assay.postgres.logs import PART_LIMIT, FetchedLog, FileLog, NoLog, part, tail


def test_a_part_begins_at_its_mark(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "log")
    assert (log.size(), part(log, since=0)) == (0, "")
    log.path.write_text("before\n")
    mark = log.size()
    log.path.write_text("before\nafter\n")
    assert part(log, since=mark) == "after\n"
    assert tail(log, lines=1) == "after\n"


def test_a_log_that_comes_as_a_whole_has_parts_too() -> None:
    texts = [b"before\n", b"before\nafter\xff\n"]
    assert part(FetchedLog(lambda: texts[1]), since=FetchedLog(lambda: texts[0]).size()) == (
        "after�\n"
    )


def test_a_long_part_keeps_its_end(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "log")
    log.path.write_bytes(b"x" * PART_LIMIT + b"the end")
    assert part(log, since=0).endswith("xthe end")
    assert len(part(log, since=0)) == PART_LIMIT


def test_a_log_out_of_reach_says_so() -> None:
    assert "given by URL" in tail(NoLog("the server was given by URL"), lines=5)
