"""Every damage finds its thing in a schema that has them all, and is undone here each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from assay.postgres.server import Role
from assay.postgres.session import connect
from assay.replicators.controls.defects import DEFECTS
from assay.replicators.controls.place import Place, place
from assay.replicators.reference.context import Run
from assay.replicators.reference.options import Options
from assay.replicators.reference.script import statements

if TYPE_CHECKING:
    from assay.postgres.pair import Pair

pytestmark = pytest.mark.servers

ROLES = ("damage_one", "damage_two")
SCHEMA = """
create type pair as (l int, r text);
create type mood as enum ('calm', 'cross', 'mad');
create domain percent as int check (value < 101);
create schema "Mixed";
create table "Mixed"."Table 1" ("Col" int primary key);
create table "order" (id int primary key);
create table "it's" (id int primary key);
create table "café" (id int primary key);
create table twin (id int primary key);
create table "Twin" (id int primary key);
create table a_name_that_is_longer_than_31_bytes_are (id int primary key);
create table t (
    id int generated always as identity primary key, n serial, a text, e text, b bytea, v bytea,
    f float8, z float4, m numeric, i bigint, d date, tz timestamptz, iv interval, j json, k jsonb,
    l int[], r numrange, c pair, h char(5), x mood default 'calm', p percent,
    g int generated always as (1) stored, big text, blob bytea, check (n > 0));
insert into t (a, e, b, v, f, z, m, i, d, tz, iv, j, k, l, r, c, h, big, blob)
    values (null, '', null, '', 1.2345, '-0', 1.10, 9223372036854775807, '0044-03-15 BC', now(),
    '1 mon -1 day', '{"a":1, "a":2}', '[1.0]', '[0:1]={1,2}', '(1,2]', '(1,x)', 'ab',
    repeat('x', 3000), decode(repeat('00ff', 3000), 'hex')), (null, '', null, '', 'nan', 1, 'nan',
    1, 'infinity', 'infinity', '1 day', '{}', '{}', '{}', 'empty', null, '', '', '');
create table bag (w text);
insert into bag values ('a'), ('a'), ('b');
alter table bag replica identity full;
create table child (id int primary key, t_id int references t deferrable initially deferred);
insert into child values (1, 1);
create table u (a int, unique nulls not distinct (a));
create unlogged table ul (id int primary key);
create table parted (id int) partition by list (id);
create table parted_1 partition of parted for values in (1);
create table parted_2 partition of parted for values in (2);
insert into parted values (1), (2);
create table above (id int primary key);
create table below (id int primary key) inherits (above);
insert into below values (5);
alter table child enable row level security;
create policy mine on child using (true);
create table audit (note text);
alter table audit add constraint late check (note <> '') not valid;
create function log() returns trigger language plpgsql
    as 'begin insert into audit values (new.id); return new; end';
create trigger first_one after insert on child for each row execute function log();
create trigger second_one after insert on child for each row execute function log();
alter table child enable always trigger second_one;
insert into audit values ('x');
create materialized view mv as select count(*) from t;
create sequence used;
select nextval('used');
create sequence fresh;
select lo_from_bytea(4711, '\\x0102');
alter large object 4711 owner to damage_one;
alter table audit owner to damage_one;
grant select on t to damage_two;
alter default privileges for role damage_one grant select on tables to damage_two;
"""
ROLE_SCHEMA = """
create role damage_one login password 'one' connection limit 3;
create role damage_two createdb;
grant damage_two to damage_one;
alter role damage_one set work_mem = '3MB';
"""
OTHERS = {  # they open sessions of their own, or need a stream before them
    "database-lost",
    "role-lost",
    "gap-row-lost",
    *(name for name, defect in DEFECTS.items() if "sync" in defect.damages or not defect.damages),
    *(name for name in DEFECTS if name.endswith("-left")),
}


@pytest.fixture(scope="module")
def damages() -> list[str]:
    return [name for name in DEFECTS if name not in OTHERS]


@pytest.fixture
def there(pair: Pair) -> Iterator[Place]:
    """A target that has everything, and a source that has its roles."""
    pair.allow("source", "setting", ".*")
    for side, address in ((Role.SOURCE, pair.source), (Role.TARGET, pair.target)):
        for role in ROLES:
            pair.record(side, "role", role)
        with connect(address) as connection:
            connection.execute(ROLE_SCHEMA.encode())
    with connect(pair.target) as connection:
        for statement in statements(SCHEMA):
            connection.execute(statement.encode())
    options = Options("init", pair.source, pair.target)
    run = Run(options, say=print, warn=print, unscrubbed=print)
    with place(run, pair.target.database) as opened:
        yield opened
    for address in (pair.source, pair.target):
        with connect(address) as connection:
            connection.execute(
                b"alter role damage_one reset all; revoke damage_two from damage_one"
            )


def test_every_damage_finds_its_thing(there: Place, damages: list[str]):
    idle = {}
    for name in damages:
        for damage in set(DEFECTS[name].damages.values()):
            with there.connection.transaction(force_rollback=True):
                if (done := damage(there)) < 1:
                    idle[name] = done
    assert idle == {}


def test_no_damage_is_done_to_the_marker(there: Place):
    there.execute("create table public.assay_marker (id int primary key, note text)")
    there.execute("insert into public.assay_marker values (1, null)")
    assert "assay_marker" not in [table.name for table in there.tables()]
    DEFECTS["empty-for-null"].damages["init"](there)
    assert there.rows("select note is null from public.assay_marker") == [(True,)]
