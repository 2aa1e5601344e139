"""Types, collations and text search."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import (
    HIDDEN_SCHEMA,
    dotted,
    named,
    perhaps,
    user_made,
)

# Row types of relations, array types and automatic multiranges come with what they belong to.
OWN_TYPE = """(y.typtype in ('e', 'd', 'r') or y.typtype = 'p' or (y.typtype = 'c' and exists (
    select from pg_class yc where yc.oid = y.typrelid and yc.relkind = 'c'))
    or (y.typtype = 'b' and not exists (
      select from pg_type el where el.typarray = y.oid)))"""


def types(_common: int) -> str:
    """Enumerations, composites, domains, ranges and base types."""
    return f"""
        select 'type' as kind, 'type' as class, array[n.nspname, y.typname]::text[] as name,
          json_build_object(
            'definition', case y.typtype when 'e' then 'enum' when 'c' then 'composite'
              when 'd' then 'domain' when 'r' then 'range' when 'p' then 'shell' else 'base' end,
            'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e
              where e.enumtypid = y.oid),
            'attributes', (select json_agg(json_build_array(a.attname,
                format_type(a.atttypid, a.atttypmod),
                {dotted("pg_collation", "coll", "a.attcollation")}) order by a.attnum)
              from pg_attribute a where y.typtype = 'c' and a.attrelid = y.typrelid
                and a.attnum > 0 and not a.attisdropped),
            'base type', case y.typtype when 'd' then format_type(y.typbasetype, y.typtypmod) end,
            'not null', y.typnotnull,
            -- the text of a domain's is of the day on which it was made
            'default', case y.typtype when 'd' then pg_get_expr(y.typdefaultbin, 0)
              else y.typdefault end,
            'collation', {dotted("pg_collation", "coll", "y.typcollation")},
            'subtype', format_type(r.rngsubtype, null),
            'operator class', {dotted("pg_opclass", "opc", "r.rngsubopc")},
            'range collation', {dotted("pg_collation", "coll", "r.rngcollation")},
            'canonical', nullif(r.rngcanonical::oid, 0)::regproc::text,
            'difference', nullif(r.rngsubdiff::oid, 0)::regproc::text,
            'multirange', case when r.rngmultitypid <> 0
              then format_type(r.rngmultitypid, null) end,
            'functions', case when y.typtype = 'b' then json_build_array(y.typinput::regproc,
              y.typoutput::regproc, y.typreceive::regproc, y.typsend::regproc,
              y.typmodin::regproc, y.typmodout::regproc, y.typanalyze::regproc,
              y.typsubscript::regproc) end,
            'layout', case when y.typtype = 'b' then json_build_array(y.typlen, y.typbyval,
              y.typcategory, y.typispreferred, y.typdelim, y.typalign, y.typstorage,
              format_type(nullif(y.typelem, 0), null)) end
          ) as props
        from pg_type y join pg_namespace n on n.oid = y.typnamespace
        left join pg_range r on r.rngtypid = y.oid
        where {OWN_TYPE} and n.nspname !~ '{HIDDEN_SCHEMA}' and {user_made("pg_type", "y.oid")}"""


def collations(_common: int) -> str:
    """Collations; their provider's version is not compared, as order is no stored value."""
    # PostgreSQL 14 keeps an ICU locale where it keeps that of libc.
    known = f"{perhaps('c', 'colllocale')}, {perhaps('c', 'colliculocale')}"
    icu = "c.collprovider = 'i'"
    return f"""
        select 'collation' as kind, 'collation' as class,
          array[n.nspname, c.collname]::text[] as name,
          json_build_object('definition', c.collprovider,
            'encoding', case when c.collencoding >= 0
              then pg_encoding_to_char(c.collencoding) end,
            'deterministic', c.collisdeterministic,
            'collate', case when not {icu} then c.collcollate end,
            'ctype', case when not {icu} then c.collctype end,
            'locale', coalesce({known}, case when {icu} then c.collcollate end),
            'rules', {perhaps("c", "collicurules")}) as props
        from pg_collation c join pg_namespace n on n.oid = c.collnamespace
        where {user_made("pg_collation", "c.oid")}"""


def text_search(_common: int) -> str:
    """Text search parsers, templates, dictionaries and configurations."""

    def functions(alias: str, *columns: str) -> str:
        listed = ", ".join(f"{alias}.{column}::regproc::text" for column in columns)
        return f"json_build_array({listed})"

    def arm(catalog: str, prefix: str, label: str, props: str) -> str:
        return f"""
            select 'text-search' as kind, 'text search {label}' as class,
              array[n.nspname, x.{prefix}name]::text[] as name, null as suffix,
              json_build_object('definition', '{label}', {props}) as props
            from {catalog} x join pg_namespace n on n.oid = x.{prefix}namespace
            where {user_made(catalog, "x.oid")}"""

    parser = functions("x", "prsstart", "prstoken", "prsend", "prsheadline", "prslextype")
    template = functions("x", "tmplinit", "tmpllexize")
    mapping = f"""(select json_agg(json_build_array(m.maptokentype, m.mapseqno,
            {named("pg_ts_dict", "dict", "m.mapdict")}) order by m.maptokentype, m.mapseqno)
          from pg_ts_config_map m where m.mapcfg = x.oid)"""
    return " union all ".join(
        (
            arm("pg_ts_parser", "prs", "parser", f"'functions', {parser}"),
            arm("pg_ts_template", "tmpl", "template", f"'functions', {template}"),
            arm(
                "pg_ts_dict",
                "dict",
                "dictionary",
                f"'template', {named('pg_ts_template', 'tmpl', 'x.dicttemplate')},"
                " 'options', x.dictinitoption",
            ),
            arm(
                "pg_ts_config",
                "cfg",
                "configuration",
                f"'parser', {named('pg_ts_parser', 'prs', 'x.cfgparser')}, 'mapping', {mapping}",
            ),
        )
    )
