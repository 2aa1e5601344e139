"""The defects as a list."""

import pytest

from assay.replicators.controls import names
from assay.replicators.controls.cli import main


def test_noop_ends_well_whatever_it_is_asked():
    assert main(["noop", "init", "--nonsense"]) == 0


def test_the_list_has_a_line_for_each_defect(capsys):
    assert main(["lossy", "--list"]) == 0
    assert "row-lost" in capsys.readouterr().out


def test_an_unknown_control_is_a_usage_error(capsys):
    assert main(["lossy:nothing", "init"]) == 2
    assert "There is no control" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "name", "other"),
    [
        (names.without_quotes, 'it\'s "q"', "its q"),
        (names.cut_at_separator, "a.b", "a"),
        (names.cut_at_separator, "whole", "whole"),
        (names.cut_short, "é" * 20, "é" * 15),
        (names.ascii_only, "café", "caf"),
    ],
)
def test_rules_change_only_the_names_that_they_are_about(rule, name, other):
    assert rule(name) == other
