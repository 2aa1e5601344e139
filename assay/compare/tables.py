"""What a repair has to know of the target's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.oracle.session.side import as_str
from assay.postgres.session import Connection, fetch

_QUERY = """
select c.oid::bigint, c.relkind = 'm',
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
    and not a.attisdropped and a.attgenerated <> ''),
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
    and not a.attisdropped and (a.attidentity = 'a'
      or exists (select from pg_index x where x.indrelid = c.oid and a.attnum = any(x.indkey)
        and (x.indisunique or x.indisexclusion))
      or exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
        and a.attnum = any(k.conkey)))),
  array(select k.confrelid::bigint from pg_constraint k
    where k.conrelid = c.oid and k.contype = 'f'),
  exists (select from pg_constraint k where k.confrelid = c.oid and k.contype = 'f')
from pg_class c where c.oid = any(%s::oid[])"""


@dataclass(frozen=True, slots=True)
class Table:
    """`generated` columns are never written; an update of `bound` ones may meet a constraint.

    `references` are the tables to which its foreign keys lead; `referenced` says whether there
    are some that lead here.
    """

    oid: int
    matview: bool
    generated: frozenset[str]
    bound: frozenset[str]
    references: tuple[int, ...]
    referenced: bool


def tables_of(connection: Connection, oids: Sequence[int]) -> dict[int, Table]:
    """These tables of a database, by oid."""
    return {
        oid: Table(
            oid,
            matview,
            frozenset(map(as_str, generated)),
            frozenset(map(as_str, bound)),
            tuple(references),
            referenced,
        )
        for oid, matview, generated, bound, references, referenced in fetch(
            connection, _QUERY, list(oids)
        )
    }
