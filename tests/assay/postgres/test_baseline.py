"""What differs between two readings of a server's state."""

from __future__ import annotations

from assay.postgres.baseline import Item, difference

BEFORE = {("role", "a"): "x", ("slot", "s"): "", ("database", "postgres"): "1"}


def test_the_same_state_is_no_difference() -> None:
    assert not difference(BEFORE, dict(BEFORE))


def test_added_removed_and_changed_are_told_apart() -> None:
    now = {("role", "a"): "y", ("database", "postgres"): "1", ("origin", "o"): ""}
    found = difference(BEFORE, now)
    assert found.added == (Item("origin", "o", ""),)
    assert found.removed == (Item("slot", "s", ""),)
    assert found.changed == (Item("role", "a", "y"),)
    assert str(found) == "+origin o, -slot s, ~role a (y)"


def test_added_items_are_found_by_kind() -> None:
    found = difference({}, BEFORE)
    assert [item.name for item in found.of("role", "slot")] == ["a", "s"]
