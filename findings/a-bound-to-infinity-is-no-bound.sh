#!/usr/bin/env bash
# npm postgres-range 1.1.4, PostgreSQL 17.10: a bound that ends in "infinity" is read as no bound, whatever the type: a range
# of dates up to `infinity`, which PostgreSQL calls bounded and unequal to an open one, and a range of texts up to the
# words 'to infinity'. Written back, the range is another one; spaces at the ends of a text bound are lost as well.
# A copy through it differs; ours compares ranges as the server prints them.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" postgres-range@1.1.4 >/dev/null
cat >"$home/js/again.js" <<'JS'
const range = require('postgres-range')
for (const text of require('fs').readFileSync(0, 'utf8').trim().split('\n')) {
  console.log(range.serialize(range.parse(text)))
}
JS
sql postgres -c "create type texts as range (subtype = text, collation = \"C\");
  create table source (id int, days daterange, words texts);
  insert into source values (1, '[2020-01-01,infinity)', '[a,\"to infinity\"]'), (2, 'empty', '[\" a\",b]')"
sql postgres -c "create table target (like source)"
for id in 1 2; do
  days=$(sql postgres -c "select days from source where id = $id" | node "$home/js/again.js")
  words=$(sql postgres -c "select words from source where id = $id" | node "$home/js/again.js")
  sql postgres -v days="$days" -v words="$words" <<<"insert into target values ($id, :'days', :'words')"
done
expect "as it was" "$(sql postgres -c 'select days, words from source where id = 1')" '[2020-01-01,infinity)|[a,"to infinity"]'
expect "copied" "$(sql postgres -c 'select days, words from target where id = 1')" '[2020-01-01,)|[a,)'
expect "open above: source, target; equal" \
  "$(sql postgres -c "select upper_inf(s.days), upper_inf(t.days), s.days = t.days from source s join target t using (id) where id = 1")" \
  "f|t|f"
expect "as it was" "$(sql postgres -c 'select words from source where id = 2')" '[" a",b]'
expect "copied" "$(sql postgres -c 'select words from target where id = 2')" '[a,b]'
