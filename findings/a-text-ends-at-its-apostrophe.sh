#!/usr/bin/env bash
# npm pg-logical-replication 2.5.0, TestDecodingPlugin, PostgreSQL 17.10: of a text with an apostrophe in it, which
# test_decoding writes doubled as in SQL, only what stands before the apostrophe is handed over; the rest is gone, without
# an error. The old and the new key of an UPDATE come as columns of the names `old-key: id` and `new-tuple: id`. One would
# expect the value that was inserted. A replicator built on it writes shortened text; ours compares the rows.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" pg-logical-replication@2.5.0 >/dev/null
sql postgres -c 'create table t (id int primary key, v text)'
sql postgres -c "select pg_create_logical_replication_slot('s', 'test_decoding')" >/dev/null
sql postgres -c "insert into t values (1, 'it''s all here'); update t set id = 2"
sql postgres -c "select data from pg_logical_slot_get_changes('s', null, null)" | grep '^table' >"$home/js/changes"
expect "decoded" "$(head -1 "$home/js/changes")" "table public.t: INSERT: id[integer]:1 v[text]:'it''s all here'"
cat >"$home/js/read.js" <<'JS'
const { TestDecodingPlugin } = require('pg-logical-replication')
const plugin = new TestDecodingPlugin({})
for (const line of require('fs').readFileSync(`${__dirname}/changes`, 'utf8').trim().split('\n')) {
  const change = plugin.parse(Buffer.from(line))
  console.log(change.action, JSON.stringify(Object.fromEntries(change.data.map(({ name, value }) => [name, value]))))
}
JS
seen=$(node "$home/js/read.js")
expect "inserted" "$(head -1 <<<"$seen")" 'INSERT {"id":"1","v":"it"}'
expect "updated" "$(tail -1 <<<"$seen")" 'UPDATE {"old-key: id":"1","new-tuple: id":"2","v":"it"}'
