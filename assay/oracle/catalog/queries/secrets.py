"""SQL for what may hold a secret: of harmless names as it is, of all others as a mark."""

from __future__ import annotations

from assay.oracle.words.marks import (
    HARMLESS_OPTIONS,
    HARMLESS_PREFIXES,
    SUSPICIOUS,
    marked_by_server,
)
from assay.postgres.session import literal


def shown_option(entry: str) -> str:
    """An entry ``name=value`` of an option of foreign data."""
    listed = ", ".join(map(literal, sorted(HARMLESS_OPTIONS)))
    return _shown(entry, f"split_part({entry}, '=', 1) in ({listed})")


def shown_options(entries: str) -> str:
    """All entries of an array of options."""
    return f"(select json_agg({shown_option('assay_o')}) from unnest({entries}) as assay_o)"


def shown_setting(entry: str) -> str:
    """An entry ``name=value`` of a setting: what has a dot is not PostgreSQL's own."""
    name = f"split_part({entry}, '=', 1)"
    known = " or ".join(f"starts_with({name}, {literal(one)})" for one in HARMLESS_PREFIXES)
    return _shown(entry, f"(strpos({name}, '.') = 0 or {known})")


def _shown(entry: str, harmless: str) -> str:
    value = f"substr({entry}, strpos({entry}, '=') + 1)"
    return (
        f"case when {harmless} and {value} !~ {literal(SUSPICIOUS)} then {entry}"
        f" else split_part({entry}, '=', 1) || '=' || {marked_by_server(value)} end"
    )


def shown_function(function: str) -> str:
    """The definition of a function, a row of pg_proc, with the values of its SET as marks.

    The whole clause is replaced as the server prints it, wherever it stands; marks of different
    values differ, so nothing is lost for a comparison.
    """
    entry = f"{function}.proconfig[assay_f.done + 1]"
    setting = "split_part({0}, '=', 1)"
    value = "substr({0}, strpos({0}, '=') + 1)"

    def clause(of: str) -> str:
        quoted = f"'''' || replace({value.format(of)}, '''', '''''') || ''''"
        return f"' SET ' || quote_ident({setting.format(of)}) || ' TO ' || {quoted}"

    definition = f"pg_get_functiondef({function}.oid)"
    return f"""case when {function}.proconfig is null then {definition} else (
        with recursive assay_f(done, text) as (select 0, {definition} collate "C" union all
          select assay_f.done + 1, replace(assay_f.text, {clause(entry)},
            {clause(f"({shown_setting(entry)})")}) collate "C"
          from assay_f where assay_f.done < cardinality({function}.proconfig))
        select assay_f.text from assay_f order by assay_f.done desc limit 1) end"""
