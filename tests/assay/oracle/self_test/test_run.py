"""The self-test finds all it plants, and misses as soon as one rule of the oracle is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.oracle import compare, live
from assay.oracle.compare import ALL_RULES
from assay.oracle.large import digests, exact
from assay.oracle.live import Again
from assay.oracle.question import Question
from assay.oracle.rows.merge import Merged
from assay.oracle.second_opinion.schema import Opinion
from assay.oracle.self_test import run
from assay.oracle.self_test.plants import DUMPED, PLANTS, Plant
from assay.oracle.self_test.run import run_self_test
from assay.oracle.words.route import Route
from assay.postgres.session import connect, fetch
from tests.assay.versions import NEW_PAIR, NEWEST, OLD_PAIRS, versions

DIGESTED = {
    Route.CATALOGS, Route.TOGETHER, Route.MERGED, Route.STRETCHES, Route.BUCKETS, Route.KEYLESS,
}  # fmt: skip
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
    assert set(done.went) == DIGESTED
    assert done.seconds <= 3


def known(pair) -> list[Plant]:
    """What both servers know."""
    majors = {server.major for server in pair.server_pair.servers}
    known = [plant for plant in PLANTS if plant.since <= min(majors)]
    return [plant for plant in known if len(majors) == 1 or not plant.alike]


@pytest.mark.servers
@versions(*OLD_PAIRS, NEW_PAIR, NEWEST)
@pytest.mark.parametrize("swapped", [False, True])
def test_everything_that_both_versions_know_is_found_and_pg_dump_agrees(mixed, swapped):
    sides = (mixed.target, mixed.source) if swapped else (mixed.source, mixed.target)
    done = run_self_test(*sides, Question(tools=mixed.server_pair.tools))
    assert (done.missed, done.detected) == ((), done.planted)
    dumped = {plant.name for plant in DUMPED}
    assert set(done.plants) - dumped == {plant.name for plant in known(mixed)}
    assert dumped & set(done.plants)


@pytest.mark.servers
@versions(*OLD_PAIRS, NEW_PAIR)
def test_equal_databases_of_two_versions_raise_no_finding(mixed):
    assert run_self_test(mixed.source, mixed.target, plants=()).missed == ()


@pytest.mark.servers
@versions(NEWEST)
@pytest.mark.parametrize("plant", LATE, ids=lambda plant: plant.name)
def test_removing_a_rule_of_a_later_version_makes_the_self_test_miss(mixed, plant):
    done = run_self_test(mixed.source, mixed.target, Question(without=frozenset({plant.rule})))
    assert plant.name in done.missed


@pytest.mark.servers
def test_all_ways_together_are_all_that_there_are(pair):
    asked = Question(tools=pair.server_pair.tools, exact=True)
    done = run_self_test(pair.source, pair.target, asked, again=Again())
    assert (done.missed, done.detected) == ((), done.planted)
    assert done.planted > len(PLANTS) + len(DUMPED)
    assert {*done.went, *DIGESTED} == set(Route)


@pytest.mark.servers
@pytest.mark.parametrize(
    ("blind", "missed"),
    [
        ("_by_stretches", "row of a large table in order"),
        ("_by_buckets", "row of a large table out of order"),
        ("_by_buckets", "row of a large table with another key"),
        ("_by_buckets", "row of a large table without a key"),
    ],
)
def test_a_digest_that_sees_nothing_is_found_out(pair, monkeypatch, blind, missed):
    def sees_nothing(relation, _parts):
        return Merged(300, 0), 300

    monkeypatch.setattr(digests, blind, sees_nothing)
    done = run_self_test(pair.source, pair.target)
    assert missed in done.missed
    assert not done.passed


@pytest.mark.servers
def test_bytes_that_are_taken_for_the_same_are_found_out(pair, monkeypatch):
    monkeypatch.setattr(exact, "same_bytes", lambda _sides, queries, _size: [1] * len(queries))
    done = run_self_test(pair.source, pair.target, Question(exact=True))
    assert len([name for name in done.missed if name.startswith("row of a large table")]) == 4


@pytest.mark.servers
@pytest.mark.parametrize("opinion", ["second_opinion", "opinion_on_globals"])
def test_a_dump_that_says_nothing_is_found_out(pair, monkeypatch, opinion):
    monkeypatch.setattr(compare, opinion, lambda *_sides, **_words: Opinion())
    asked = Question(tools=pair.server_pair.tools)
    done = run_self_test(pair.source, pair.target, asked)
    silent = Route.DUMP if opinion == "second_opinion" else Route.GLOBALS
    assert set(done.missed) == {plant.name for plant in DUMPED if plant.rule == silent}


@pytest.mark.servers
def test_a_look_that_takes_everything_for_in_flight_is_found_out(pair, monkeypatch):
    monkeypatch.setattr(live.Followed, "settled", lambda _self, _looks: [])
    done = run_self_test(pair.source, pair.target, again=Again())
    assert "changed row, looked at again" in done.missed


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
    done = run_self_test(pair.source, pair.target, Question(without=frozenset({rule})))
    of_rule = {plant.name for plant in PLANTS if plant.rule == rule}
    assert of_rule <= set(done.missed)
    assert not done.passed


@pytest.mark.servers
@pytest.mark.parametrize(
    "plant", [one for one in PLANTS if one not in LATE], ids=lambda plant: plant.name
)
def test_each_plant_is_found_alone_and_pg_dump_contradicts_nothing(pair, plant, monkeypatch):
    asked_with(pair, monkeypatch)
    done = run_self_test(pair.source, pair.target, plants=(plant,))
    assert done.missed == ()


@pytest.mark.servers
def test_equal_databases_raise_no_finding_and_pg_dump_agrees(pair, monkeypatch):
    asked_with(pair, monkeypatch)
    done = run_self_test(pair.source, pair.target, plants=())
    assert done.missed == ()


def asked_with(pair, monkeypatch) -> None:
    """The catalogs and pg_dump are asked together, as by a run."""
    real = run.compare

    def both(source, target, question):
        return real(source, target, replace(question, tools=pair.server_pair.tools))

    monkeypatch.setattr(run, "compare", both)
