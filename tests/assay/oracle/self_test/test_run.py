"""The self-test finds all it plants, and misses as soon as one rule of the oracle is gone."""

from __future__ import annotations

import pytest

from assay.oracle.compare import ALL_RULES
from assay.oracle.self_test.plants import PLANTS, Plant
from assay.oracle.self_test.run import run_self_test
from assay.postgres.session import connect, fetch
from tests.assay.versions import NEW_PAIR, NEWEST, OLD_PAIRS, versions

ISSUE = {
    "changed row", "missing row", "extra row", "duplicated row", "empty for NULL",
    "NULL for empty", "zero without its sign", "numeric scale", "last bit of a float",
    "row in the wrong partition", "column type", "column default", "unvalidated constraint",
    "trigger state", "lost grant", "owner", "sequence state", "large-object byte",
    "role attribute", "database setting",
}  # fmt: skip


# A plant of theirs needs later servers than most tests have.
LATE = [plant for plant in PLANTS if plant.since > 17]
LATE_RULES = {plant.rule for plant in LATE}


def test_every_class_that_must_be_planted_is():
    assert {plant.name for plant in PLANTS} >= ISSUE


def test_every_rule_has_a_plant():
    assert {plant.rule for plant in PLANTS} == set(ALL_RULES)


@pytest.mark.servers
def test_everything_planted_is_found_and_nothing_else(pair):
    done = run_self_test(pair.source, pair.target)
    assert (done.missed, done.detected) == ((), done.planted)
    assert done.planted == len(known(pair))
    assert done.seconds <= 3


def known(pair) -> list[Plant]:
    """What both servers know."""
    lower = min(server.major for server in pair.server_pair.servers)
    return [plant for plant in PLANTS if plant.since <= lower]


@pytest.mark.servers
@versions(*OLD_PAIRS, NEW_PAIR, NEWEST)
@pytest.mark.parametrize("swapped", [False, True])
def test_everything_that_both_versions_know_is_found_and_pg_dump_agrees(mixed, swapped):
    sides = (mixed.target, mixed.source) if swapped else (mixed.source, mixed.target)
    done = run_self_test(*sides, tools=mixed.server_pair.tools)
    assert (done.missed, done.detected) == ((), done.planted)
    assert set(done.plants) == {plant.name for plant in known(mixed)}


@pytest.mark.servers
@versions(*OLD_PAIRS, NEW_PAIR)
def test_equal_databases_of_two_versions_raise_no_finding_and_pg_dump_agrees(mixed):
    done = run_self_test(mixed.source, mixed.target, plants=(), tools=mixed.server_pair.tools)
    assert done.missed == ()


@pytest.mark.servers
@versions(NEWEST)
@pytest.mark.parametrize("plant", LATE, ids=lambda plant: plant.name)
def test_removing_a_rule_of_a_later_version_makes_the_self_test_miss(mixed, plant):
    done = run_self_test(mixed.source, mixed.target, without=frozenset({plant.rule}))
    assert plant.name in done.missed


@pytest.mark.servers
def test_cluster_wide_damage_is_undone(pair):
    run_self_test(pair.source, pair.target)
    for address in (pair.source, pair.target):
        with connect(address, read_only=True) as connection:
            roles = fetch(connection, "select rolname from pg_roles where rolname ~ '^assay_'")
            parameters = fetch(connection, "select parname from pg_parameter_acl")
            spaces = fetch(connection, "select from pg_tablespace where spcname ~ '^assay_'")
        assert (roles, parameters, spaces) == ([], [], [])


@pytest.mark.servers
@pytest.mark.parametrize("rule", [one for one in ALL_RULES if one not in LATE_RULES])
def test_removing_a_rule_makes_the_self_test_miss(pair, rule):
    done = run_self_test(pair.source, pair.target, without=frozenset({rule}))
    of_rule = {plant.name for plant in PLANTS if plant.rule == rule}
    assert of_rule <= set(done.missed)
    assert not done.passed


@pytest.mark.servers
@pytest.mark.parametrize(
    "plant", [one for one in PLANTS if one not in LATE], ids=lambda plant: plant.name
)
def test_pg_dump_agrees_about_each_plant(pair, plant):
    tools = pair.server_pair.tools
    done = run_self_test(pair.source, pair.target, plants=(plant,), tools=tools)
    assert done.missed == ()


@pytest.mark.servers
def test_equal_databases_raise_no_finding_and_pg_dump_agrees(pair):
    done = run_self_test(pair.source, pair.target, plants=(), tools=pair.server_pair.tools)
    assert done.missed == ()
