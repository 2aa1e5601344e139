"""Property graphs: which tables their elements are, under which labels, with which properties."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import dotted, relations

FIRST = 19  # the version that has them


def property_graphs(server: int) -> str:
    """Property graphs; each element and each property is a property of its graph's item.

    A property that no label has any more stays in the catalog, and no definition says it.
    """
    if server < FIRST:
        return ""
    element = f"""json_build_object(
              'table', (select format('%I.%I', en.nspname, ec.relname) from pg_class ec
                join pg_namespace en on en.oid = ec.relnamespace where ec.oid = e.pgerelid),
              'key', {_columns("e.pgekey", "e.pgerelid")},
              'labels', (select json_object_agg(l.pgllabel, {_PROPERTIES})
                from pg_propgraph_element_label el
                join pg_propgraph_label l on l.oid = el.pgellabelid where el.pgelelid = e.oid),
              'source', {_end("src")}, 'destination', {_end("dest")})::jsonb"""
    return f"""
        with t as ({relations("g")})
        select 'property-graph' as kind, 'relation' as class, t.name, t.name as relation,
          json_build_object('definition', 'property graph', 'persistence', t.relpersistence,
            'vertex{{}}', {_elements("v", element)}, 'edge{{}}', {_elements("e", element)},
            'property{{}}', (select json_agg(p.pgpname || '=' || format_type(p.pgptypid,
                p.pgptypmod) || coalesce(' collate '
                || {dotted("pg_collation", "coll", "p.pgpcollation")}, ''))
              from pg_propgraph_property p where p.pgppgid = t.oid and exists (
                select from pg_propgraph_label_property x where x.plppropid = p.oid))) as props
        from t"""


_PROPERTIES = """(select json_object_agg(p.pgpname, pg_get_expr(x.plpexpr, e.pgerelid))
                from pg_propgraph_label_property x
                join pg_propgraph_property p on p.oid = x.plppropid
                where x.plpellabelid = el.oid)"""


def _elements(kind: str, element: str) -> str:
    return f"""(select json_agg(e.pgealias || '=' || ({element})::text)
              from pg_propgraph_element e where e.pgepgid = t.oid and e.pgekind = '{kind}')"""


def _columns(numbers: str, relation: str) -> str:
    """The names of columns, in the order of their numbers in an array."""
    return f"""(select json_agg(a.attname order by k.place)
                from unnest({numbers}) with ordinality as k(number, place)
                join pg_attribute a on a.attrelid = {relation} and a.attnum = k.number)"""


def _end(side: str) -> str:
    """One end of an edge; NULL for a vertex."""
    return f"""(select json_build_object('vertex', v.pgealias,
                'key', {_columns(f"e.pge{side}key", "e.pgerelid")},
                'references', {_columns(f"e.pge{side}ref", "v.pgerelid")},
                'operators', (select json_agg(o.operator::regoperator::text order by o.place)
                  from unnest(e.pge{side}eqop) with ordinality as o(operator, place)))
                from pg_propgraph_element v where v.oid = e.pge{side}vertexid)"""
