#!/usr/bin/env bash
# PostgreSQL 17.10: what `pg_get_constraintdef` says of a check is another text after pg_dump and psql, with the same
# meaning; after a second restore it stays. The cast of an ARRAY moves to its elements, a nested AND is flattened.
# One would expect a text that is a fixed point of dump and restore: schema differs by this text call faithful copies
# different. Ours compares such texts by the tree that the grammar makes of them (docs/compare.md).
source "$(dirname "$0")/server.sh"

sql postgres -c "create table t (s varchar(9) check (s in ('a', 'b')), a int check (a between 1 and 5 and a is not null))"
for name in once twice; do
  sql postgres -c "create database $name"
  from=$([ $name = once ] && echo postgres || echo once)
  "$bin/pg_dump" "$from" | sql $name >/dev/null
done
checks="select pg_get_constraintdef(oid) from pg_constraint where conname = 't_s_check'"
nested="select pg_get_constraintdef(oid) from pg_constraint where conname = 't_a_check'"
expect "as created" "$(sql postgres -c "$checks")" \
  "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))"
expect "restored" "$(sql once -c "$checks")" \
  "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))"
expect "restored again" "$(sql twice -c "$checks")" "$(sql once -c "$checks")"
expect "as created" "$(sql postgres -c "$nested")" "CHECK ((((a >= 1) AND (a <= 5)) AND (a IS NOT NULL)))"
expect "restored" "$(sql once -c "$nested")" "CHECK (((a >= 1) AND (a <= 5) AND (a IS NOT NULL)))"
