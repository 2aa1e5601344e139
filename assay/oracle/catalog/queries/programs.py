"""Schemas, extensions, functions, operators and the rest of what programs are made of."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import (
    FIRST_USER_OID,
    HIDDEN_SCHEMA,
    dotted,
    user_made,
)
from assay.oracle.catalog.queries.secrets import shown_function


def schemas(_common: int) -> str:
    """Schemas; `public` counts as made by users."""
    return f"""
        select 'schema' as kind, 'schema' as class, array[n.nspname]::text[] as name,
          json_build_object('definition', 'schema') as props
        from pg_namespace n where n.nspname !~ '{HIDDEN_SCHEMA}'
          and (n.nspname = 'public' or {user_made("pg_namespace", "n.oid")})"""


def extensions(_common: int) -> str:
    """Extensions with version and schema."""
    return """
        select 'extension' as kind, 'extension' as class, array[e.extname]::text[] as name,
          json_build_object('definition', e.extversion, 'schema', n.nspname) as props
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace"""


def extension_dependencies(_common: int) -> str:
    """What ALTER ... DEPENDS ON EXTENSION says: functions, triggers, indexes, matviews."""
    return """
        select 'extension' as kind, 'extension dependency' as class,
          array[e.extname]::text[] as name, ' needed by ' || o.type || ' ' || o.identity as suffix,
          n.nspname as schema, case when c.oid is not null
            then array[n.nspname, coalesce(h.relname, c.relname)] end as relation,
          case d.classid when 'pg_proc'::regclass then json_build_array('function',
              array[n.nspname, p.proname], '(' || oidvectortypes(p.proargtypes) || ')')
            when 'pg_trigger'::regclass then json_build_array('trigger',
              array[n.nspname, c.relname, g.tgname])
            else json_build_array(case when c.relkind in ('i', 'I') then 'index' else 'relation'
              end, array[n.nspname, c.relname]) end as of,
          json_build_object('definition', 'dependency') as props
        from pg_extension e join pg_depend d on d.refclassid = 'pg_extension'::regclass
          and d.refobjid = e.oid and d.deptype = 'x'
        cross join pg_identify_object(d.classid, d.objid, d.objsubid) as o
        left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
        left join pg_trigger g on d.classid = 'pg_trigger'::regclass and g.oid = d.objid
        left join pg_class c on c.oid = case d.classid when 'pg_class'::regclass then d.objid
          else g.tgrelid end
        left join pg_index x on x.indexrelid = c.oid left join pg_class h on h.oid = x.indrelid
        left join pg_namespace n on n.oid = coalesce(p.pronamespace, c.relnamespace)"""


# The type of the range that a function came with; nothing for any other function.
CONSTRUCTS = """pg_depend i join pg_range r on i.refobjid in (r.rngtypid, r.rngmultitypid)
            join pg_type y on y.oid = r.rngtypid join pg_namespace yn on yn.oid = y.typnamespace
            where i.classid = 'pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i'
              and i.refclassid = 'pg_type'::regclass"""


def functions(_common: int) -> str:
    """Functions, procedures and window functions by their whole definition.

    What makes a range from its bounds hangs on the range's type.
    """
    return f"""
        select 'function' as kind, 'function' as class,
          array[n.nspname, p.proname]::text[] as name,
          '(' || oidvectortypes(p.proargtypes) || ')' as suffix,
          (select json_build_array('type', array[yn.nspname, y.typname])
            from {CONSTRUCTS}) as of,
          json_build_object('definition', {shown_function("p")}) as props
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prokind <> 'a' and n.nspname !~ '{HIDDEN_SCHEMA}'
          and {user_made("pg_proc", "p.oid")}"""


def aggregates(_common: int) -> str:
    """Aggregates by their signature, functions, states and what they may run beside."""
    return f"""
        select 'function' as kind, 'function' as class,
          array[n.nspname, p.proname]::text[] as name,
          '(' || oidvectortypes(p.proargtypes) || ')' as suffix,
          json_build_object('definition', 'aggregate',
            'parallel', p.proparallel, 'arguments', pg_get_function_arguments(p.oid),
            'aggregate', to_json(a)::jsonb - array['aggfnoid', 'aggtransfn', 'aggsortop',
              'aggtranstype', 'aggmtranstype'],
            'transition', a.aggtransfn::regprocedure::text,
            'sort operator', case when a.aggsortop <> 0
              then a.aggsortop::regoperator::text end,
            'state', format_type(a.aggtranstype, null),
            'moving state', format_type(nullif(a.aggmtranstype, 0), null)) as props
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        join pg_aggregate a on a.aggfnoid = p.oid
        where n.nspname !~ '{HIDDEN_SCHEMA}' and {user_made("pg_proc", "p.oid")}"""


def languages(_common: int) -> str:
    """Procedural languages outside extensions."""
    return f"""
        select 'language' as kind, 'language' as class, array[l.lanname]::text[] as name,
          json_build_object('definition', 'language', 'trusted', l.lanpltrusted,
            'handler', l.lanplcallfoid::regproc::text, 'inline', l.laninline::regproc::text,
            'validator', l.lanvalidator::regproc::text) as props
        from pg_language l where {user_made("pg_language", "l.oid")}"""


def access_methods(_common: int) -> str:
    """Access methods outside extensions."""
    return f"""
        select 'access-method' as kind, 'access method' as class, array[m.amname]::text[] as name,
          json_build_object('definition', m.amtype, 'handler', m.amhandler::regproc::text) as props
        from pg_am m where {user_made("pg_am", "m.oid")}"""


def operators(_common: int) -> str:
    """Operators, operator classes and operator families with their members."""
    return f"""
        select 'operator' as kind, 'operator' as class,
          array[n.nspname, o.oprname]::text[] as name,
          '(' || coalesce(format_type(nullif(o.oprleft, 0), null), 'NONE') || ','
            || format_type(o.oprright, null) || ')' as suffix,
          json_build_object('definition', o.oprcode::regprocedure::text,
            'merges', o.oprcanmerge, 'hashes', o.oprcanhash,
            'commutator', case when o.oprcom <> 0 then o.oprcom::regoperator::text end,
            'negator', case when o.oprnegate <> 0 then o.oprnegate::regoperator::text end,
            'restrict', o.oprrest::regproc::text, 'join', o.oprjoin::regproc::text) as props
        from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
        where {user_made("pg_operator", "o.oid")}
        union all
        select 'operator', 'operator class', array[n.nspname, c.opcname]::text[],
          ' using ' || m.amname,
          json_build_object('definition', format_type(c.opcintype, null),
            'default', c.opcdefault, 'key type', format_type(nullif(c.opckeytype, 0), null),
            'family', {dotted("pg_opfamily", "opf", "c.opcfamily")})
        from pg_opclass c join pg_namespace n on n.oid = c.opcnamespace
        join pg_am m on m.oid = c.opcmethod where {user_made("pg_opclass", "c.oid")}
        union all
        select 'operator', 'operator family', array[n.nspname, f.opfname]::text[],
          ' family using ' || m.amname,
          json_build_object('definition', 'operator family',
            'operators', (select json_agg(json_build_array(o.amopstrategy,
                o.amopopr::regoperator::text, o.amoppurpose,
                {dotted("pg_opfamily", "opf", "o.amopsortfamily")})
                order by o.amopstrategy, o.amopopr::regoperator::text collate "C")
              from pg_amop o where o.amopfamily = f.oid),
            'functions', (select json_agg(json_build_array(p.amprocnum,
                format_type(p.amproclefttype, null), format_type(p.amprocrighttype, null),
                p.amproc::regprocedure::text)
                order by p.amprocnum, format_type(p.amproclefttype, null) collate "C",
                format_type(p.amprocrighttype, null) collate "C")
              from pg_amproc p where p.amprocfamily = f.oid))
        from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace
        join pg_am m on m.oid = f.opfmethod where {user_made("pg_opfamily", "f.oid")}"""


def family_additions(_common: int) -> str:
    """Operators and functions that were added to operator families of initdb's."""
    return f"""
        select 'operator' as kind, 'member' as class,
          array[n.nspname, f.opfname]::text[] as name,
          ' family using ' || m.amname || a.said as suffix,
          json_build_object('definition', a.definition) as props
        from (
          select o.amopfamily as family, ' operator ' || o.amopstrategy || ' '
              || o.amopopr::regoperator::text as said, o.amoppurpose::text || coalesce(' '
              || {dotted("pg_opfamily", "opf", "o.amopsortfamily")}, '') as definition
          from pg_amop o where o.oid >= {FIRST_USER_OID} and o.amopfamily < {FIRST_USER_OID}
          union all
          select p.amprocfamily, ' function ' || p.amprocnum || ' ('
              || format_type(p.amproclefttype, null) || ','
              || format_type(p.amprocrighttype, null) || ')', p.amproc::regprocedure::text
          from pg_amproc p where p.oid >= {FIRST_USER_OID} and p.amprocfamily < {FIRST_USER_OID}
        ) a join pg_opfamily f on f.oid = a.family join pg_namespace n on n.oid = f.opfnamespace
        join pg_am m on m.oid = f.opfmethod"""


def casts(_common: int) -> str:
    """Casts outside initdb and extensions."""
    return f"""
        select 'cast' as kind, 'cast' as class, array[]::text[] as name,
          '(' || format_type(c.castsource, null) || ' AS ' || format_type(c.casttarget, null)
            || ')' as suffix,
          json_build_object('definition', c.castmethod, 'context', c.castcontext,
            'function', case when c.castfunc <> 0 then c.castfunc::regprocedure::text end) as props
        from pg_cast c where {user_made("pg_cast", "c.oid")}"""


def transforms(_common: int) -> str:
    """Transforms of types for languages."""
    return f"""
        select 'transform' as kind, 'transform' as class, array[]::text[] as name,
          format_type(t.trftype, null) || ' for ' || l.lanname as suffix,
          json_build_object('definition', 'transform',
            'from sql', case when t.trffromsql <> 0 then t.trffromsql::regprocedure::text end,
            'to sql', case when t.trftosql <> 0 then t.trftosql::regprocedure::text end) as props
        from pg_transform t join pg_language l on l.oid = t.trflang
        where {user_made("pg_transform", "t.oid")}"""


def conversions(_common: int) -> str:
    """Encoding conversions."""
    return f"""
        select 'conversion' as kind, 'conversion' as class,
          array[n.nspname, c.conname]::text[] as name,
          json_build_object('definition', pg_encoding_to_char(c.conforencoding) || ' to '
            || pg_encoding_to_char(c.contoencoding), 'function', c.conproc::regprocedure::text,
            'default', c.condefault) as props
        from pg_conversion c join pg_namespace n on n.oid = c.connamespace
        where {user_made("pg_conversion", "c.oid")}"""
