#!/usr/bin/env bash
# npm pg-copy-streams-binary 2.2.0, PostgreSQL 17.10: a NULL that is the last element of a text[] (or varchar[], bytea[]) in
# COPY's binary format is read as an empty value: the length -1 is taken as 4294967295, and what is cut out of the
# buffer there is empty. One would expect null, as for a column that is NULL. Ours compares NULL and '' as two values.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" pg-copy-streams-binary@2.2.0 >/dev/null
cat >"$home/js/read.js" <<'JS'
const { rowReader } = require('pg-copy-streams-binary')
const reader = rowReader({ mapping: [{ key: 'column', type: 'text' }, { key: 'array', type: '_text' }] })
process.stdin.pipe(reader).on('data', (row) => console.log(JSON.stringify(row)))
JS
sql postgres -c "create table t (c text, a text[]); insert into t values (null, '{x,NULL}')"
expect "as it is" "$(sql postgres -c "select c is null, a from t")" "t|{x,NULL}"
expect "read" "$(sql postgres -c 'copy t to stdout (format binary)' | node "$home/js/read.js")" \
  '{"column":null,"array":["x",""]}'
