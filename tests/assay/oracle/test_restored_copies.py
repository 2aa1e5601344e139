"""What pg_dump and psql copy is equal, wherever an expression is stored; a change is seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from tests.assay.conftest import World
from tests.assay.oracle.restored import CLEAN, EMPTY, PLACES, SETTING, restore

pytestmark = pytest.mark.servers
SCHEMA = Scope(roles=(), parts="schema")


@dataclass
class Copies:
    """A source, and a target that PostgreSQL's own programs make of it."""

    world: World
    tools: Path
    folder: Path

    def build(self, sql: str) -> None:
        """The source from these statements, the target from its dump."""
        self.world.on_source(CLEAN + sql)
        self.world.on_target(EMPTY)
        restore(self.world.source, self.world.target, tools=self.tools, folder=self.folder)

    def back(self) -> None:
        """The source anew, from the target's dump."""
        self.world.on_source(EMPTY)
        restore(self.world.target, self.world.source, tools=self.tools, folder=self.folder)


@pytest.fixture
def copies(world, pair, tmp_path) -> Copies:
    """The pair, to be built and restored."""
    return Copies(world, pair.server_pair.tools, tmp_path)


def judged(world, pair, *, tools: bool):
    seen = world.compare(SCHEMA, tools=pair.server_pair.tools if tools else None)
    assert seen.equality is not Equality.UNKNOWN, seen.why
    return sorted(f"{f.kind} {f.object} {f.column}" for f in seen.findings)


def built(place, expressions) -> str:
    parts = (place.put(one, number) for number, one in enumerate(expressions))
    return SETTING + place.once + "".join(parts)


@pytest.mark.parametrize("name", PLACES)
def test_a_restored_copy_is_equal_and_one_of_another_meaning_is_not(world, pair, copies, name):
    place = PLACES[name]
    changes, faithful = place.changes(), place.faithful()
    copies.build(built(place, [*(one.before for one in changes), *faithful]))
    assert judged(world, pair, tools=False) == judged(world, pair, tools=True) == []
    world.on_target(CLEAN + built(place, [*(one.after for one in changes), *faithful]))
    expected = place.findings(len(changes))
    assert judged(world, pair, tools=False) == judged(world, pair, tools=True) == expected


def test_nothing_moves_on_a_second_restore(world, pair, copies):
    sql, once = "", {place.once for place in PLACES.values()}
    for number, place in enumerate(PLACES.values()):
        expressions = enumerate(place.faithful(), 100 * number)
        sql += "".join(place.put(one, serial) for serial, one in expressions)
    copies.build(SETTING + "".join(once) + sql)
    assert judged(world, pair, tools=True) == []
    copies.back()
    assert judged(world, pair, tools=True) == []


def test_a_domain_s_default_is_what_it_means_today(world, pair, copies):
    copies.build(
        """create sequence one; create sequence two;
        create function other.g() returns int language sql as 'select 1';
        create function g() returns int language sql as 'select 2';
        create domain d1 as bigint default nextval('one');
        create domain d2 as int default other.g(); alter sequence one rename to first"""
    )
    assert judged(world, pair, tools=False) == judged(world, pair, tools=True) == []
    # The texts of both defaults stay what they were: `g()` and `nextval('one'::regclass)`.
    world.on_both("drop domain d2")
    world.on_source("set search_path = public; create domain d2 as int default g()")
    world.on_target(
        """set search_path = other, public; create domain public.d2 as int default g();
        alter sequence first rename to third; alter sequence two rename to first;
        alter sequence third rename to two"""
    )
    expected = ["type public.d1 default", "type public.d2 default"]
    assert judged(world, pair, tools=False) == judged(world, pair, tools=True) == expected


ORDERED = (
    "create table t (a int, b text) with (fillfactor = 50, autovacuum_enabled = off,"
    " toast.autovacuum_enabled = off, toast.vacuum_truncate = off)",
    "create function f() returns trigger language plpgsql set work_mem = '5MB'"
    " set enable_sort = off as 'begin return new; end'",
    "create trigger g before update of a, b on t for each row execute function f()",
    "create index i on t (a) with (fillfactor = 50, deduplicate_items = off)",
    "alter table t add constraint k unique (b) with (fillfactor = 50, deduplicate_items = off)",
    "alter table t alter a set (n_distinct = 5, n_distinct_inherited = 7)",
    "create text search dictionary d (template = simple, stopwords = 'english', accept = off)",
    "create materialized view m with (fillfactor = 50, autovacuum_enabled = off) as select 1 as z",
    "create view v with (security_barrier = on, check_option = local) as select * from t",
    "create view w as select * from v",
    "create view u as select * from t",
)
OTHERWISE = {
    "fillfactor = 50, autovacuum_enabled = off": "autovacuum_enabled = off, fillfactor = 50",
    "toast.autovacuum_enabled = off, toast.vacuum_truncate = off":
        "toast.vacuum_truncate = off, toast.autovacuum_enabled = off",
    "set work_mem = '5MB' set enable_sort = off": "set enable_sort = off set work_mem = '5MB'",
    "of a, b": "of b, a",
    "fillfactor = 50, deduplicate_items = off": "deduplicate_items = off, fillfactor = 50",
    "n_distinct = 5, n_distinct_inherited = 7": "n_distinct_inherited = 7, n_distinct = 5",
    "stopwords = 'english', accept = off": "accept = off, stopwords = 'english'",
    "security_barrier = on, check_option = local": "check_option = local, security_barrier = on",
}  # fmt: skip


def test_the_order_of_options_means_nothing(world, pair):
    otherwise = ";".join([*ORDERED[:8], ORDERED[10], *ORDERED[8:10]])
    for ours, theirs in OTHERWISE.items():
        assert ours in otherwise
        otherwise = otherwise.replace(ours, theirs)
    world.on_source(";".join(ORDERED))
    world.on_target(otherwise)
    assert judged(world, pair, tools=False) == judged(world, pair, tools=True) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "finding"),
    [
        ("autovacuum_enabled = off,", "autovacuum_enabled = on,", "option autovacuum_enabled"),
        ("enable_sort = off", "enable_sort = on", "function public.f() definition"),
        ("update of a, b", "update of a", "trigger public.t.g definition"),
        ("50, deduplicate_items = off)", "60, deduplicate_items = off)", "k definition"),
        ("accept = off", "accept = on", "text-search public.d options"),
    ],
)
def test_another_value_of_an_option_is_seen(world, pair, ours, theirs, finding):
    world.on_source(";".join(ORDERED))
    world.on_target(";".join(ORDERED).replace(ours, theirs))
    found = judged(world, pair, tools=False)
    assert found == judged(world, pair, tools=True)
    assert any(finding in one for one in found)
