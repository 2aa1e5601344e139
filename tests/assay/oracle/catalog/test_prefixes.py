"""Views as 14 and 15 print them, in the text that later versions print."""

from __future__ import annotations

import pytest

from assay.oracle.catalog.prefixes import without_prefixes
from tests.assay.versions import OLD_PAIRS, versions

PRINTED = (
    ("SELECT t.a FROM s.t;", "SELECT a FROM s.t;"),
    ("SELECT t.a AS \"t.a\", 't.a' FROM s.t", "SELECT a AS \"t.a\", 't.a' FROM s.t"),
    ('SELECT "T t".a FROM s."T t"', 'SELECT a FROM s."T t"'),
    ("SELECT x.a FROM ONLY s.t x WHERE x.b", "SELECT a FROM ONLY s.t x WHERE b"),
    ("SELECT t.a, u.a FROM (s.t JOIN s.u ON (true))", None),
    ("SELECT t.a FROM s.t, s.u", None),
    ("SELECT t.a FROM s.t UNION SELECT t.a FROM s.t", None),
    (
        "SELECT t.a IS DISTINCT FROM t.b FROM s.t",
        "SELECT a IS DISTINCT FROM b FROM s.t",
    ),
    (
        "SELECT EXTRACT(year FROM t.a) FROM s.t",
        "SELECT EXTRACT(year FROM a) FROM s.t",
    ),
    (
        "SELECT ( SELECT u.a FROM s.u WHERE (u.b = t.b)) AS a FROM s.t",
        "SELECT ( SELECT u.a FROM s.u WHERE (u.b = t.b)) AS a FROM s.t",
    ),
    (
        "SELECT q.a FROM ( SELECT t.a FROM s.t) q ORDER BY q.a",
        "SELECT a FROM ( SELECT t.a FROM s.t) q ORDER BY a",
    ),
    (
        "WITH q AS ( SELECT t.a FROM s.t) SELECT q.a FROM q",
        "WITH q AS ( SELECT t.a FROM s.t) SELECT a FROM q",
    ),
    (
        "SELECT t.f(t.a), t.*::s.t, (t.c).x, 'x'::t.a FROM t.t",
        "SELECT t.f(a), t.*::s.t, (c).x, 'x'::t.a FROM t.t",
    ),
    (
        "SELECT t.a FROM s.t TABLESAMPLE system (10) REPEATABLE (1)",
        "SELECT a FROM s.t TABLESAMPLE system (10) REPEATABLE (1)",
    ),
    ("SELECT g.n FROM generate_series(1, 2) g(n)", "SELECT n FROM generate_series(1, 2) g(n)"),
    ("SELECT g.n FROM f() WITH ORDINALITY g(n, o)", "SELECT n FROM f() WITH ORDINALITY g(n, o)"),
    ("SELECT t.a FROM s.t WITH NO DATA;", "SELECT a FROM s.t WITH NO DATA;"),
    ("SELECT 1 AS one", None),
)


@pytest.mark.parametrize(("old", "new"), PRINTED)
def test_only_the_name_of_an_only_relation_is_left_out(old: str, new: str | None) -> None:
    assert without_prefixes(old) == (old if new is None else new)


VIEWS = """
create schema s; create table s.t (a int, b text collate "C", c point);
create table s."T t" (a int, "B b" int);
create type s.pair as (x int, y int); create table s.p (id int, p s.pair);
create view s.v1 as select a, b from s.t where a > 1 order by b;
create view s.v2 as select "B b" as a, a as "B b" from s."T t";
create view s.v3 as select t.a, u.a as ua from s.t join s."T t" u using (a);
create view s.v4 as select a from s.t union all select a from s."T t" order by 1;
create view s.v5 as select (select max(u.a) from s."T t" u where u.a = t.a) m, exists (
  select from s.p where p.id = t.a) e from s.t;
create view s.v6 as with q as (select a, count(*) n from s.t group by a having count(*) > 1)
  select a, n, sum(n) over (partition by a order by n) from q;
create view s.v7 as select (p).x, p.*::text w, p, id from s.p;
create view s.v8 as select g from generate_series(1, 3) g;
create view s.v9 as select distinct on (a) a, extract(year from now()) y, a is distinct from 3 d,
  case when a = 1 then 't.a' else b end k from s.t as t order by a, b desc nulls last limit 3;
create view s.v10 as select q.a from (select t.a, t.b from s.t where t.a in (
  select a from s."T t")) as q where q.b ~ 'x';
create view s.v11 as select a, b from s.t tablesample system (50) where a = any (array[1, 2])
  and (a, b) = (1, 'x') for update;
create view s.v12 as select x.* from (values (1, 'a')) as x(n, v);
create view s.v13 as select coalesce(nullif(a, 0), 1) c, a::numeric(5, 2), b || 'x' collate "C"
  from s.t where not exists (select 1 from s.p where p.id = s.t.a) group by a, b;
create materialized view s.m as select a, lower(b) b from only s.t where b like 'a%';
create materialized view s.bare as select a from s.t;
create view s.checked as select a from s.t with local check option;
create view s.placed as select n, o from unnest(array[3]) with ordinality u(n, o);
create view s.seen as select * from s.v1;
"""


@pytest.mark.servers
@versions(*OLD_PAIRS)
def test_old_and_new_servers_print_views_alike(both_ways) -> None:
    both_ways.on_both(VIEWS)
    for seen in both_ways.compared(tools=True):
        assert (seen.findings, seen.why) == ((), None)
