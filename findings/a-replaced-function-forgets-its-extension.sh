#!/usr/bin/env bash
# PostgreSQL 17.10: ALTER FUNCTION ... DEPENDS ON EXTENSION is lost when the function is made again by CREATE OR REPLACE,
# without a notice: then DROP EXTENSION leaves the function. Owner, privileges and comment of a replaced function stay,
# so one would expect the dependency to stay as well. Ours compares these dependencies as items of their own.
source "$(dirname "$0")/server.sh"

depends="select count(*) from pg_depend where objid = 'f'::regproc and deptype = 'x'"
sql postgres -c "create extension hstore; create function f() returns int language sql as 'select 1';
  comment on function f is 'kept'; alter function f depends on extension hstore"
expect "dependencies before" "$(sql postgres -c "$depends")" 1
sql postgres -c "create or replace function f() returns int language sql as 'select 2'"
expect "dependencies after" "$(sql postgres -c "$depends")" 0
expect "comment after" "$(sql postgres -c "select obj_description('f'::regproc, 'pg_proc')")" kept
sql postgres -c 'drop extension hstore'
expect "functions left without the extension" \
  "$(sql postgres -c "select count(*) from pg_proc where proname = 'f'")" 1
