"""Passwords under different salts cannot be told."""

from __future__ import annotations

import pytest

from assay.names import RunId
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope

pytestmark = pytest.mark.servers
SAME = "SCRAM-SHA-256$4096:{0}$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:{1}"
KEYS = [f"{'A' * 42}{letter}=" for letter in "AE"]


@pytest.fixture
def role(world, pair):
    """A role by one name on both servers, gone afterwards."""
    name = RunId.new().name("verified")
    for side in ("source", "target"):
        pair.record(side, "role", name)
    world.on_both(f"create role {name} login; create table t (id int)")
    return name


def set_passwords(world, role: str, source: str, target: str) -> None:
    world.on_source(f"alter role {role} password '{source}'")
    world.on_target(f"alter role {role} password '{target}'")


def test_another_salt_is_said_and_skipped_where_that_is_asked(world, pair, role):
    set_passwords(world, role, SAME.format("c2FsdA==", KEYS[0]), SAME.format("c2FsdGU=", KEYS[0]))
    comparison = world.compare(Scope(roles=(role,)))
    (finding,) = comparison.findings
    assert (finding.kind, finding.object, finding.column) == ("role", role, "password")
    assert "whether the passwords are equal cannot be told" in finding.target
    assert "c2FsdA" not in str(finding)
    tools = pair.server_pair.tools
    skipped = world.compare(Scope(), passwords=False, tools=tools)
    assert (skipped.equality, skipped.why) == (Equality.EQUAL, None)


def test_another_verifier_with_the_same_salt_is_a_difference(world, role):
    set_passwords(world, role, *(SAME.format("c2FsdA==", key) for key in KEYS))
    (finding,) = world.compare(Scope(roles=(role,))).findings
    assert "cannot be told" not in finding.target
