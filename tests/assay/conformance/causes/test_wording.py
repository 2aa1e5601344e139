"""What a message keeps of a defect, and what goes."""

from __future__ import annotations

from assay.conformance.causes.authored import Authored
from assay.conformance.causes.wording import Situation, normalised


def test_a_name_of_the_case_goes_without_quotes_too():
    known = Situation(Authored.by("create table planted_9134 (id int primary key, note text);"))
    for text in (
        "table planted_9134 has no key", "no key in public.planted_9134", "planted_9134: no key",
        "column note of planted_9134 is odd",
    ):  # fmt: skip
        assert "planted" not in normalised(text, known)
    assert normalised("note: nothing is done", known) == "note: nothing is done"


def test_a_secret_goes_and_does_not_keep_two_messages_apart():
    one, other = (normalised(f"refused: host=a password={word}") for word in ("pw-1", "pw-2"))
    assert one == other
    assert "pw-1" not in one
