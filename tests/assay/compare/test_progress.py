"""Progress: sparse where nobody watches, and never a reason to fail."""

from __future__ import annotations

import sys

from assay.compare import progress
from assay.compare.progress import shown_progress, sparse


def test_a_pipe_gets_the_first_line_and_then_one_every_few_seconds(monkeypatch, capsys):
    times = iter([100.0, 101.0, 102.9, 103.1, 103.2])
    monkeypatch.setattr(progress.clock, "monotonic", lambda: next(times))
    say = sparse()
    for word in "abcde":
        say(f"{word}\n")
    assert capsys.readouterr().err == "a\\n\nd\\n\n"


def test_quiet_says_nothing(capsys):
    with shown_progress(quiet=True) as say:
        say("x")
    assert capsys.readouterr().err == ""


def test_a_terminal_that_is_full_is_no_reason_to_fail(monkeypatch):
    class Full:
        def isatty(self):
            return False

        def write(self, _text):
            raise OSError("full")

    monkeypatch.setattr(sys, "stderr", Full())
    with shown_progress(quiet=False) as say:
        say("x")
