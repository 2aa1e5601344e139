#!/usr/bin/env bash
# npm postgres-interval 4.1.0, PostgreSQL 17.10: `infinity` and `-infinity`, values of interval since 17, are read as an
# interval of nothing, and written back as 0. An error would be expected of a text that it does not know, as PostgreSQL
# itself raises one. An entitlement that never ends has ended; what copies by it makes the target differ, which ours sees.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" postgres-interval@4.1.0 >/dev/null
cat >"$home/js/again.js" <<'JS'
const interval = require('postgres-interval')
for (const text of require('fs').readFileSync(0, 'utf8').trim().split('\n')) {
  const read = interval(text)
  console.log(text, '|', read.toPostgres(), '|', Object.values(read).every((part) => part === 0))
}
JS
seen=$(sql postgres -c "select unnest(array[interval 'infinity', '-infinity', '1 mon -01:00:00'])" | node "$home/js/again.js")
expect "from the server, written back, every part is zero" "$seen" "infinity | 0 | true
-infinity | 0 | true
1 mon -01:00:00 | 1 month -1 hours | false"
expect "the same value for the server" "$(sql postgres -c "select interval 'infinity' = interval '0'")" f
