"""The query by which a person sees a finding: short, and with nothing in it but the finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from assay.oracle.catalog.item import qualified, split_name
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.postgres.session import identifier

_ROW = "(r.*)::text"  # also where a column is called r
_SHORTENED = "…["  # how findings begin a part of a long value
_DIGEST = re.compile(r"sha256 ([0-9a-f]+)\)$")  # and how they end it


def query(finding: Finding, keys: Mapping[str, Sequence[str]], *, main: str) -> str | None:
    """One SELECT for both sides, or for both moments; None where `assay compare` tells better.

    `keys` name the columns that tell a relation's rows apart; `main` is the database under test.
    """
    if finding.kind == Kind.ROW:
        return _row(finding, keys)
    if finding.kind == Kind.MULTIPLICITY:
        return _copies(finding)
    if finding.kind in (Kind.DATABASE, Kind.DATABASE_SETTING):
        wanted = "current_database()" if finding.object == main else _text(finding.object)
        return (_DATABASE if finding.kind == Kind.DATABASE else _DATABASE_SETTING) + wanted
    ask = _CATALOG.get(Kind(finding.kind))
    return ask(split_name(finding.object), finding) if ask is not None else None


def _text(value: str) -> str:
    """A literal that needs no doubled quotes, so that it can stand in a shell's."""
    tag = "$$" if "$" not in value else "$assay$"
    return f"{tag}{value}{tag}"


def _named(parts: Sequence[str]) -> str:
    """The text by which the server finds a relation, a type or a function."""
    return _text(identifier(*parts))


def _relation(finding: Finding) -> str:
    """Its name; after a dot a keyword needs no quotes, before it it does."""
    schema, *rest = split_name(finding.object)
    return ".".join([schema if schema == "public" else identifier(schema), qualified(rest)])


def _row(finding: Finding, keys: Mapping[str, Sequence[str]]) -> str | None:
    if finding.column == "rows" and finding.key is None:
        digest = f"md5(string_agg({_ROW}, chr(10) order by {_ROW}))"
        return f"select count(*), {digest} from only {_relation(finding)} as r"
    key = keys.get(finding.object, ())
    if finding.key is None or not key:
        return None
    relation, condition = _relation(finding), _is(key, finding.key)
    return f"select {_shown(finding)} from only {relation} as r where {condition}"


def _of(column: str) -> str:
    """A column of the row, quoted only where its letters require it: keywords may follow a dot."""
    return f"r.{qualified([column])}"


def _shown(finding: Finding) -> str:
    if finding.column is None:
        return "*"
    column = _of(finding.column)
    values = (finding.source or "", finding.target or "")
    if any(value.startswith(_SHORTENED) for value in values):
        return f"octet_length(concat({column})) as bytes, md5(concat({column}))"
    return column


def _is(key: Sequence[str], value: str) -> str:
    """True of the row with this key, as findings write it; concat() keeps what a cast trims."""
    if len(key) == 1:
        column = _of(key[0])
        if value == "NULL":
            return f"{column} is null"
        return _same(f"concat({column})", "NULL" if value == repr("NULL") else value)
    fields = ", ".join(
        f"case when {one} is null then $$NULL$$ else concat({one}) end" for one in map(_of, key)
    )
    return f"concat($$($$, concat_ws($$,$$, {fields}), $$)$$) = {_text(value)}"


def _same(text: str, value: str) -> str:
    """True of the text that a finding shows, whole or by its digest."""
    digest = _DIGEST.search(value) if value.startswith(_SHORTENED) else None
    if digest is None:
        return f"{text} = {_text(value)}"
    hashed = f"encode(sha256(convert_to({text}, $$UTF8$$)), $$hex$$)"
    return f"starts_with({hashed}, {_text(digest[1])})"


def _copies(finding: Finding) -> str | None:
    if finding.key is None:
        return None
    return (
        f"select count(*) as copies from only {_relation(finding)} as r"
        f" where {_same(_ROW, finding.key)}"
    )


Ask = Callable[[list[str], Finding], str | None]


def _of_relation(select: str) -> Ask:
    return lambda parts, _: (
        f"select {select} from pg_class c where c.oid = to_regclass({_named(parts)})"
    )


def _of_part(select: str, catalog: str, column: str, holder: str) -> Ask:
    """Of what hangs on a relation by a name of its own."""
    return lambda parts, _: (
        f"select {select} from {catalog} where {column} = {_text(parts[-1])}"
        f" and {holder} = to_regclass({_named(parts[:-1])})"
    )


def _constraint(parts: list[str], _: Finding) -> str:
    holder = _named(parts[:-1])
    return (
        "select pg_get_constraintdef(oid) as definition, convalidated, condeferrable, condeferred"
        f" from pg_constraint where conname = {_text(parts[-1])}"
        f" and (conrelid = to_regclass({holder}) or contypid = to_regtype({holder}))"
    )


def _column(parts: list[str], _: Finding) -> str:
    return (
        "select format_type(atttypid, atttypmod) as type, attnotnull, attidentity, attgenerated,"
        " attcollation::regcollation, pg_get_expr(adbin, adrelid) as expression"
        " from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum"
        f" where attrelid = to_regclass({_named(parts[:-1])}) and attname = {_text(parts[-1])}"
        " and not attisdropped"
    )


def _type(parts: list[str], _: Finding) -> str:
    return (
        "select typtype, format_type(typbasetype, typtypmod) as base, typnotnull, typdefault,"
        " (select array_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid)"
        " as labels, (select array_agg(attname || $$ $$ || format_type(atttypid, atttypmod)"
        " order by attnum) from pg_attribute where attrelid = typrelid and attnum > 0"
        " and not attisdropped) as attributes"
        f" from pg_type t where oid = to_regtype({_named(parts)})"
    )


def _function(parts: list[str], finding: Finding) -> str:
    return (
        "select prokind, prosecdef, provolatile, proisstrict, proconfig, prosrc"
        f" from pg_proc where oid = to_regprocedure({_text(finding.object)})"
    )


def _state(parts: list[str], _: Finding) -> str | None:
    if len(parts) == 2:
        return f"select last_value, is_called from {identifier(*parts)}"
    owned = f"pg_get_serial_sequence({_named(parts[:-1])}, {_text(parts[-1])})"
    return (
        "select last_value from pg_sequences"
        f" where format($$%I.%I$$, schemaname, sequencename) = {owned}"
    )


def _owner(parts: list[str], finding: Finding) -> str | None:
    return _of_any(finding, parts, lambda prefix: f"pg_get_userbyid({prefix}owner) as owner")


def _acl(parts: list[str], finding: Finding) -> str | None:
    return _of_any(finding, parts, _entries)


def _entries(prefix: str) -> str:
    # An empty list is an owner without any privilege, and none is the default.
    listed = f"select array_agg(a::text order by a::text) from unnest({prefix}acl) a"
    return f"coalesce(({listed}), {prefix}acl::text[]) as privileges"


def _of_any(finding: Finding, parts: list[str], select: Callable[[str], str]) -> str | None:
    """Of whatever has this name: a function, a schema, a relation or a type."""
    if finding.object.endswith(")"):
        where = f"to_regprocedure({_text(finding.object)})"
        return f"select {select('pro')} from pg_proc where oid = {where}"
    if len(parts) == 1 and " " not in finding.object:
        return f"select {select('nsp')} from pg_namespace where nspname = {_text(parts[0])}"
    if len(parts) == 3 and finding.kind == Kind.ACL:
        table, column = _named(parts[:2]), _text(parts[2])
        return (
            f"select {select('att')} from pg_attribute"
            f" where attrelid = to_regclass({table}) and attname = {column}"
        )
    if len(parts) != 2:
        return None
    return (
        f"select {select('rel')} from pg_class where oid = to_regclass({_named(parts)})"
        f" union all select {select('typ')} from pg_type where oid = to_regtype({_named(parts)})"
        " order by 1"
    )


def _role(parts: list[str], _: Finding) -> str:
    return (
        "select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,"
        " rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil, md5(rolpassword) as password"
        f" from pg_authid where rolname = {_text(parts[0])}"
    )


def _members(parts: list[str], _: Finding) -> str:
    return (
        "select member::regrole, grantor::regrole, admin_option from pg_auth_members"
        f" where roleid = to_regrole({_named(parts)}) order by 1, 2"
    )


def _settings_of_role(parts: list[str], _: Finding) -> str:
    which = "0" if parts == ["ALL"] else f"to_regrole({_named(parts)})"
    return f"select setconfig from pg_db_role_setting where setrole = {which} order by 1"


def _large_object(parts: list[str], finding: Finding) -> str | None:
    if not finding.object.isdigit():
        return None
    return (
        "select pg_get_userbyid(lomowner) as owner, lomacl, md5(lo_get(oid)) as content"
        f" from pg_largeobject_metadata where oid = {finding.object}"
    )


def _whole(select: str) -> Ask:
    """Of a few things that a tool calls by names of its own: all of them."""
    return lambda _parts, _finding: select


_DATABASE = (
    "select datname, pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit,"
    " pg_get_userbyid(datdba) as owner, datacl from pg_database where datname = "
)
_DATABASE_SETTING = (
    "select setconfig from pg_db_role_setting join pg_database d on d.oid = setdatabase"
    " where setrole = 0 and datname = "
)
_COLUMNS = (
    "(select array_agg(attname order by attnum) from pg_attribute where attrelid = c.oid"
    " and attnum > 0 and not attisdropped) as columns"
)
_CATALOG: Mapping[Kind, Ask] = {
    Kind.SCHEMA: lambda parts, _: (
        f"select nspname from pg_namespace where nspname = {_text(parts[0])}"
    ),
    Kind.TABLE: _of_relation(
        "c.relkind, c.relpersistence, c.relreplident, c.relrowsecurity, c.relforcerowsecurity,"
        " c.relispartition, pg_get_expr(c.relpartbound, c.oid) as bound, c.reloptions,"
        " (select array_agg(inhparent::regclass order by inhseqno) from pg_inherits"
        f" where inhrelid = c.oid) as parents, {_COLUMNS}"
    ),
    Kind.COLUMN: _column,
    Kind.CONSTRAINT: _constraint,
    Kind.INDEX: _of_relation("pg_get_indexdef(c.oid) as definition"),
    Kind.SEQUENCE: lambda parts, _: (
        "select seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle,"
        " (select refobjid::regclass || $$.$$ || attname from pg_depend join pg_attribute"
        " on attrelid = refobjid and attnum = refobjsubid where objid = seqrelid"
        " and deptype in ('a', 'i')) as owned_by"
        f" from pg_sequence where seqrelid = to_regclass({_named(parts)})"
    ),
    Kind.SEQUENCE_STATE: _state,
    Kind.VIEW: _of_relation("pg_get_viewdef(c.oid) as definition, c.reloptions"),
    Kind.MATVIEW: _of_relation("c.relispopulated, pg_get_viewdef(c.oid) as definition"),
    Kind.TRIGGER: _of_part("tgenabled, pg_get_triggerdef(oid) as definition", "pg_trigger",
                           "tgname", "tgrelid"),
    Kind.POLICY: _of_part("polcmd, polpermissive, polroles::regrole[],"
                          " pg_get_expr(polqual, polrelid) as using,"
                          " pg_get_expr(polwithcheck, polrelid) as checked", "pg_policy",
                          "polname", "polrelid"),
    Kind.FUNCTION: _function,
    Kind.TYPE: _type,
    Kind.EXTENSION: lambda parts, _: (
        f"select extname, extversion from pg_extension where extname = {_text(parts[0])}"
    ),
    Kind.OWNER: _owner,
    Kind.ACL: _acl,
    Kind.DEFAULT_ACL: _whole(
        "select defaclrole::regrole, nspname, defaclobjtype, defaclacl from pg_default_acl"
        " left join pg_namespace n on n.oid = defaclnamespace order by 1, 2, 3"
    ),
    Kind.ROLE: _role,
    Kind.ROLE_MEMBERSHIP: _members,
    Kind.ROLE_SETTING: _settings_of_role,
    Kind.LARGE_OBJECT: _large_object,
    Kind.PUBLICATION: _whole("select pubname, puballtables from pg_publication order by 1"),
    Kind.SUBSCRIPTION: _whole(
        "select subname, subenabled, subslotname from pg_subscription join pg_database d"
        " on d.oid = subdbid where datname = current_database() order by 1"
    ),
    Kind.SLOT: _whole(
        "select slot_name, plugin, active from pg_replication_slots"
        " where database is null or database = current_database() order by 1"
    ),
    Kind.ORIGIN: _whole("select roname from pg_replication_origin order by 1"),
}  # fmt: skip
