"""Errors as servers log them, and the defect that each is an instance of.

Read in logs of PostgreSQL 17 and 18, or made from the texts of its sources.
"""

from __future__ import annotations

from dataclasses import dataclass

RELEASE = "create table orders (id int primary key, price numeric); create schema shop;"
TWINS = 'create table "T1" (id int, "Value" text); create type mood as enum ()'


@dataclass(frozen=True)
class Line:
    """An error in a server's log; `case` are the statements of the case in which it happened."""

    defect: str
    sqlstate: str
    message: str
    statement: str = ""
    case: str = ""
    process: str = "client backend"
    context: str = ""


SYNC, APPLY = "logical replication tablesync worker", "logical replication apply worker"
SENDER = "walsender"

SERVER = (
    # The tool asks a catalog for what it does not have: the column's name is the defect.
    Line("srsubstate", "42703", 'column "srsubstate" does not exist',
         "SELECT srsubstate FROM pg_stat_subscription WHERE subname = $1"),
    Line("srsubstate", "42703", 'column "srsubstate" does not exist',
         "SELECT srsubstate FROM pg_stat_subscription WHERE subname = $1", RELEASE),
    Line("srsubstate", "42703", 'column "srsubstate" does not exist',
         "SELECT\n\tsubname,\n\tsrsubstate\nFROM pg_stat_subscription WHERE subname = 'x'", TWINS),
    Line("s.srsubstate", "42703", "column s.srsubstate does not exist",
         "select s.srsubstate from pg_stat_subscription s", TWINS),
    Line("s.srsubstate", "42703", "column s.srsubstate does not exist",
         "select s.srsubstate from pg_stat_subscription s"),
    Line("daticulocale", "42703", 'column "daticulocale" does not exist',
         "SELECT datname, daticulocale FROM pg_database"),
    Line("updated_at", "42703", 'column "updated_at" does not exist',
         'select max(updated_at) from "public"."orders"', RELEASE),
    Line("updated_at", "42703", 'column "updated_at" does not exist',
         'select max(updated_at) from "public"."T1"', TWINS),
    # A column of the case that the target lacks: its name is nobody's defect.
    Line("copy into a missing column", "42703",
         'column "price" of relation "orders" does not exist',
         "COPY public.orders (id, price) FROM stdin;", RELEASE),
    Line("copy into a missing column", "42703", 'column "Value" of relation "T1" does not exist',
         'COPY public."T1" (id, "Value") FROM stdin;', TWINS),
    Line("copy into a missing column", "42703", 'column "extra" of relation "w" does not exist',
         "COPY public.w (id, extra) FROM stdin;\n"),
    Line("index on a missing column", "42703", 'column "nope" does not exist',
         "create index i on a (nope);"),
    Line("view of a missing column", "42703", 'column "nope" does not exist',
         "create view v as select nope from a;"),
    Line("index on a missing column", "42703", 'column "other" does not exist',
         "create index j on b (other);"),
    Line("view of a missing column", "42703", 'column "price" does not exist',
         "CREATE VIEW public.v AS SELECT price FROM public.orders", RELEASE),
    Line("drop of a column in use", "2BP01",
         "cannot drop column price of table orders because other objects depend on it",
         "ALTER TABLE orders DROP COLUMN price", RELEASE),
    Line("drop of a column in use", "2BP01",
         "cannot drop column c of table w because other objects depend on it",
         "ALTER TABLE w DROP COLUMN c"),
    # Names of a case go, with whatever letters.
    Line("create what exists", "42P07", 'relation "orders" already exists',
         "CREATE TABLE public.orders (\n    id integer NOT NULL\n);", RELEASE),
    Line("create what exists", "42P07", 'relation "T1" already exists',
         'CREATE TABLE public."T1" (id integer);', TWINS),
    Line("create what exists", "42P07", 'relation "nokey" already exists',
         "CREATE TABLE public.nokey (\n    v text\n);\n\n\n"),
    Line("create an index that exists", "42P07", 'relation "orders_price_idx" already exists',
         "CREATE INDEX orders_price_idx ON public.orders USING btree (price);", RELEASE),
    Line("second primary key", "42P16", 'multiple primary keys for table "u" are not allowed',
         "ALTER TABLE ONLY public.u\n    ADD CONSTRAINT u_pkey PRIMARY KEY (id);"),
    Line("second primary key", "42P16", 'multiple primary keys for table "w" are not allowed',
         "ALTER TABLE ONLY public.w\n    ADD CONSTRAINT w_pkey PRIMARY KEY (id);"),
    Line("query of no table", "42P01", 'relation "public.orders" does not exist',
         "SELECT count(*) FROM public.orders", RELEASE),
    Line("query of no table", "42P01", 'relation "public.T1" does not exist',
         'SELECT count(*) FROM public."T1"', TWINS),
    Line("query of a catalog of another version", "42P01",
         'relation "pg_catalog.pg_parameter_acl" does not exist',
         "SELECT * FROM pg_catalog.pg_parameter_acl", TWINS),
    Line("the tool's own table", "42P01", 'relation "seren_checkpoint" does not exist',
         "SELECT count(*) FROM seren_checkpoint", RELEASE),
    Line("publication of no table", "42P01", 'relation "zz" does not exist',
         "create publication p for table a, zz;"),
    Line("foreign key to no table", "42P01", 'relation "q" does not exist',
         "alter table a add constraint fk foreign key (id) references q (id);"),
    Line("enum that is missing", "42704", 'type "public.mood" does not exist',
         "CREATE TABLE public.c (m public.mood)", TWINS),
    Line("enum that is missing", "42704", 'type "feeling" does not exist',
         "create table c (m feeling)"),
    Line("citext that is missing", "42704", 'type "public.citext" does not exist',
         "CREATE TABLE public.c (m public.citext)", TWINS),
    Line("citext that is missing", "42704", 'type "public.citext" does not exist',
         "CREATE TABLE public.d (n public.citext)"),
    Line("hstore that is missing", "42704", 'type "public.hstore" does not exist',
         "CREATE TABLE public.d (n public.hstore)"),
    Line("postgis", "0A000", 'extension "postgis" is not available', "create extension postgis;"),
    Line("vector", "0A000", 'extension "vector" is not available', "create extension vector;"),
    Line("plpython", "42704", 'language "plpython3u" does not exist',
         "create function f() returns int language plpython3u as 'x';"),
    Line("role for a grant", "42704", 'role "assay_1a2b3c4d_app" does not exist',
         "GRANT SELECT ON TABLE public.orders TO assay_1a2b3c4d_app;", RELEASE),
    Line("role for a grant", "42704", 'role "nobody" does not exist',
         "grant select on a to nobody;"),
    Line("role for an owner", "42704", 'role "assay_99999999_owner" does not exist',
         "ALTER TABLE public.orders OWNER TO assay_99999999_owner;", RELEASE),
    Line("a newer setting", "42704", 'unrecognized configuration parameter "transaction_timeout"',
         "SET transaction_timeout = 0;"),
    Line("another newer setting", "42704",
         'unrecognized configuration parameter "idle_session_timeout"',
         "SET idle_session_timeout = 0;"),
    Line("bootstrap role", "42710", 'role "postgres" already exists', "CREATE ROLE postgres;"),
    Line("no such function", "42883",
         "function pg_catalog.pg_get_subscription_ddl(oid) does not exist",
         "SELECT pg_catalog.pg_get_subscription_ddl(1)", RELEASE),
    Line("function of a case", "42883", "function public.shop_total(integer) does not exist",
         "CREATE VIEW public.v AS SELECT public.shop_total(1)",
         "create function shop_total(n int) returns int language sql as 'select n';"),
    Line("function of a case", "42883", "function public.tax(integer) does not exist",
         "CREATE VIEW public.w AS SELECT public.tax(1)",
         "create function tax(n int) returns int language sql as 'select n';"),
    Line("function on a type of a case", "42883", "function public.rank(public.mood) does not"
         " exist", "SELECT public.rank(m) FROM public.c",
         "create type mood as enum (); create function rank(m mood) returns int"),
    Line("function on a type of a case", "42883", "function public.worth(public.level) does not"
         " exist", "SELECT public.worth(m) FROM public.d",
         "create type level as enum (); create function worth(m level) returns int"),
    Line("tool's function", "42883", "function no_such(integer, unknown) does not exist",
         "select no_such(1, 'x');"),
    Line("tool's other function", "42883", "function none_such(integer, unknown) does not"
         " exist", "select none_such(1, 'x');"),
    # Rows.
    Line("key twice in COPY", "23505",
         'duplicate key value violates unique constraint "orders_pkey"',
         "COPY public.orders (id, price) FROM stdin;", RELEASE, context="COPY orders, line 1"),
    Line("key twice in COPY", "23505", 'duplicate key value violates unique constraint "u_pkey"',
         "COPY public.u (id, v) FROM stdin;\n", context="COPY u, line 1"),
    Line("key twice in the copy of a subscription", "23505",
         'duplicate key value violates unique constraint "u_pkey"',
         process=SYNC, context="COPY u, line 1"),
    Line("key twice in the copy of a subscription", "23505",
         'duplicate key value violates unique constraint "orders_pkey"', case=RELEASE,
         process=SYNC, context="COPY orders, line 3"),
    Line("key twice in the stream", "23505",
         'duplicate key value violates unique constraint "u_pkey"',
         process=APPLY, context='processing remote data for replication origin "pg_16421" during'
         ' message type "INSERT" for replication target relation "public.u" in transaction 740,'
         " finished at 0/16FD478"),
    Line("key twice in the stream", "23505",
         'duplicate key value violates unique constraint "orders_pkey"', case=RELEASE,
         process=APPLY, context='processing remote data for replication origin "pg_16500" during'
         ' message type "INSERT" for replication target relation "public.orders" in transaction'
         " 812, finished at 0/17A0000"),
    Line("column that the target lacks", "55000", "logical replication target relation"
         ' "public.w" is missing replicated column: "extra"', process=SYNC),
    Line("column that the target lacks", "55000", "logical replication target relation"
         ' "shop.orders" is missing replicated column: "price"', case=RELEASE, process=SYNC),
    Line("table that the target lacks", "55000",
         'logical replication target relation "public.orders" does not exist',
         case=RELEASE, process=SYNC),
    Line("not null", "23502", 'null value in column "mood" of relation "a" violates not-null'
         " constraint", "insert into a values (1, 1, null);"),
    Line("not null", "23502", 'null value in column "price" of relation "orders" violates not-null'
         " constraint", "INSERT INTO orders VALUES (1, null)", RELEASE),
    Line("check", "23514", 'new row for relation "a" violates check constraint "a_price_check"',
         "insert into a values (1, -1, 'x');"),
    Line("integer", "22P02", 'invalid input syntax for type integer: "notint"',
         "copy a from stdin;", context='COPY a, line 1, column id: "notint"'),
    Line("integer", "22P02", 'invalid input syntax for type integer: "12,5"',
         "COPY orders FROM STDIN", RELEASE, context='COPY orders, line 7, column id: "12,5"'),
    Line("json", "22P02", 'invalid input syntax for type json: "{a"', "copy a from stdin;"),
    Line("enum value", "22P02", 'invalid input value for enum mood: "sad"', "copy a from stdin;",
         TWINS),
    Line("enum value", "22P02", 'invalid input value for enum public.level: "high"',
         "copy b from stdin;"),
    Line("latin1", "22P05", "character with byte sequence 0xe2 0x82 0xac in encoding"
         ' "UTF8" has no equivalent in encoding "LATIN1"', "COPY public.t TO stdout"),
    Line("latin1", "22P05", "character with byte sequence 0xc4 0x85 in encoding"
         ' "UTF8" has no equivalent in encoding "LATIN1"', "COPY public.u TO stdout"),
    Line("too long", "22001", "value too long for type character varying(20)", "COPY t FROM STDIN"),
    Line("too long", "22001", "value too long for type character varying(5)", "COPY u FROM STDIN"),
    # Replication.
    Line("no replica identity", "55000", 'cannot delete from table "nokey" because it does not have'
         " a replica identity and publishes deletes", "delete from nokey;"),
    Line("no replica identity", "55000",
         'cannot delete from table "orders" because it does not have'
         " a replica identity and publishes deletes", "delete from orders where id = 3", RELEASE),
    Line("publisher not reachable", "08006", 'subscription "s" could not connect to the publisher:'
         ' connection to server at "127.0.0.1", port 5433 failed: Connection refused',
         "create subscription s connection 'host=127.0.0.1 port=5433 dbname=x' publication p;"),
    Line("publisher not reachable", "08006",
         'subscription "seren_assay_0a1b2c3d_7" could not connect'
         ' to the publisher: connection to server at "10.0.0.7", port 61000 failed: Connection'
         ' refused',
         "CREATE SUBSCRIPTION \"seren_assay_0a1b2c3d_7\" CONNECTION 'host=10.0.0.7' PUBLICATION p",
         RELEASE),
    Line("no slots left", "53400", "all replication slots are in use",
         'CREATE_REPLICATION_SLOT "s" LOGICAL pgoutput (SNAPSHOT \'nothing\')', process=SENDER),
    Line("no publication", "42704", 'publication "seren_pub" does not exist', process=SENDER,
         statement='START_REPLICATION SLOT "a" LOGICAL 0/16FD1C8 (proto_version \'4\')'),
    Line("no publication", "42704", 'publication "seren_pub" does not exist', process=SENDER,
         statement='START_REPLICATION SLOT "b" LOGICAL 0/0 (proto_version \'4\')'),
    Line("WAL is gone", "58P01", "requested WAL segment 0000000100000000000000A1 has already been"
         " removed", 'START_REPLICATION SLOT "a" LOGICAL 0/0', process=SENDER),
    Line("WAL is gone", "58P01", "requested WAL segment 000000010000000000000007 has already been"
         " removed", 'START_REPLICATION SLOT "b" LOGICAL 0/5', process=SENDER),
    # Privileges.
    Line("no right on a table", "42501", "permission denied for table orders",
         "COPY public.orders (id) TO stdout;", RELEASE),
    Line("no right on a table", "42501", "permission denied for table w",
         "COPY public.w TO stdout;"),
    Line("no right on a schema", "42501", "permission denied for schema shop",
         "COPY shop.orders TO stdout;", RELEASE),
    Line("no right on a catalog", "42501", "permission denied for table pg_subscription",
         "select subconninfo from pg_subscription"),
    Line("password", "28P01", 'password authentication failed for user "app"'),
    Line("password", "28P01", 'password authentication failed for user "assay_12345678_x"'),
    Line("no database", "3D000", 'database "assay_12345678_3" does not exist'),
    # Others.
    Line("still needed", "2BP01", "cannot drop table orders because other objects depend on it",
         "DROP TABLE orders", RELEASE),
    Line("still needed", "2BP01", "cannot drop table w because other objects depend on it",
         "DROP TABLE w"),
    Line("missing library", "58P01", 'could not access file "$libdir/postgis-3": No such file or'
         " directory",
         "CREATE FUNCTION public.f() RETURNS integer LANGUAGE c AS '$libdir/postgis-3'"),
    Line("another missing library", "58P01", 'could not access file "$libdir/vector": No such file'
         " or directory", "CREATE FUNCTION public.g() RETURNS integer LANGUAGE c"),
    Line("decoderbufs", "58P01", 'could not access file "decoderbufs": No such file or directory',
         "SELECT pg_create_logical_replication_slot('x', 'decoderbufs')"),
    Line("wal2json", "58P01", 'could not access file "wal2json": No such file or directory',
         "SELECT pg_create_logical_replication_slot('x', 'wal2json')"),
    Line("syntax near a word", "42601", 'syntax error at or near "order"', "select * from order",
         RELEASE),
    Line("syntax near a name", "42601", 'syntax error at or near "MixedCase"',
         "select count(*) from MixedCase x y"),
    Line("syntax near a name", "42601", 'syntax error at or near "Kunde"',
         "select count(*) from Kunde x y"),
    Line("syntax near a dash", "42601", 'syntax error at or near "-"', "select count(*) from a-b"),
    Line("statement timeout", "57014", "canceling statement due to statement timeout",
         "select pg_sleep(100)"),
    Line("relation by number", "XX000", "could not open relation with OID 16400", "select 1"),
    Line("relation by number", "XX000", "could not open relation with OID 24577", "select 1"),
)  # fmt: skip
