"""What a driver's rules make of the answers of `status`, and on whose data its phases stand."""

import pytest

from assay.replicators.base import NOT_ACTIVE, HandOver, Phase, State, StatusRule, said
from assay.replicators.drivers import controls, pgcopydb, reference, seren

SEREN = "2026-01-02T03:04:05Z  WARN seren_replicator::commands::status: "


def test_the_first_rule_that_fits_decides():
    rules = (
        StatusRule(frozenset({State.BROKEN}), frozenset({0}), "error"),
        StatusRule(frozenset({State.STREAMING}), frozenset({0})),
    )
    assert said(rules, 0, "one error") == {State.BROKEN}
    assert said(rules, 0, "fine") == {State.STREAMING}


def test_an_answer_that_no_rule_knows_says_nothing():
    rules = (StatusRule(frozenset({State.STREAMING}), frozenset({0}), "^active$"),)
    assert said(rules, 0, "inactive") == frozenset()
    assert said(rules, 1, "active") == frozenset()
    assert said(rules, None, "active") == frozenset()


def test_a_status_of_seren_that_fails_after_it_has_connected_is_not_unreachable():
    rules = seren.STATUS_STATES
    connecting = f"{SEREN}Connecting to target database...\n"
    assert said(rules, 1, f"{connecting}Error: Failed to query subscription status") == frozenset()
    away = f"{connecting}Error: Failed to connect to target database"
    assert said(rules, 1, away) == {State.UNREACHABLE}


@pytest.mark.parametrize(
    "error",
    ["Failed to query subscription status for database 'connections'",
     "Failed to query replication lag for database 'x'\n\nCaused by:\n    connection closed",
     "Failed to connect to target database of the message"],
)  # fmt: skip
def test_a_word_like_connect_in_a_status_of_seren_does_not_make_it_unreachable(error):
    assert said(seren.STATUS_STATES, 1, f"{SEREN}Status\nError: {error}\n") == frozenset()


def test_a_pattern_is_searched_line_by_line():
    rules = (StatusRule(frozenset({State.STREAMING}), pattern="^active$"),)
    assert said(rules, 0, "first\nactive\nlast") == {State.STREAMING}


@pytest.mark.parametrize(
    ("code", "output", "states"),
    [
        (0, "✓ Database 'app' is CAUGHT UP (0 bytes behind)", {State.STREAMING}),
        (0, "⚠ Database 'app' is LAGGING (99999 bytes behind)", {State.LAGGING}),
        (1, "✗ Database 'app' is NOT ACTIVE (stopped)", {State.STOPPED}),
        (1, "✗ Database 'app' is NOT ACTIVE (failing)", {State.BROKEN}),
        (1, "✗ Database 'app' is NOT ACTIVE (slot lost)", {State.SLOT_LOST}),
        (1, "✗ Database 'app' is NOT ACTIVE (half set up)", {State.HALF_SET_UP}),
        (2, "connection failed: Connection refused", {State.UNREACHABLE}),
    ],
)
def test_the_words_of_the_reference_are_read(code, output, states):
    assert said(reference.STATUS_STATES, code, output) == states


def test_a_database_without_a_slot_is_never_read_as_one_that_streams():
    output = "✗ Database 'app' is NOT ACTIVE (not set up)\n✗ Replication is NOT ACTIVE"
    states = said(reference.STATUS_STATES, 1, output)
    assert State.NOT_SET_UP in states
    assert State.STOPPED not in states


@pytest.mark.parametrize(
    ("code", "output", "states"),
    [
        (0, "✓ All databases are CAUGHT UP (lag < 1s)", {State.STREAMING}),
        (0, "⚠ Some databases are LAGGING or NOT ACTIVE", NOT_ACTIVE | {State.LAGGING}),
        (0, "✗ Replication is NOT ACTIVE", NOT_ACTIVE),
        (1, "Status\nError: Failed to connect to source database\n\nCaused by:\n    refused",
         {State.UNREACHABLE}),
    ],
)  # fmt: skip
def test_the_words_of_the_rust_tool_are_read(code, output, states):
    assert said(seren.STATUS_STATES, code, SEREN + output) == states


@pytest.mark.parametrize("driver", [reference.Reference, seren.Seren, pgcopydb.Pgcopydb])
def test_looking_stands_on_any_copy(driver, tmp_path):
    made = driver() if driver is reference.Reference else driver(tmp_path)
    assert {made.stands_on[phase] for phase in (Phase.VERIFY, Phase.STATUS)} == {HandOver.COPIED}


def test_a_stream_that_begins_with_its_own_copy_stands_on_no_other(tmp_path):
    assert Phase.SYNC not in pgcopydb.Pgcopydb(tmp_path).stands_on
    assert seren.Seren(tmp_path).stands_on[Phase.SYNC] is HandOver.COPIED
    assert controls.Control("noop").stands_on[Phase.SYNC] is HandOver.SLOT
