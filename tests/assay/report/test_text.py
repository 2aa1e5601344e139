import pytest

from assay.oracle.words.finding import Finding
from assay.report.text import Side, block, brief, clip, sides, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain é 漢", "plain é 漢"), ("a\nb\tc", "a\\nb\\tc"), ("\x1b[31m", "\\x1b[31m"),
     ("\x00", "\\x00"), ("a\u200bb", "a\\u200bb"), ("\udc80", "\\udc80"),
     ("\u202egnp.exe", "\\u202egnp.exe")],
)  # fmt: skip
def test_what_cannot_be_seen_is_escaped(text, shown):
    assert visible(text) == shown


def test_lines_of_a_program_stay_lines():
    assert block("a\r\n\tb\x07\n", 100) == "a\n\tb\\x07"


def test_terminal_colours_are_taken_out():
    assert block("\x1b[1;32mok\x1b[0m", 100) == "ok"


def test_a_long_output_keeps_both_ends_and_says_what_is_gone():
    shown = block("A" * 500 + "Z" * 500, 300)
    assert shown.startswith("A" * 100 + "\n[")
    assert shown.endswith("]\n" + "Z" * 200)
    assert "700 characters left out" in shown


def test_a_clipped_line_says_so():
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


def cut(source, target):
    return sides(source, target, context=3, limit=10)


def test_only_the_differing_part_is_marked():
    assert cut("1.500", "1.5") == (Side("1.5", "00", ""), Side("1.5", "", ""))
    assert cut("a-b-c", "a+b-c") == (Side("a", "-", "b-c"), Side("a", "+", "b-c"))


def test_repeated_characters_are_not_counted_on_both_ends():
    assert cut("aaa", "aa") == (Side("aa", "a", ""), Side("aa", "", ""))


def test_common_text_is_shortened_around_the_difference():
    assert cut("xxxxxxxxAyyyyyyyy", "xxxxxxxxByyyyyyyy")[0] == Side("…xxx", "A", "yyy…")


def test_a_long_difference_tells_its_length():
    assert cut("z" * 50, "")[0].changed == "zzzzzzzzzz… (50 characters)"


def test_absent_empty_and_null_are_three_things():
    assert cut(None, "") == (Side(absent=True), Side(empty=True))
    assert cut("NULL", "") == (Side(changed="NULL"), Side(empty=True))


def test_a_finding_in_brief_shows_where_long_values_differ():
    finding = Finding("row", "public.t", "id=1", "v", "x" * 500 + "A", "x" * 500 + "B\n")
    assert brief(finding) == (
        "row public.t [id=1] v: source '…xxxxxxxxxxxxA', target '…xxxxxxxxxxxxB\\n'"
    )


def test_a_finding_of_one_side_says_which_and_what_was_before():
    finding = Finding("table", "public.half", None, None, None, "table", side="target")
    assert brief(finding) == "table public.half on the target: before (absent), now 'table'"
