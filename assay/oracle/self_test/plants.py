"""The damage that the self-test plants: one schema for both sides, and what is broken on one."""

from __future__ import annotations

from dataclasses import dataclass

from assay.oracle.words.kinds import Kind
from assay.oracle.words.route import Route

GRANTEE, OWNER = "assay_grantee", "assay_owner"  # roles, made unique by the run
TABLESPACE = "assay_space"  # too
LARGE_OBJECT = 4242001
LARGE = 32 << 10  # bytes from which a planted table is large: four of them are


@dataclass(frozen=True, slots=True)
class Mark:
    """The finding that a plant must cause, every part of it; `*` stands for any text."""

    kind: Kind
    object: str
    column: str | None = None
    source: str | None = None
    target: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Plant:
    """One damage on the target, the rule that must see it, and its findings.

    `since` is the major version from which on both servers know what is damaged; `alike` says that
    only servers of one major version are compared in this.
    """

    name: str
    rule: str
    sql: str
    marks: tuple[Mark, ...]
    since: int = 0
    alike: bool = False


def _row(table: str, column: str, source: str, target: str, key: str = "1") -> tuple[Mark, ...]:
    return (Mark(Kind.ROW, f"app.{table}", column, source, target, key),)


def _property(kind: Kind, name: str, column: str, source: str, target: str) -> tuple[Mark, ...]:
    return (Mark(kind, name, column, source, target),)


def _missing(kind: Kind, name: str, definition: str) -> tuple[Mark, ...]:
    return (Mark(kind, name, None, definition, None),)


BASE = f"""
alter database {{database}} set extra_float_digits = 0;
alter schema public owner to pg_database_owner;  -- as it is from 15 on
revoke create on schema public from public;
create schema app;
create table app.changed (id int primary key, v text);
insert into app.changed select i, 'value ' || i from generate_series(1, 50) i;
create table app.fewer (id bigint primary key, v text);
insert into app.fewer select i, 'value ' || i from generate_series(1, 50) i;
create table app.more (id uuid primary key, v text);
create table app.twice (v json, n int);
insert into app.twice values ('{{"a": 1}}', 1), ('{{"a": 1}}', 1), ('{{"b": 2}}', 2);
create table app.empty (id text primary key, v text, w text);
insert into app.empty values ('k', null, '');
create table app.zero (id int primary key, v float8);
insert into app.zero values (1, '-0');
create table app.scale (id int primary key, v numeric);
insert into app.scale values (1, 1.00);
create table app.bit (id int primary key, v float8);
insert into app.bit values (1, 0.3);
create table app.ordered (id int primary key, v text);
insert into app.ordered select i, repeat('o', 100) from generate_series(1, 300) i;
create table app.upside_down (id int primary key, v text);
insert into app.upside_down select i, repeat('u', 100) from generate_series(300, 1, -1) i;
create table app.scattered (id uuid primary key, v text);
insert into app.scattered select md5(i::text)::uuid, repeat('s', 100)
  from generate_series(1, 300) i;
create table app.pile (n int, v text);
insert into app.pile select i, repeat('p', 100) from generate_series(1, 300) i;
create function app.place(int) returns int immutable set search_path = ''
  language sql as 'select $1';  -- a setting keeps it from being inlined
create table app.parted (id int) partition by range (app.place(id));
create table app.parted_low partition of app.parted (primary key (id)) for values from (0) to (10);
create table app.parted_high partition of app.parted (primary key (id))
  for values from (10) to (20);
insert into app.parted values (1), (11);
create table app.columns (id int primary key, n int, d int default 1);
create table app.limited (id int primary key, n int, constraint positive check (n > 0));
create table app.listed (id int primary key, n int);
create index listed_n on app.listed (n);
create statistics app.listed_both on id, n from app.listed;
create table app.filled (id int);
create table app.fired (id int primary key);
create trigger watcher before update on app.fired
  for each row execute function suppress_redundant_updates_trigger();
create rule quiet as on delete to app.fired do instead nothing;
create policy own on app.fired using (id > 0);
create table app.owned (id int primary key);
create table app.granted (id int primary key);
grant select on app.granted to {GRANTEE};
create table app.noted (id int primary key);
comment on column app.noted.id is 'the key';
create schema lost;
create sequence app.stepped increment 2;
create sequence app.counted;
select setval('app.counted', 41);
create view app.seen as select id from app.changed;
create materialized view app.kept as select id from app.changed;
create function app.answer() returns int language sql as 'select 42';
create aggregate app.total(int) (sfunc = int4pl, stype = int, initcond = '0');
create type app.mood as enum ('low', 'high');
create type app.pair as (a int, b int);
create collation app.plain (provider = libc, locale = 'C');
create text search configuration app.words (copy = pg_catalog.simple);
create function app.handler() returns language_handler language internal
  as 'fmgr_internal_validator';
create language odd handler app.handler;
create access method shelf type table handler heap_tableam_handler;
create operator app.=== (leftarg = int, rightarg = int, function = int4eq);
create function app.first(app.pair) returns int language sql as 'select $1.a';
create cast (app.pair as int) with function app.first(app.pair);
create transform for smallint language sql (
  from sql with function prsd_lextype(internal), to sql with function int2recv(internal));
create conversion app.western for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create function app.on_event() returns event_trigger language internal
  as 'suppress_redundant_updates_trigger';
create event trigger guard on ddl_command_start when tag in ('CREATE TEXT SEARCH PARSER')
  execute function app.on_event();
create foreign data wrapper files;
create server far foreign data wrapper files options (host 'here');
create user mapping for public server far options (user 'me', password 'planted-secret');
create publication told for table app.changed;
create subscription heard connection 'host=nowhere password=planted-secret'
  publication told with (connect = false, enabled = false, slot_name = none,
  create_slot = false, streaming = off);
do $$ begin
  if current_setting('server_version_num')::int >= 160000 then
    alter subscription heard set (run_as_owner = true);  -- as it is in 14 and 15
  end if;
end $$;
alter default privileges in schema app grant select on tables to {GRANTEE};
select lo_from_bytea({LARGE_OBJECT}, 'content');
set allow_system_table_mods = on;
insert into pg_seclabel values
  ('app.noted'::regclass, 'pg_class'::regclass, 0, 'planted', 'public');
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  values ({LARGE_OBJECT}, 'assay_made', 10, 'app'::regnamespace, false, '1');
create function app.theirs() returns int language sql as 'select 42';
alter extension assay_made add function app.theirs();
"""
# What both sides have besides where they know it, by the version from which on they do.
LATER = {
    19: """
create table app.person (id int primary key, name text);
create property graph app.ties vertex tables (app.person properties (name));
""",
}
# `heard` would keep its database from being dropped; the rest is nobody's but the cluster's.
UNDO = f"""
alter database {{database}} reset all;
alter database {{database}} connection limit -1;
drop subscription if exists heard;
comment on role pg_monitor is null;
drop owned by {GRANTEE}, {OWNER} cascade;
"""

PLANTS = (
    Plant("changed row", "rows", "update app.changed set v = 'other' where id = 7",
          _row("changed", "v", "value 7", "other", "7")),
    Plant("missing row", "rows", "delete from app.fewer where id = 9",
          (Mark(Kind.ROW, "app.fewer", None, "(9,value 9)", None, "9"),)),
    Plant("extra row", "rows",
          "insert into app.more values ('00000000-0000-0000-0000-00000000000a', 'x')",
          (Mark(Kind.ROW, "app.more", None, None, "(00000000-0000-0000-0000-00000000000a,x)",
                "00000000-0000-0000-0000-00000000000a"),)),
    Plant("duplicated row", "multiplicity", """insert into app.twice values ('{"b": 2}', 2)""",
          (Mark(Kind.MULTIPLICITY, "app.twice", None, "1", "2", '("{""b"": 2}",2)'),)),
    Plant("empty for NULL", "rows", "update app.empty set v = ''",
          _row("empty", "v", "NULL", "", "k")),
    Plant("NULL for empty", "rows", "update app.empty set w = null",
          _row("empty", "w", "", "NULL", "k")),
    Plant("zero without its sign", "rows", "update app.zero set v = 0",
          _row("zero", "v", "-0", "0")),
    Plant("numeric scale", "rows", "update app.scale set v = 1.0",
          _row("scale", "v", "1.00", "1.0")),
    Plant("last bit of a float", "pinned-settings", "update app.bit set v = 0.1::float8 + 0.2",
          _row("bit", "v", "0.3", "0.30000000000000004")),
    Plant("row of a large table in order", "rows", "update app.ordered set v = '' where id = 77",
          _row("ordered", "v", "o" * 100, "", "77")),
    Plant("row of a large table out of order", "rows",
          "update app.upside_down set v = '' where id = 77",
          _row("upside_down", "v", "u" * 100, "", "77")),
    Plant("row of a large table with another key", "rows",
          "update app.scattered set v = '' where id = md5('77')::uuid",
          _row("scattered", "v", "s" * 100, "", "28dd2c79-55ce-9264-5624-0b2ff0100bde")),
    Plant("row of a large table without a key", "multiplicity",
          "update app.pile set v = '' where n = 77",
          (Mark(Kind.MULTIPLICITY, "app.pile", None, "1", None, f"(77,{'p' * 100})"),
           Mark(Kind.MULTIPLICITY, "app.pile", None, None, "1", '(77,"")'))),
    # The function that places rows lies while the row is moved.
    Plant("row in the wrong partition", "rows",
          """delete from app.parted where id = 1;
          create or replace function app.place(int) returns int immutable
            set search_path = '' language sql
            as 'select 12';
          insert into app.parted values (1);
          create or replace function app.place(int) returns int immutable
            set search_path = '' language sql
            as 'select $1'""",
          (Mark(Kind.ROW, "app.parted_low", None, "(1)", None, "1"),
           Mark(Kind.ROW, "app.parted_high", None, None, "(1)", "1"))),
    Plant("column type", "columns", "alter table app.columns alter n type bigint",
          _property(Kind.COLUMN, "app.columns.n", "definition", "integer", "bigint")),
    Plant("column default", "columns", "alter table app.columns alter d set default 2",
          _property(Kind.COLUMN, "app.columns.d", "default", "1", "2")),
    Plant("unvalidated constraint", "constraints",
          """alter table app.limited drop constraint positive,
            add constraint positive check (n > 0) not valid""",
          _property(Kind.CONSTRAINT, "app.limited.positive", "validated", "true", "false")),
    Plant("storage parameter", "tables", "alter table app.filled set (fillfactor = 70)",
          (Mark(Kind.TABLE, "app.filled", "option fillfactor", None, "70"),)),
    Plant("index", "indexes", "drop index app.listed_n",
          _missing(Kind.INDEX, "app.listed_n",
                   "CREATE INDEX listed_n ON app.listed USING btree (n)")),
    Plant("statistics", "statistics", "drop statistics app.listed_both",
          _missing(Kind.STATISTICS, "app.listed_both",
                   "CREATE STATISTICS app.listed_both ON id, n FROM app.listed")),
    Plant("trigger state", "triggers", "alter table app.fired disable trigger watcher",
          _property(Kind.TRIGGER, "app.fired.watcher", "enabled", "O", "D")),
    Plant("rule state", "rules", "alter table app.fired disable rule quiet",
          _property(Kind.RULE, "app.fired.quiet", "enabled", "O", "D")),
    Plant("policy", "policies", "alter policy own on app.fired using (id > 1)",
          _property(Kind.POLICY, "app.fired.own", "using", "(id > 0)", "(id > 1)")),
    Plant("event trigger", "event-triggers", "alter event trigger guard disable",
          _property(Kind.EVENT_TRIGGER, "guard", "enabled", "O", "D")),
    Plant("owner", "owners", f"alter table app.owned owner to {OWNER}",
          (Mark(Kind.OWNER, "app.owned", "table", "(us)", OWNER),)),
    Plant("lost grant", "privileges", f"revoke select on app.granted from {GRANTEE}",
          (Mark(Kind.ACL, "app.granted", f"(us)=SELECT/{GRANTEE}", "granted", None),)),
    Plant("privilege of initdb's", "builtin-privileges",
          "revoke execute on function pg_catalog.pg_sleep(float8) from public",
          (Mark(Kind.ACL, "pg_catalog.pg_sleep(double precision)", "(us)=EXECUTE/PUBLIC", None,
                "revoked since"),)),
    Plant("default privileges", "default-privileges",
          f"alter default privileges in schema app grant insert on tables to {GRANTEE}",
          (Mark(Kind.DEFAULT_ACL, "(us) in schema app on tables", f"(us)=INSERT/{GRANTEE}", None,
                "granted"),)),
    Plant("comment", "comments", "comment on column app.noted.id is 'a key'",
          _property(Kind.COMMENT, "app.noted.id", "comment", "the key", "a key")),
    Plant("security label", "security-labels", "update pg_seclabel set label = 'secret'",
          _property(Kind.SECURITY_LABEL, "app.noted", "planted", "*** (*)", "*** (*)")),
    Plant("schema", "schemas", "drop schema lost", _missing(Kind.SCHEMA, "lost", "schema")),
    Plant("extension", "extensions", "drop extension plpgsql",
          _missing(Kind.EXTENSION, "plpgsql", "1.0")),
    Plant("dependency on an extension", "extension-dependencies",
          "alter function app.on_event() depends on extension assay_made",
          (Mark(Kind.EXTENSION, "assay_made needed by function app.on_event()", None, None,
                "dependency"),)),
    Plant("member of an extension", "members",
          "create or replace function app.theirs() returns int language sql as 'select 43'",
          (Mark(Kind.FUNCTION, "app.theirs()", "definition", "*42*", "*43*"),)),
    Plant("mapping of initdb's", "built-ins",
          """alter text search configuration pg_catalog.danish
            alter mapping for asciiword with simple""",
          (Mark(Kind.TEXT_SEARCH, "pg_catalog.danish", "mapping", "*", "*"),), alike=True),
    Plant("sequence step", "sequences", "alter sequence app.stepped increment 3",
          _property(Kind.SEQUENCE, "app.stepped", "increment", "2", "3")),
    Plant("sequence state", "sequence-state", "select setval('app.counted', 40)",
          _property(Kind.SEQUENCE_STATE, "app.counted", "last_value", "41", "40")),
    Plant("view", "views", "create or replace view app.seen as select id from app.changed limit 1",
          _property(Kind.VIEW, "app.seen", "definition", " SELECT id\n   FROM app.changed;",
                    " SELECT id\n   FROM app.changed\n LIMIT 1;")),
    Plant("unpopulated matview", "matviews", "refresh materialized view app.kept with no data",
          _property(Kind.MATVIEW, "app.kept", "populated", "true", "false")),
    Plant("property of a graph", "property-graphs",
          """alter property graph app.ties alter vertex table person
            alter label person add properties (id)""",
          (Mark(Kind.PROPERTY_GRAPH, "app.ties", "property id", None, "integer"),
           Mark(Kind.PROPERTY_GRAPH, "app.ties", "vertex person", '*{"name": "name"}*',
                '*{"id": "id", "name": "name"}*')),
          since=19),
    Plant("function", "functions",
          "create or replace function app.answer() returns int language sql as 'select 43'",
          (Mark(Kind.FUNCTION, "app.answer()", "definition", "*42*", "*43*"),)),
    Plant("aggregate", "aggregates",
          """create or replace aggregate app.total(int)
            (sfunc = int4pl, stype = int, initcond = '1')""",
          (Mark(Kind.FUNCTION, "app.total(integer)", "aggregate", '*initval": "0"*',
                '*initval": "1"*'),)),
    Plant("enum label", "types", "alter type app.mood add value 'mid' before 'high'",
          _property(Kind.TYPE, "app.mood", "labels", '["low", "high"]', '["low", "mid", "high"]')),
    Plant("collation", "collations", "drop collation app.plain",
          _missing(Kind.COLLATION, "app.plain", "c")),
    Plant("text search mapping", "text-search",
          "alter text search configuration app.words drop mapping for email",
          (Mark(Kind.TEXT_SEARCH, "app.words", "mapping", "*", "*"),)),
    Plant("language", "languages", "drop language odd",
          _missing(Kind.LANGUAGE, "odd", "language")),
    Plant("access method", "access-methods", "drop access method shelf",
          _missing(Kind.ACCESS_METHOD, "shelf", "t")),
    Plant("operator", "operators", "drop operator app.=== (int, int)",
          _missing(Kind.OPERATOR, 'app."==="(integer,integer)', "int4eq(integer,integer)")),
    Plant("addition to a family", "family-additions",
          """alter operator family pg_catalog.integer_ops using btree
            add function 1 (int, text) pg_catalog.btint48cmp(int, bigint)""",
          (Mark(Kind.OPERATOR,
                "pg_catalog.integer_ops family using btree function 1 (integer,text)",
                None, None, "btint48cmp(integer,bigint)"),)),
    Plant("cast", "casts", "drop cast (app.pair as int)",
          _missing(Kind.CAST, "(app.pair AS integer)", "f")),
    Plant("transform", "transforms", "drop transform for smallint language sql",
          _missing(Kind.TRANSFORM, "smallint for sql", "transform")),
    Plant("conversion", "conversions", "drop conversion app.western",
          _missing(Kind.CONVERSION, "app.western", "LATIN1 to UTF8")),
    Plant("foreign server", "foreign", "alter server far options (set host 'there')",
          _property(Kind.FOREIGN, "far", "option host", "here", "there")),
    Plant("password of a user mapping", "user-mappings",
          "alter user mapping for public server far options (set password 'another')",
          _property(Kind.FOREIGN, "far for PUBLIC", "option password", "*** (*)", "*** (*)")),
    Plant("publication", "publications", "alter publication told set (publish = 'insert')",
          (Mark(Kind.PUBLICATION, "told", "publish", '*"update": true}', '*"update": false}'),)),
    Plant("subscription", "subscriptions", "alter subscription heard set (binary = true)",
          _property(Kind.SUBSCRIPTION, "heard", "binary", "false", "true")),
    Plant("large-object byte", "large-objects",
          f"select lo_put({LARGE_OBJECT}, 3, 'X')",
          (Mark(Kind.LARGE_OBJECT, str(LARGE_OBJECT), "content", "7 bytes*", "7 bytes*"),)),
    Plant("database limit", "database",
          "alter database {database} connection limit 77",
          (Mark(Kind.DATABASE, "(database)", "connection limit", "-1", "77"),)),
    Plant("database setting", "database-settings",
          "alter database {database} set work_mem = '5MB'",
          (Mark(Kind.DATABASE_SETTING, "(database)", "work_mem", None, "5MB"),)),
    Plant("parameter privilege", "parameter-privileges",
          f"grant set on parameter log_statement to {GRANTEE}",
          (Mark(Kind.ACL, "parameter log_statement", f"(us)=SET/{GRANTEE}", None, "granted"),
           Mark(Kind.ACL, "parameter log_statement", "(us)=SET/(us)", None, "granted"),
           Mark(Kind.ACL, "parameter log_statement", "(us)=ALTER SYSTEM/(us)", None, "granted")),
          since=15),
    Plant("role attribute", "roles", f"alter role {GRANTEE} createdb",
          _property(Kind.ROLE, GRANTEE, "createdb", "false", "true")),
    Plant("comment on a predefined role", "predefined-roles",
          "comment on role pg_monitor is 'planted'",
          (Mark(Kind.COMMENT, "role pg_monitor", "comment", None, "planted"),)),
    Plant("role membership", "memberships", f"grant {OWNER} to {GRANTEE}",
          (Mark(Kind.ROLE_MEMBERSHIP, OWNER, f"{GRANTEE}*", None,
                "admin f*"),)),
    Plant("role setting", "role-settings", f"alter role {GRANTEE} set work_mem = '6MB'",
          (Mark(Kind.ROLE_SETTING, GRANTEE, "work_mem", None, "6MB"),)),
    Plant("tablespace", "tablespaces", f"create tablespace {TABLESPACE} owner {OWNER} location ''",
          (Mark(Kind.TABLESPACE, TABLESPACE, None, None, "tablespace"),)),
)  # fmt: skip

# What the dumps say of some of these to somebody who sees nothing else.
DUMPED = (
    Plant("index, in pg_dump's words", Route.DUMP, "",
          (Mark(Kind.DUMP, "INDEX listed_n", None, "CREATE INDEX listed_n*", None),)),
    Plant("column default, in pg_dump's words", Route.DUMP, "",
          (Mark(Kind.DUMP, "TABLE columns", None, "*DEFAULT 1*", None),
           Mark(Kind.DUMP, "TABLE columns", None, None, "*DEFAULT 2*"))),
    Plant("comment, in pg_dump's words", Route.DUMP, "",
          (Mark(Kind.DUMP, "COMMENT COLUMN noted.id", None, "*the key*", None),
           Mark(Kind.DUMP, "COMMENT COLUMN noted.id", None, None, "*a key*"))),
    Plant("role attribute, in pg_dumpall's words", Route.GLOBALS, "",
          (Mark(Kind.DUMP, f"ALTER ROLE {GRANTEE}", None, "*NOCREATEDB*", None),
           Mark(Kind.DUMP, f"ALTER ROLE {GRANTEE}", None, None, "* CREATEDB*"))),
    Plant("tablespace, in pg_dumpall's words", Route.GLOBALS, "",
          (Mark(Kind.DUMP, f"CREATE TABLESPACE {TABLESPACE}", None, None, "CREATE*"),)),
)  # fmt: skip
