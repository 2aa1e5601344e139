#!/usr/bin/env bash
# PostgreSQL 17.10: of a function whose arguments are in part named, in part not, and whose body is SQL-standard
# (BEGIN ATOMIC), pg_dump and pg_get_functiondef write a use of the unnamed argument as "", an empty identifier. The
# dump cannot be restored: psql ends with 42601, and the copy lacks the function. One would expect $2, as it was written.
# Ours says that the function is missing; a tool that restores a dump without looking at errors does not.
source "$(dirname "$0")/server.sh"

# shellcheck disable=SC2016
sql postgres -c 'create function f(a int, int) returns int begin atomic select $2 + a; end'
expect "used" "$(sql postgres -c 'select f(1, 2)')" 3
expect "its body" "$(sql postgres -c "select pg_get_function_sqlbody('f'::regproc)" | tr -s ' \n' ' ')" \
  'BEGIN ATOMIC SELECT ("" + a); END '
sql postgres -c 'create database copy'
status=0
"$bin/pg_dump" postgres | sql copy >/dev/null 2>"$home/data/said" || status=$?
expect "exit of psql" "$status" 3
expect "what it says" "$(head -1 "$home/data/said" | sed 's/^psql:[^ ]* //')" \
  'ERROR:  zero-length delimited identifier at or near """"'
expect "functions of that name in the copy" "$(sql copy -c "select count(*) from pg_proc where proname = 'f'")" 0
