"""Damage to values: an expression that changes what some columns hold."""

from __future__ import annotations

from collections.abc import Callable

from assay.replicators.controls.place import Column, Damage, Place

Fits = Callable[[Column], bool]

NUMBERS = ("numeric", "float4", "float8")
MOMENTS = ("date", "timestamp", "timestamptz")
TEXTS = ("text", "varchar")
LARGE = 2000  # bytes; beyond that a value is stored out of line


def rewrite(expression: str, *typnames: str) -> Damage:
    """Set every column of these types to an expression over `{c}`, where that changes its text."""
    return _rewrite(expression, lambda column: column.typname in typnames)


def lost_array_bounds(place: Place) -> int:
    """Arrays start at 1 again."""
    return _rewrite(
        "pg_catalog.regexp_replace({c}::text, '^\\[[^=]*\\]=', '')::{t}",
        lambda column: column.category == "A" and column.typname.startswith("_"),
    )(place)


def lost_range_bounds(place: Place) -> int:
    """Bounds become inclusive below and exclusive above; an empty range becomes NULL."""
    return _rewrite(
        "case when isempty({c}) then null "
        "else pg_catalog.translate({c}::text, '(]', '[)')::{t} end",
        lambda column: column.typtype == "r",
    )(place)


def lost_field(place: Place) -> int:
    """The first field of each composite value that can be NULL becomes so."""
    changed = 0
    for table in place.tables():
        for column in table.stored:
            if column.typtype != "c":
                continue
            fields = place.texts(
                "select a.attname from pg_catalog.pg_attribute a join pg_catalog.pg_type t "
                "on t.typrelid = a.attrelid join pg_catalog.pg_attribute c on c.atttypid = t.oid "
                "where c.attrelid = %s and c.attname = %s and a.attnum > 0 "
                "and not a.attisdropped order by a.attnum",
                table.oid,
                column.name,
            )
            for name in fields:
                quoted = '"' + name.replace('"', '""') + '"'
                hit = place.attempt(
                    f"update only {table.sql} set {column.sql}.{quoted} = null "
                    f"where ({column.sql}).{quoted} is not null"
                )
                changed += hit
                if hit:
                    break
    return changed


def trimmed_characters(place: Place) -> int:
    """char(n) becomes varchar(n) and loses its blanks, as text does."""
    changed = rewrite("pg_catalog.rtrim({c}, ' ')", *TEXTS)(place)
    for table in place.tables():
        for column in table.stored:
            if column.typname == "bpchar":
                wanted = column.full_type.replace("character", "character varying", 1)
                changed += place.attempt(
                    f"alter table {table.sql} alter {column.sql} type {wanted} "
                    f"using pg_catalog.rtrim({column.sql}::text, ' ')"
                )
    return changed


def not_computed(place: Place) -> int:
    """Generated columns become plain ones that hold nothing."""
    changed = 0
    for table in place.tables():
        for column in table.columns:
            if column.generated:
                plain = f"alter table {table.sql} alter {column.sql} drop expression"
                if place.attempt(plain):
                    changed += place.attempt(f"update only {table.sql} set {column.sql} = null")
    return changed


SPECIAL = (
    "case when {c}::text in ('NaN', 'Infinity', '-Infinity', 'infinity', '-infinity') "
    "then null else {c} end"
)
ROUNDED = (
    "case when {c}::text ~ '^-?[0-9]+\\.[0-9]{{3,}}' "
    "then pg_catalog.round({c}::numeric, 2)::{t} else {c} end"
)
SHIFTED = (
    "case when isfinite({c}) and {c} < '200000-01-01' then {c} + interval '1 hour' else {c} end"
)
JUSTIFIED = (
    "case when isfinite({c}) and extract(day from {c}) between -1000 and 1000 "
    "and extract(year from {c}) between -1000 and 1000 then justify_days({c}) else {c} end"
)
HALF_BYTES = "substr({c}, 1, pg_catalog.octet_length({c}) / 2)"
WHOLE_JSON = "pg_catalog.regexp_replace({c}::text, '([0-9])\\.0+(?=[],}}]|$)', '\\1', 'g')::jsonb"


def large_texts(replacement: str) -> Damage:
    """Replace text values that are stored out of line."""
    return rewrite(_if_large(replacement), *TEXTS)


def large_bytes(replacement: str) -> Damage:
    """Replace bytea values that are stored out of line."""
    return rewrite(_if_large(replacement), "bytea")


def both(*damages: Damage) -> Damage:
    """One damage after the other."""
    return lambda place: sum(damage(place) for damage in damages)


def _if_large(replacement: str) -> str:
    return f"case when pg_catalog.octet_length({{c}}) > {LARGE} then {replacement} else {{c}} end"


def _rewrite(expression: str, fits: Fits) -> Damage:
    def damage(place: Place) -> int:
        changed = 0
        for table in place.tables():
            for column in table.stored:
                if fits(column):
                    new = expression.format(c=column.sql, t=column.type)
                    changed += place.attempt(
                        f"update only {table.sql} set {column.sql} = {new} "
                        f"where ({new})::text is distinct from {column.sql}::text"
                    )
        return changed

    return damage
