"""What users changed of what they did not make: members of extensions, and what initdb made.

What is an extension's own follows from its version, what is built in from the server's: both are
compared only where these agree, and then whatever differs is somebody's change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from assay.oracle.catalog.item import Item
from assay.oracle.catalog.queries.fragments import FIRST_USER_OID, of_built_ins, of_members
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.kinds import Kind
from assay.postgres.session import literal

Rule = Callable[[Side], list[Item]]
Touched = list[dict[str, Any]]  # a row for each catalog

_RELATIONS = (
    "tables", "columns", "constraints", "indexes", "sequences", "statistics", "views", "matviews",
    "rules", "triggers", "policies", "sequence-state", "property-graphs",
)  # fmt: skip
# Which rules ask about the rows of a catalog.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "pg_class": _RELATIONS,
    "pg_proc": ("functions", "aggregates"),
    "pg_type": ("types", "constraints"),
    "pg_collation": ("collations",),
    "pg_ts_parser": ("text-search",),
    "pg_ts_template": ("text-search",),
    "pg_ts_dict": ("text-search",),
    "pg_ts_config": ("text-search",),
    "pg_language": ("languages",),
    "pg_am": ("access-methods",),
    "pg_operator": ("operators",),
    "pg_opclass": ("operators",),
    "pg_opfamily": ("operators",),
    "pg_cast": ("casts",),
    "pg_transform": ("transforms",),
    "pg_conversion": ("conversions",),
    "pg_foreign_data_wrapper": ("foreign",),
    "pg_foreign_server": ("foreign",),
    "pg_event_trigger": ("event-triggers",),
    "pg_namespace": ("schemas",),
    "pg_ts_config_map": ("text-search",),
    "pg_rewrite": ("views", "rules"),
    "pg_policy": ("policies",),
    "pg_attribute": ("columns",),
}
# What members carry; a rule of its own compares their privileges with what they were at first.
_CARRIED = ("owners", "comments", "security-labels")
MEMBERS, BUILT_INS = INHERITED_RULES = ("members", "built-ins")  # as if they were rules


def member_items(side: Side, rules: Mapping[str, Rule]) -> list[Item]:
    """What belongs to extensions that have one version on both sides, with what hangs on it."""
    if not side.alike:
        return []
    named = ", ".join(literal(name) for name in side.alike)
    catalogs = [
        row["catalog"]
        for row in side.rows(f"""
            select distinct d.classid::regclass::text as catalog from pg_extension e
            join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
            where d.deptype = 'e' and d.objid >= {FIRST_USER_OID} and e.extname in ({named})""")
    ]
    seen = replace(side, lens=lambda query: of_members(query, side.alike))
    wanted = {*_CARRIED, *_about(catalogs)}
    return [_marked(item) for item in _items(seen, rules, wanted)] if catalogs else []


def _marked(item: Item) -> Item:
    """A member says so itself, what hangs on it does not: the same thing may be one no more."""
    if item.of or not item.ref or item.name == "public":
        return item
    return replace(item, properties={**item.properties, "member of": "an extension"})


def touched_built_ins(side: Side) -> Touched:
    """How much initdb made of each catalog's rows, and a digest of what somebody touched of it.

    What the bootstrap wrote and nobody has touched since bears transaction 1, which no other ever
    gets.
    """
    return side.rows(_BUILT_IN)


def built_in_items(
    sides: Both[Side], rules: Mapping[str, Rule], touched: Both[Touched]
) -> Both[list[Item]]:
    """What initdb made, where both servers are of one version and have not the same of it."""
    if sides.source.version != sides.target.version:
        return Both([], [])
    catalogs = [here["catalog"] for here, there in zip(*touched, strict=True)
                if here != there]  # fmt: skip
    if not catalogs:
        return Both([], [])
    only = _unlike_rows(sides.at_once(lambda side: side.rows(_rows_of(catalogs))))

    def read(side: Side) -> list[Item]:
        seen = replace(side, lens=lambda query: of_built_ins(query, side.alike, only))
        wanted = {*_about(catalogs), *(_BESIDE.get(catalog, "owners") for catalog in catalogs)}
        found = _items(seen, rules, wanted - {"sequence-state"})
        return [item for item in found if not _of_the_build(item)]

    return _unlike(sides.at_once(read))


def _unlike_rows(found: Both[list[dict[str, Any]]]) -> dict[str, set[int]] | None:
    """OIDs, by catalog, of what the two sides' rows are about that are not the same.

    None where one is about something of which no query asks by its OID: then all has to be read.
    """
    source, target = (
        Counter((row["about"], *one) for row in rows
                for one in zip(row["oids"], row["digests"], strict=True))
        for rows in found
    )  # fmt: skip
    only = defaultdict(set)
    for about, oid, _digest in (*(source - target), *(target - source)):
        only[about].add(oid)
    return only if only.keys() <= _ASKED_BY_OID else None


def _unlike(found: Both[list[Item]]) -> Both[list[Item]]:
    """Both without what both have, of which there are thousands; kept is what others hang on.

    Of rows of one text both sides have one item.
    """
    source, target = ({id(item) for item in items} for items in found)
    common = source & target
    kept = [item for items in found for item in items if id(item) not in common]
    holders = {item.of for item in kept if item.of}
    return found.map(
        lambda items: [one for one in items if id(one) not in common or one.ref in holders]
    )


def _of_the_build(item: Item) -> bool:
    """Collations that initdb found: which there are follows from libraries and systems."""
    return item.kind == Kind.COLLATION or (item.of or item.ref).startswith("collation ")


# Of the catalogs whose rows have no owner: what else tells of their rows.
_BESIDE = {
    "pg_description": "comments",
    "pg_seclabel": "security-labels",
    "pg_ts_config_map": "text-search",
    "pg_rewrite": "views",
}
_ROWS = (
    "pg_proc", "pg_operator", "pg_opclass", "pg_opfamily", "pg_cast", "pg_conversion",
    "pg_language", "pg_am", "pg_namespace", "pg_ts_parser", "pg_ts_template", "pg_ts_dict",
    "pg_ts_config",
)  # fmt: skip
# The queries ask about these by their OIDs; of extensions they ask whoever made them.
_ASKED_BY_OID = {*_ROWS, "pg_type", "pg_class", "pg_extension"}
_DIGEST = "case when x.xmin <> '1'::xid then hashtextextended(x::text, 0) end"
# What a comment or label is on; what hangs on a relation is not asked about by its own OID.
_ON = """case when x.classoid <> 'pg_class'::regclass or exists (select from pg_class c
    where c.oid = x.objoid and c.relkind in ('r', 'v', 'm')) then x.classoid::regclass::text end"""


def _made(catalog: str, oid: str, *, about: str = "", where: str = "true") -> str:
    return f"""select {about or literal(catalog)} as about, {oid} as oid, {_DIGEST} as digest
      from {catalog} x where {where} and {oid} < {FIRST_USER_OID}"""


# What initdb made, by catalog: of what each row is, and a digest where somebody touched it.
_MADE = {
    **{catalog: _made(catalog, "x.oid") for catalog in _ROWS},
    "pg_type": _made("pg_type", "x.oid", where="x.typrelid = 0 and x.typelem = 0"),
    "pg_ts_config_map": _made("pg_ts_config_map", "x.mapcfg", about="'pg_ts_config'"),
    "pg_description": _made(
        "pg_description", "x.objoid", about=_ON, where="x.classoid <> 'pg_collation'::regclass"
    ),
    "pg_seclabel": _made("pg_seclabel", "x.objoid", about=_ON),
    "pg_class": f"""
      select 'pg_class' as about, c.oid, hashtextextended(concat_ws(' ', c.relname,
          c.relkind, c.relowner, c.reloptions, c.relnatts, c.relchecks, c.relhasrules,
          c.relhastriggers, c.relhasindex, c.relrowsecurity, c.relreplident), 0) as digest
      from pg_class c where c.oid < {FIRST_USER_OID}""",
    "pg_policy": f"""
      select 'pg_class' as about, p.polrelid as oid, 0 as digest
      from pg_policy p where p.polrelid < {FIRST_USER_OID}""",
    # Tables of information_schema are the only ones that somebody may alter.
    "pg_attribute": f"""
      select 'pg_class' as about, c.oid, hashtextextended(concat_ws(' ', a.attname,
          a.attnotnull, a.attstattarget, a.attstorage, a.attoptions, (select
          pg_get_expr(d.adbin, 0) from pg_attrdef d where d.adrelid = a.attrelid
            and d.adnum = a.attnum)), 0) as digest
      from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
      where a.attnum > 0 and c.oid < {FIRST_USER_OID}
        and c.relnamespace = to_regnamespace('information_schema')""",
    # A view's rule and its row type are written by one transaction, unless the view was replaced.
    "pg_rewrite": f"""
      select 'pg_class' as about, r.ev_class as oid,
        case when r.xmin <> y.xmin then 1 end as digest
      from pg_rewrite r join pg_class c on c.oid = r.ev_class
      join pg_type y on y.oid = c.reltype
      where r.ev_class < {FIRST_USER_OID}""",
}
_BUILT_IN = " union all ".join(
    f"select '{catalog}' as catalog, count(*) as there, sum(digest) as touched from ({rows}) x"
    for catalog, rows in _MADE.items()
)


def _rows_of(catalogs: Iterable[str]) -> str:
    rows = " union all ".join(f"({_MADE[catalog]})" for catalog in catalogs)
    return f"""select coalesce(about, 'other') as about, array_agg(oid::int8) as oids,
      array_agg(digest) as digests from ({rows}) x group by about"""


def _about(catalogs: Iterable[str]) -> Iterator[str]:
    return (name for catalog in catalogs for name in ABOUT.get(catalog, ()))


def _items(side: Side, rules: Mapping[str, Rule], wanted: Set[str]) -> list[Item]:
    return [item for name, rule in rules.items() if name in wanted for item in rule(side)]
