#!/usr/bin/env bash
# PostgreSQL 17.10: the default of a domain, as information_schema.domains and pg_type.typdefault show it, is the text
# of the day on which it was made: after a sequence was renamed it names one that does not exist, while inserts and
# pg_dump use the renamed one. A column's default follows the name. Who compares domains by that text sees differences
# that are none and none where two defaults mean different functions; ours asks for the stored expression.
source "$(dirname "$0")/server.sh"

sql postgres -c "create sequence s; create domain d as bigint default nextval('s'); alter sequence s rename to renamed;
  create table t (d d, n int); insert into t (n) values (1)"
expect "information_schema" \
  "$(sql postgres -c "select domain_default from information_schema.domains where domain_name = 'd'")" \
  "nextval('s'::regclass)"
expect "the stored expression" \
  "$(sql postgres -c "select pg_get_expr(typdefaultbin, 0) from pg_type where typname = 'd'")" \
  "nextval('renamed'::regclass)"
expect "sequences that are called s" "$(sql postgres -c "select count(*) from pg_class where relname = 's'")" 0
expect "inserted" "$(sql postgres -c 'select d, n from t')" "1|1"
