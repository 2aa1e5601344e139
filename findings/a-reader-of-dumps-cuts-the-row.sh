#!/usr/bin/env bash
# pgdumplib 4.0.0, PostgreSQL 17.10: `table_data` of a dump in custom format strips the end of each row: spaces at the end
# of the last column are lost, and of a row whose last columns are empty texts these columns are missing. One would
# expect as many columns as there are. Data that is read from a dump and loaded elsewhere is changed, without an error.
# Ours tells a lost blank and '' from NULL: both are mutants of its corpus.
source "$(dirname "$0")/server.sh"

"$home/venv/bin/pip" install --quiet --disable-pip-version-check pgdumplib==4.0.0
sql postgres -c "create table t (id int, a text, b text); insert into t values (1, 'x', 'y  '), (2, '', ''), (3, 'x', ' z')"
"$bin/pg_dump" --format=custom --file="$home/dump" postgres
seen=$("$home/venv/bin/python" - "$home/dump" <<'PY'
import sys

import pgdumplib

for row in pgdumplib.load(sys.argv[1]).table_data("public", "t"):
    print(row)
PY
)
expect "rows with three columns in the table" "$(sql postgres -c 'select count(*) from t where num_nonnulls(id, a, b) = 3')" 3
expect "read" "$seen" "('1', 'x', 'y')
('2',)
('3', 'x', ' z')"
