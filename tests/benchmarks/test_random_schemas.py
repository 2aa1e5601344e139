"""Random schemas: what a seed makes, and that copies of it are judged as they deserve."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from assay.oracle.catalog.queries.fragments import STAMP
from assay.oracle.question import Question
from assay.oracle.words.finding import Finding
from assay.postgres.spec import Spec
from benchmarks import random_schemas
from benchmarks.schemas import copies, known, page
from benchmarks.schemas.grammar import Grammar
from benchmarks.schemas.known import Known
from benchmarks.schemas.outcome import FOUND, MISSED, NOT_CARRIED, NOT_MADE, Mutant, Outcome
from benchmarks.schemas.schema import BASE, LARGE_OBJECTS, Schema, Thing, all_places, make
from benchmarks.schemas.sql import SAME, Slot, Sql
from benchmarks.schemas.trial import RESTORED, Trial, shrink

NOTHING = Known(())
PARENT = "create schema s7; create table s7.parent (a int)"
CHILD = "create table s7.n2 (extra int) inherits (s7.parent)"
ADDED = "alter table s7.parent add column b int"


def schema(*things: str | Sql) -> Schema:
    """One of seed 7 with these things, in this order."""
    texts = (thing if isinstance(thing, Sql) else Sql((thing,)) for thing in things)
    return Schema(7, tuple(Thing("given", text) for text in texts))


def changed(trial: Trial, before: str, text: str, other: str) -> str:
    """How the mutant of a schema ends that has one place to change."""
    slotted = Sql((before, Slot(text, other)))
    return trial.run([schema("create schema s7", slotted)]).mutants[0].end


@pytest.mark.servers
@pytest.mark.parametrize("first", range(0, 40, 10))
def test_random_schemas_equal_their_copies_and_differ_from_their_mutants(pair, first: int):
    major = min(server.major for server in pair.server_pair.servers)
    batch = [make(seed, major=major) for seed in range(first, first + 10)]
    outcome = Trial(pair, known.load()).run(batch)
    assert [str(alarm) for alarm in outcome.alarms] == []
    assert [str(mutant) for mutant in outcome.missed] == []
    assert min(outcome.things) >= 15
    assert outcome.ended(FOUND) >= 8


@pytest.mark.servers
def test_what_a_dump_changes_is_an_alarm_unless_the_list_names_it(pair):
    trial = Trial(pair, NOTHING)
    faithless = schema(PARENT, CHILD, Sql((ADDED.removesuffix("int"), Slot("int", "text"))))
    findings = [finding for alarm in trial.run([faithless]).alarms for finding in alarm.findings]
    assert findings[0] == "table s7.n2 column order: source a, extra, b, target a, b, extra"
    excused = Trial(pair, known.load()).run([faithless])
    assert (excused.alarms, sum(excused.excused.values())) == ([], 3)


@pytest.mark.servers
def test_an_alarm_is_shrunk_to_what_raises_it(pair):
    noise = [f"create view s7.v{number} as select {number} as a" for number in range(5)]
    whole = schema(*noise[:2], PARENT, noise[2], CHILD, *noise[3:], ADDED)
    fewest = shrink(Trial(pair, NOTHING), whole, RESTORED, "table")
    assert [thing.text for thing in fewest.things] == [PARENT, CHILD, ADDED]


@pytest.mark.servers
def test_a_mutant_counts_when_it_is_made_and_the_dump_carries_it(pair):
    trial = Trial(pair, NOTHING)
    assert changed(trial, "create view s7.v as select ", "1 as a", "2 as a") == FOUND
    assert changed(trial, "create view s7.v as select ", "1 as a", "1  as  a") == NOT_CARRIED
    assert changed(trial, "create view s7.v as select ", "1 as a", "nothing") == NOT_MADE


@pytest.mark.servers
def test_a_mutant_that_no_rule_sees_is_missed(pair):
    blind = Trial(pair, NOTHING, Question(without=frozenset({"comments"})))
    blind.question = replace(blind.question, tools=None)  # a dump would tell
    ends = [
        changed(trial, "comment on schema s7 is ", "'one'", "'two'")
        for trial in (blind, Trial(pair, NOTHING))
    ]
    assert ends == [MISSED, FOUND]


def test_other_tokens_are_known_from_18_to_19_alone():
    tokens = Finding("row", "s7.n2", "1", "v", "'intern':2 'organ':3", "'internat':2 'organiz':3")
    words = Finding("row", "s7.n2", "1", "v", "a", "b")
    listed = known.load()
    assert listed.reason(tokens, Spec(18, 19)) is not None
    assert listed.reason(tokens, Spec(17, 18)) is None
    assert listed.reason(words, Spec(18, 19)) is None


def test_an_order_is_known_where_the_childs_own_column_went_behind_alone():
    def reason(*target):
        columns = [f"column_{number}" for number in range(40)]  # more than a finding shows
        source = ", ".join((*columns, "extra", "late", "later"))
        told = ", ".join((*columns, *target))
        finding = Finding("table", "s7.n2", None, "column order", source, told)
        return known.load().reason(finding, Spec(18, 19))

    assert reason("late", "later", "extra") is not None
    assert reason("later", "late", "extra") is None


@pytest.mark.parametrize("kind", ["TABLE", "FOREIGN TABLE"])
@pytest.mark.parametrize("beside", ["", ", n_distinct=5"])
def test_what_differs_in_every_dump_is_not_carried(kind, beside):
    def entries(restricted, options):
        alter = f"ALTER {kind} ONLY s7.t ALTER COLUMN a SET ({options}{beside});\n"
        dump = f"\\restrict {restricted}\n\n--\n-- Name: t; Type: TABLE; Schema: s7\n--\n\n{alter}"
        return list(copies.entries(dump))

    assert entries("a", f"{STAMP}=1") == entries("b", f"{STAMP}=2")
    assert entries("a", "n_distinct_inherited=1") != entries("a", "n_distinct_inherited=2")


def test_a_seed_makes_one_schema_and_another_seed_another():
    assert make(3, major=17) == make(3, major=17)
    assert make(3, major=17).things != make(4, major=17).things


def test_every_place_comes_often_enough():
    counted = Counter(thing.place for seed in range(200) for thing in make(seed, major=18).things)
    assert [place for place in all_places(18) if counted[place] < 10] == []
    assert set(counted) == {BASE, *all_places(18)}
    assert set(all_places(18)) - set(all_places(17)) == {"generated virtual"}


def test_a_finding_belongs_to_the_schema_that_it_names():
    first = Schema(1, ())
    ours = ("view s1.n4 definition", "publication s1_n3", f"large-object {LARGE_OBJECTS + 13}")
    others = ("view s12.n4 definition", "constraint as1.x", f"large-object {LARGE_OBJECTS + 20}")
    assert [first.owns(said) for said in ours] == [True, True, True]
    assert [first.owns(said) for said in others] == [False, False, False]


def expand(template: str, **rules: list[str]) -> Sql:
    return Grammar(rules, random.Random(1), {"s": "s1"}).expand(template)


def test_names_are_fresh_and_can_be_said_again():
    said = expand("${s}.${new} ${new} ${last2} ${last} ${of=a.}${of}x")
    assert str(said) == "s1.n1 n2 n1 n2 a.x"


def test_a_slot_has_two_different_texts():
    said = expand("$[number] $[+ => -] $[a, b <=> b, a]", number=["1", "2"])
    slots = [piece for piece in said.pieces if isinstance(piece, Slot)]
    assert {slots[0].text, slots[0].other} == {"1", "2"}
    assert slots[1:] == [Slot("+", "-"), Slot("a, b", "b, a", SAME)]
    assert said.mutable == [number for number, p in enumerate(said.pieces) if p in slots[:2]]
    assert said.mutated(said.pieces.index(slots[1])) == f"{slots[0].text} - a, b"
    assert said.otherwise() == f"{slots[0].text} + b, a"


def test_a_rule_ends_in_its_leaves():
    said = expand("${deep}", deep=["(${deep})"], **{"deep.leaf": ["x"]})
    assert str(said).strip("()") == "x"


def outcome(places: dict[str, int], *ends: str) -> Outcome:
    mutants = [Mutant(number, "view", "1 => 2", "select 2", end) for number, end in enumerate(ends)]
    return Outcome(things=[30, 41], places=Counter(places), mutants=mutants)


def test_the_page_keeps_the_last_result_of_each_pair(tmp_path):
    store, text = tmp_path / "kept.json", tmp_path / "page.md"
    ends = (FOUND, FOUND, MISSED, NOT_CARRIED)
    for pg, views in (("17:17", 3), ("16:17", 4), ("17:17", 5)):
        latest = page.result(outcome({"view": views}, *ends), pg=pg, seconds=1)
        page.write(latest, store=store, page=text)
    said = text.read_text()
    assert "| place | 16:17 | 17:17 |" in said
    assert "| view | 4 | 5 |" in said
    assert said.count("| 2 | 30 to 41 | 0 | 0 | 2 | 3 | 1 | 0 | 1 |") == 2


def test_a_place_that_comes_once_in_twenty_schemas_is_often_enough():
    seen = Outcome(things=[30] * 40, places=Counter({"view": 2, "rule": 1}))
    assert random_schemas.seldom(seen, ["view", "rule", "check"]) == ["rule", "check"]
