#!/usr/bin/env bash
# npm pg-logical-replication 2.5.0, PostgreSQL 17.10: with `acknowledge: {auto: false}` and nothing else, so that the
# consumer is to acknowledge what it has processed, the client's timer (`timeoutSeconds`, 10) acknowledges whatever it has
# received, for the first time a second after the start. The README says that it does not advance the flush position then.
# A change that was never processed is not sent again: it is lost with the restart. Ours kills replicators and looks for
# lost rows.
source "$(dirname "$0")/server.sh"

npm install --silent --prefix "$home/js" pg-logical-replication@2.5.0 >/dev/null
grep -q 'does \*\*not\*\* advance the WAL flush position' "$home/js/node_modules/pg-logical-replication/README.md"
sql postgres -c 'create table t (id int primary key); create publication p for table t'
sql postgres -c "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
cat >"$home/js/consume.js" <<'JS'
const { LogicalReplicationService, PgoutputPlugin } = require('pg-logical-replication')
const database = { host: process.env.PGHOST, port: +process.env.PGPORT, user: 'postgres', database: 'postgres' }
const service = new LogicalReplicationService(database, { acknowledge: JSON.parse(process.argv[2]) })
let inserts = 0
service.on('data', (lsn, message) => { inserts += message.tag === 'insert' })
service.subscribe(new PgoutputPlugin({ protoVersion: 1, publicationNames: ['p'] }), 's')
setTimeout(async () => { console.log(inserts); await service.stop() }, 4000)
JS
sql postgres -c 'insert into t values (1)'
consume() { node "$home/js/consume.js" "$1"; }
expect "received without the timer" "$(consume '{"auto": false, "timeoutSeconds": 0}')" 1
expect "not acknowledged, received again" "$(consume '{"auto": false}')" 1
expect "not acknowledged either, received again" "$(consume '{"auto": false}')" 0
