#!/usr/bin/env bash
# Starts PostgreSQL under the contract of the official image: same variables, init scripts, pg_hba.
#
#   POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS   each also as NAME_FILE
#   POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, PGDATA
#   /docker-entrypoint-initdb.d/*.sh *.sql *.sql.gz *.sql.xz *.sql.zst   run once, in order of name
set -euo pipefail

fail() { # WHAT EVIDENCE REMEDY
    printf 'Error: %s\nEvidence: %s\nTo fix: %s\n' "$@" >&2
    exit 1
}

setting() { # NAME [DEFAULT]: export it from NAME, else from the file NAME_FILE, else DEFAULT
    local name=$1 file_name=$1_FILE
    local value=${!name:-} file=${!file_name:-}
    if [ -n "$file" ]; then
        [ -z "$value" ] || fail "$name is set twice." "$name and $file_name" "set one of them"
        [ -r "$file" ] ||
            fail "$file_name cannot be read." "$file as uid $(id -u)" "mount that file"
        value=$(<"$file")
    fi
    export "$name=${value:-${2:-}}"
    unset "$file_name"
}

only_asks() { # ARGUMENTS...: true when postgres would print something and exit
    local argument
    for argument; do
        case $argument in
        -'?' | --help | --describe-config | -V | --version) return 0 ;;
        esac
    done
    return 1
}

make_directories() {
    local directory
    mkdir -p "$PGDATA" /var/run/postgresql ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}
    # A foreign or read-only mount may refuse; then PostgreSQL's own check has the last word.
    chmod 3775 /var/run/postgresql 2>/dev/null || :
    for directory in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
        chmod 0700 "$directory" 2>/dev/null || :
        [ "$(id -u)" != 0 ] || find "$directory" ! -user postgres -exec chown postgres {} +
    done
    [ "$(id -u)" != 0 ] || chown postgres /var/run/postgresql
}

become_postgres() {
    export HOME=/var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
}

require_password() {
    [ -z "$POSTGRES_PASSWORD" ] || return 0
    [ "${POSTGRES_HOST_AUTH_METHOD:-}" = trust ] ||
        fail "Database is uninitialized and superuser password is not specified." \
            "POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are empty" \
            "set one of them, or POSTGRES_HOST_AUTH_METHOD=trust to let everyone in"
}

initialise() {
    local -a options=(--username="$POSTGRES_USER")
    # initdb wants a name for its user id; `docker run --user` may have given it a mere number.
    if ! getent passwd "$(id -u)" >/dev/null; then
        NSS_WRAPPER_PASSWD=$(mktemp)
        NSS_WRAPPER_GROUP=$(mktemp)
        echo "postgres:x:$(id -u):$(id -g):PostgreSQL:$PGDATA:/bin/false" >"$NSS_WRAPPER_PASSWD"
        echo "postgres:x:$(id -g):" >"$NSS_WRAPPER_GROUP"
        export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP LD_PRELOAD=libnss_wrapper.so
    fi
    [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || options+=(--waldir="$POSTGRES_INITDB_WALDIR")
    # The arguments are shell words, quotes included; the password never touches a disk.
    if [ -n "$POSTGRES_PASSWORD" ]; then
        eval 'initdb "${options[@]}" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
            "$POSTGRES_INITDB_ARGS"
    else
        eval 'initdb "${options[@]}"' "$POSTGRES_INITDB_ARGS"
    fi
    if [ -n "${NSS_WRAPPER_PASSWD:-}" ]; then
        rm -f "$NSS_WRAPPER_PASSWD" "$NSS_WRAPPER_GROUP"
        unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
    fi
}

allow_hosts() { # SERVER_ARGUMENTS...
    local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}
    [ "$method" != trust ] || echo 'Warning: every host is let in without a password (trust).' >&2
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

run_sql() { # PSQL_ARGUMENTS...; its own address, whatever PGHOST says
    local -a psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER")
    PGHOST='' PGHOSTADDR='' "${psql[@]}" --dbname "$POSTGRES_DB" "$@"
}

create_database() {
    local found
    local -a ask=(run_sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only --no-align)
    found=$("${ask[@]}" <<<"SELECT 1 FROM pg_database WHERE datname = :'db'")
    [ -n "$found" ] || "${ask[@]}" <<<'CREATE DATABASE :"db"'
}

# The name is part of the contract: init scripts of others call it.
docker_process_sql() { run_sql "$@"; }

run_init_scripts() {
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        *.sh)
            echo "$0: running $script"
            if [ -x "$script" ]; then
                "$script"
            else
                set +u # not theirs to know
                # shellcheck source=/dev/null
                . "$script"
                set -u
            fi
            ;;
        *.sql) echo "$0: running $script" && run_sql -f "$script" ;;
        *.sql.gz) echo "$0: running $script" && gunzip -c "$script" | run_sql ;;
        *.sql.xz) echo "$0: running $script" && xzcat "$script" | run_sql ;;
        *.sql.zst) echo "$0: running $script" && zstd -dc "$script" | run_sql ;;
        *'/*') ;;
        *) echo "$0: ignoring $script" ;;
        esac
    done
}

# Only the socket listens meanwhile: who connects from outside must not meet a half-made database.
with_private_server() { # SERVER_ARGUMENTS...
    local options
    options=$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")
    NOTIFY_SOCKET='' PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -o "$options" -w start
    create_database
    run_init_scripts
    PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop
}

first_start() { # SERVER_ARGUMENTS...
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    require_password
    ls /docker-entrypoint-initdb.d >/dev/null # unreadable: an error now, not an empty database
    initialise
    allow_hosts "$@"
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    with_private_server "$@"
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

main() {
    if [ "${1:0:1}" = - ]; then
        set -- postgres "$@"
    fi
    if [ "${1:-}" = postgres ] && ! only_asks "$@"; then
        make_directories
        [ "$(id -u)" != 0 ] || become_postgres "$@"
        if [ -s "$PGDATA/PG_VERSION" ]; then
            printf '\nPostgreSQL Database directory appears to contain a database; %s\n\n' \
                'Skipping initialization'
        else
            first_start "${@:2}"
        fi
    fi
    exec "$@"
}

main "$@"
