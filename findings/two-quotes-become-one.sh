#!/usr/bin/env bash
# npm pg-hstore 2.3.4, PostgreSQL 17.10: two apostrophes that stand side by side in a key or a value of an hstore are read as
# one. PostgreSQL does not double them in what it sends, so nothing is to be undone; values with '' in them (SQL,
# an empty string in a program's text) arrive changed, and two keys that differ in it become one. Ours compares hstore by
# its own text.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" pg-hstore@2.3.4 >/dev/null
cat >"$home/js/read.js" <<'JS'
const hstore = require('pg-hstore')()
console.log(JSON.stringify(hstore.parse(require('fs').readFileSync(0, 'utf8').trim())))
JS
sql postgres -c "create extension hstore; create table t (h hstore)"
sql postgres <<'SQL'
insert into t values (hstore(array['code', 'k''', 'k'''''], array['set v = ''''', 'one', 'two']))
SQL
expect "sent" "$(sql postgres -c 'select h from t')" "\"k'\"=>\"one\", \"k''\"=>\"two\", \"code\"=>\"set v = ''\""
expect "read" "$(sql postgres -c 'select h from t' | node "$home/js/read.js")" \
  "{\"k'\":\"two\",\"code\":\"set v = '\"}"
