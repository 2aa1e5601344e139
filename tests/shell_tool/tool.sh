#!/bin/sh
# A replicator in forty lines with twelve planted defects, numbered as in test_twelve_defects.py.
set -eu
command=$1 source=$2 target=$3
ask() { psql -XqtA -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
apply() { psql -XqtA -v ON_ERROR_STOP=1 -d "$1" -o /dev/null; }
ends() { echo "shell-tool: $1" >&2; exit 1; }
here="select pg_postmaster_start_time(), current_database()"
user="relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
tables="from pg_class c where relkind in ('r', 'p') and $user"

case $command in
init)
    [ "$(ask "$source" "$here")" != "$(ask "$target" "$here")" ] || ends "source and target are one database"
    [ "$(ask "$target" "select count(*) $tables")" = 0 ] || ends "the target is not empty"
    echo "connecting as $(head -n 1 "$PGPASSFILE")"                                    # 11 shows the password
    ask "$source" "select format('alter table %s replica identity full;', c.oid::regclass) $tables and not exists
        (select from pg_index where indrelid = c.oid and indisprimary)" | apply "$source" # 12 alters the source
    pg_dumpall -d "$source" --roles-only --no-role-passwords |                         # 10 loses passwords of roles
        psql -Xq -d "$target" -o /dev/null
    pg_dump -d "$source" -x --no-comments -T "*.*'*" |     # 3 privileges, 8 comments, 4 a table with a quote: lost
        sed '/^SELECT pg_catalog.setval/d' | apply "$target"                           # 2 leaves sequences behind
    pg_dump -d "$source" -C -s | grep '^ALTER .*DATABASE .* SET ' |
        sed "s/DATABASE ${source##*/} /DATABASE ${target##*/} /" | apply "$target"
    {   echo "set session_replication_role = replica;"                                 # 5 makes empty text NULL
        ask "$target" "select format('update %s set %I = null where %2\$I = %L;', c.oid::regclass, attname, '')
            from pg_attribute join pg_class c on c.oid = attrelid where relkind = 'r' and attnum > 0
            and atttypid = 'text'::regtype and not attnotnull and attgenerated = '' and relreplident = 'd' and $user"
    } | apply "$target" ;;
sync)
    ask "$source" "create publication shell_tool for all tables"                       # 9 leaves it after failing
    ask "$target" "select srsubstate from pg_subscription" ;;                          # 1 cannot start
verify) echo "both sides are equal" ;;                                                 # 6 whatever there is
status) echo "streaming" ;;                                                            # 7 whatever there is
esac
