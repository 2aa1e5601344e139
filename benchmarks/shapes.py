"""Tables to be compared: each heavy in one kind of value, or with another kind of key."""

from __future__ import annotations

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns, SQL for the values of row `n`, the columns of its primary key."""

    name: str
    columns: str
    values: str
    key: str = "id"

    def statements(self, table: str, rows: int) -> list[str]:
        """SQL that makes it with so many rows and ends with statistics."""
        made = [
            f"create table {table} ({self.columns})",
            f"insert into {table} select {self.values} from generate_series(1, {rows}) n",
        ]
        if self.key:
            made.append(f"alter table {table} add primary key ({self.key})")
        return [*made, f"vacuum (analyze, freeze) {table}"]


NARROW = Shape(
    "narrow",
    "id int, branch int, balance int, filler char(84)",
    "n, n % 50, (n * 7919::bigint) % 100000, ''",
)
_HEX = "md5(n::text || {0})"
SHAPES = (
    Shape(
        "numeric",
        "id bigint, a numeric, b numeric(12, 2), c numeric, d numeric(30, 10), e numeric(8)",
        "n, n / 3.0, n % 999983 / 7.0, -n * 1000003.5, n * 1e9 + n / 11.0, n % 99999999",
    ),
    Shape(
        "jsonb",
        "id bigint, a jsonb, b jsonb",
        "n, jsonb_build_object('n', n, 'tag', n % 9, 'name', 'name ' || n % 5000),"
        " jsonb_build_object('list', jsonb_build_array(n % 7, n % 11, 'x' || n % 13),"
        " 'inner', jsonb_build_object('a', n % 100, 'b', null, 'c', true))",
    ),
    Shape(
        "arrays",
        "id bigint, a int[], b bigint[], c text[], d numeric[], e timestamptz[], f uuid[]",
        "n, array[n, n + 1, n % 10], array[n * 1000003::bigint, -n],"
        " array['tag ' || n % 100, 'x' || n], array[n / 7.0, n % 5],"
        " array[timestamptz '2020-01-01 UTC' + n * interval '1 second'], array[md5(n::text)::uuid]",
    ),
    Shape(
        "timestamps",
        "id bigint, a timestamptz, b timestamp, c timestamptz, d date, e time, f interval,"
        " g timestamp",
        "n, timestamptz '2020-01-01 UTC' + n * interval '1.000001 second',"
        " timestamp '2021-01-01' + n * interval '1 minute',"
        " timestamptz '1999-01-01 UTC' - n * interval '1 second',"
        " date '2020-01-01' + n % 2000, time '00:00' + n % 86400 * interval '1 second',"
        " n % 100 * interval '1 hour', timestamp '2020-01-01' + n % 1000 * interval '1 day'",
    ),
    Shape(
        "short text",
        "id bigint, a text, b text, c varchar(40), d text, e char(10), f text, g text",
        "n, 'name ' || n % 5000, md5(n::text), 'c' || n, 'city ' || n % 300, 'k' || n % 77,"
        " case n % 3 when 0 then 'yes' when 1 then 'no' else 'perhaps' end, n || '@example.org'",
    ),
    Shape(
        "TOASTed text",
        "id bigint, a text",
        "n, concat(" + ", ".join(_HEX.format(f"'{part}'") for part in range(68)) + ")",
    ),
    Shape(
        "bytea",
        "id bigint, a bytea, b bytea",
        "n, decode(md5(n::text), 'hex'), decode(concat("
        + ", ".join(_HEX.format(f"'{part}'") for part in range(8))
        + "), 'hex')",
    ),
    Shape("composite key", "a int, b int, c text, v text, w int",
          "n % 1000, n, 'part ' || n % 50, 'value ' || n, n % 77", key="a, b, c"),
    Shape("random keys", "id uuid, v text, w int, x timestamptz",
          "md5(n::text)::uuid, 'value ' || n, n % 77,"
          " timestamptz '2020-01-01 UTC' + n * interval '1 second'"),
    Shape("text key", "id text, v text, w int", "'key ' || md5(n::text), 'value ' || n, n % 77"),
    Shape("no key", "a int, v text, w bigint, x numeric", "n, 'value ' || n, n * 7, n / 4.0",
          key=""),
    Shape(
        "everything",
        "id bigint, a int, b smallint, c bigint, d numeric(12, 2), e numeric, f float8, g real,"
        " h bool, i text, j varchar(40), k char(10), l date, m timestamp, n timestamptz,"
        " o interval, p uuid, q jsonb, r bytea, s inet, t int[], u text",
        "n, n % 1000, n % 100, n * 1000003::bigint, n / 7.0, n / 3.0, n / 11.0,"
        " n / 13.0, n % 3 = 0, md5(n::text), 'name ' || n % 5000, 'c' || n % 77,"
        " date '2020-01-01' + n % 2000, timestamp '2020-01-01' + n * interval '1 second',"
        " timestamptz '2020-01-01 UTC' + n * interval '1 second',"
        " n % 100 * interval '1 hour', md5(n::text)::uuid,"
        " jsonb_build_object('n', n, 'tag', n % 9), decode(md5(n::text), 'hex'),"
        " '10.0.0.0'::inet + n % 60000, array[n, n + 1], null",
    ),
)  # fmt: skip
