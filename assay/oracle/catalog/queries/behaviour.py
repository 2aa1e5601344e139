"""What happens on access: views, rules, triggers, policies, event triggers."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import relations, role, user_made


def views(_common: int) -> str:
    """Views and their definitions."""
    return f"""
        with t as ({relations("v")})
        select 'view' as kind, 'relation' as class, t.name, t.name as relation,
          json_build_object('definition', pg_get_viewdef(t.oid), 'option{{}}', t.reloptions)
            as props
        from t"""


def matviews(_common: int) -> str:
    """Materialised views, and whether they are populated."""
    return f"""
        with t as ({relations("m")})
        select 'matview' as kind, 'relation' as class, t.name, t.name as relation,
          json_build_object('definition', pg_get_viewdef(t.oid), 'populated', t.relispopulated,
            'persistence', t.relpersistence,
            'access method', (select amname from pg_am where oid = t.relam),
            'tablespace', (select spcname from pg_tablespace where oid = t.reltablespace),
            'replica identity', t.relreplident,
            'option{{}}', t.reloptions,
            'toast option{{}}', (select reloptions from pg_class where oid = t.reltoastrelid)
          ) as props
        from t"""


def rules(_common: int) -> str:
    """Rewrite rules but for those that make a view a view."""
    return f"""
        with t as ({relations("rpfvm")})
        select 'rule' as kind, 'rule' as class, t.name || r.rulename::text as name,
          t.name as relation, json_build_array('relation', t.name) as of,
          json_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled) as props
        from t join pg_rewrite r on r.ev_class = t.oid where r.rulename <> '_RETURN'"""


def triggers(_common: int) -> str:
    """Triggers with their state; those of constraints together, each by its constraint.

    Before 15 a trigger that a partition has from its parent counts as the server's own. What a
    partition has of its parent's constraint is named by its columns: its name is the server's.
    """
    listed = """(select json_agg(a.attname order by u.place)
              from unnest({0}) with ordinality as u (number, place)
              join pg_attribute a on a.attrelid = {1} and a.attnum = u.number)"""
    return f"""
        with t as ({relations("rpfv")})
        select 'trigger' as kind, 'trigger' as class, t.name || g.tgname::text as name,
          t.name as relation, json_build_array('relation', t.name) as of,
          json_build_object('definition', pg_get_triggerdef(g.oid), 'enabled', g.tgenabled)
            as props
        from t join pg_trigger g on g.tgrelid = t.oid
          and (not g.tgisinternal or g.tgparentid <> 0 and g.tgconstraint = 0)
        union all
        select 'trigger', 'trigger', t.name || '(constraint triggers)'::text, t.name,
          json_build_array('relation', t.name),
          json_build_object('enabled', coalesce((
            select concat(json_agg(said.one order by concat(said.one) collate "C")) from (
              select json_build_array(p.proname, g.tgenabled,
                case when k.conparentid = 0 then k.conname end,
                kn.nspname, r.relname, {listed.format("k.conkey", "k.conrelid")},
                fn.nspname, f.relname) as one
              from pg_trigger g join pg_proc p on p.oid = g.tgfoid
              join pg_constraint k on k.oid = g.tgconstraint
              join pg_class r on r.oid = k.conrelid join pg_namespace kn on kn.oid = r.relnamespace
              left join pg_class f on f.oid = k.confrelid
              left join pg_namespace fn on fn.oid = f.relnamespace
              where g.tgrelid = t.oid and g.tgisinternal and g.tgenabled <> 'O') as said
              having count(*) > 0), 'O'))
        from t where t.relkind in ('r', 'p')"""


def policies(_common: int) -> str:
    """Row security policies."""
    return f"""
        with t as ({relations("rpf")})
        select 'policy' as kind, 'policy' as class, t.name || p.polname::text as name,
          t.name as relation, json_build_array('relation', t.name) as of,
          json_build_object(
            'definition', p.polcmd, 'permissive', p.polpermissive,
            'roles', (select json_agg(n.name order by n.name collate "C") from (
              select (case when r = 0 then 'PUBLIC' else {role("r")} end)::text as name
              from unnest(p.polroles) as r) as n),
            'using', pg_get_expr(p.polqual, p.polrelid),
            'with check', pg_get_expr(p.polwithcheck, p.polrelid)
          ) as props
        from t join pg_policy p on p.polrelid = t.oid"""


def event_triggers(_common: int) -> str:
    """Event triggers."""
    return f"""
        select 'event-trigger' as kind, 'event trigger' as class,
          array[e.evtname]::text[] as name,
          json_build_object('definition', e.evtevent, 'enabled', e.evtenabled,
            'tags', (select json_agg(tag order by tag collate "C") from unnest(e.evttags) as tag),
            'function', e.evtfoid::regprocedure::text) as props
        from pg_event_trigger e where {user_made("pg_event_trigger", "e.oid")}"""
