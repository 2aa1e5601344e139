# Below: how each of the words above is done.

say() { printf '%s\n' "$*"; }

cannot() {
  say "COULD NOT TELL: $*" >&2
  exit 2
}

# For a URL: every byte that means something there as %XX.
encoded() {
  printf '%s' "$1" | LC_ALL=C od -An -v -tx1 | tr ' ' '\n' | while read -r byte; do
    case $byte in
      '') ;;
      2[de] | 3[0-9] | 4[1-9a-f] | 5[0-9af] | 6[1-9a-f] | 7[0-9ae]) printf '%b' "\\0$(printf '%o' "0x$byte")" ;;
      *) printf '%%%s' "$byte" ;;
    esac
  done
}

# What the password file, or PGPASSWORD, has for host $1, port $2, user $3.
password() {
  if [ -n "${PGPASSWORD-}" ]; then
    printf '%s' "$PGPASSWORD"
  elif [ -r "$PGPASSFILE" ]; then
    awk -v host="$1" -v port="$2" -v user="$3" '
      { gsub(/\\:/, "\001"); fields = split($0, f, ":") }
      fields >= 5 && (f[1] == host || f[1] == "*") && (f[2] == port || f[2] == "*") &&
        (f[4] == user || f[4] == "*") {
          gsub(/\001/, ":", f[5]); gsub(/\\\\/, "\\", f[5]); printf "%s", f[5]; exit }' "$PGPASSFILE"
  fi
}

# $1 as the role $2.
as_role() { printf '%s' "$1" | sed "s#//[^@]*@#//$2@#"; }

# $1 with another spelling, $2, of its host.
spelled() { printf '%s' "$1" | sed "s#@[^@]*:#@$2:#"; }

# One more that was seen again, was not, or could not be asked: the lines are counted at the end.
found() {
  say "  -> $1"
  printf '%s\n' "${1%%:*}" >>"$work/found"
}

# Whether what was not true then is not true now.
again_if() { if [ "$1" -ne 0 ]; then found "again: $2"; else found "not seen: $2"; fi; }

# Runs queries on standard input that must each return one true; its exit says whether they did.
all_true() {
  psql -X -q -A -P pager=off -P tuples_only=off -P null=NULL -v ON_ERROR_STOP=1 -d "$1" >"$work/answers" 2>&1 || {
    cat "$work/answers"
    return 1
  }
  awk '/^\([0-9]+ rows?\)$/ { n++; if ($0 != "(1 row)" || before != "t") bad = 1 }
       { before = $0 } END { exit bad || !n }' "$work/answers" || {
    cat "$work/answers"
    return 1
  }
}

# tool PHASE HOW [NAME=VALUE ...] PROGRAM ...: HOW is what it did then, `exit N` or `failed`.
tool() {
  phase=$1 how=$2
  shift 2
  say "== $phase"
  code=0
  rm -f "$work/code"
  watch_arguments &
  watcher=$!
  { # A tool that hangs is ended as it was then.
    limited env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work/tmp" LANG=C.UTF-8 NO_COLOR=1 TERM=dumb \
      PGPASSFILE="$PGPASSFILE" ${PGPASSWORD+PGPASSWORD="$PGPASSWORD"} "$@" 2>&1
    echo $? >"$work/code"
  } </dev/null | tee "$work/output"
  cat "$work/output" >>"$work/outputs"
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  code=$(cat "$work/code")
  say "   exit $code, then $how"
  case $how in
    *' failed') [ "$code" -ne 0 ]; again_if $((! $?)) "$phase fails" ;;
    *' decides') [ "exit $code decides" = "$how" ]; again_if $((! $?)) "$phase ends with $code" ;;
    *' claims') ;;
    "exit $code") ;;
    'exit 0')
      [ "$refusal" = allowed ] || cannot "$phase ended with $code here, and then with $how"
      found "not seen: it says no now, as the case allows"
      conclude
      ;;
    *) cannot "$phase ended with $code here, and then with $how" ;;
  esac
}

limited() {
  if command -v timeout >/dev/null 2>&1; then timeout -k 5 "$limit" "$@"; else "$@"; fi
}

# The same for a command that goes on while the rest happens.
stream() {
  phase=$1
  shift 2
  say "== $phase, left running"
  env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work/tmp" LANG=C.UTF-8 NO_COLOR=1 TERM=dumb \
    PGPASSFILE="$PGPASSFILE" ${PGPASSWORD+PGPASSWORD="$PGPASSWORD"} "$@" >"$work/stream" 2>&1 </dev/null &
  streams="$streams $!"
}

# Notes which programs show a password in their arguments, where the case is about that.
watch_arguments() {
  while [ -n "$secrets" ]; do
    grep -a -l -F -f "$work/secrets" /proc/[0-9]*/cmdline 2>/dev/null | while read -r file; do
      tr '\0' '\n' <"$file" 2>/dev/null | head -1
    done >>"$work/arguments"
  done
}

# Whether a password is seen in this place again: `argv of PROGRAM`, `stdout of PHASE`, or a file.
shown() {
  seen=0
  case $1 in
    'argv of '*) grep -q -e "/${1#argv of }\$" -e "^${1#argv of }\$" "$work/arguments" && seen=1 ;;
    *' of '*) grep -q -a -F -f "$work/secrets" "$work/outputs" && seen=1 ;;
    *) grep -q -a -F -f "$work/secrets" "$work/tmp/$1" && seen=1 ;;
  esac
  again_if "$seen" "a password in $1"
}

# What the tool had to name, and did not.
unnamed() {
  if grep -q -a -F -e "$1" "$work/output"; then found "not seen: $1 is named"; else found "again: $1 is not named"; fi
}

ask() { psql -X -q -A -t -d "$1" -c "$2" 2>/dev/null; }

# Until each slot of the source has passed what is written, and each subscribed table is in sync.
# $1 says whether the stream came so far then, $2 for how many seconds it is waited for.
wait_for_stream() {
  say "== wait for the stream"
  # Something that has to be passed, and touches no table.
  ask "$source/$database" "select pg_logical_emit_message(true, 'by hand', '')" >/dev/null
  end=$(ask "$source/$database" 'select pg_current_wal_lsn()')
  behind="select count(*) from pg_replication_slots where slot_type = 'logical'
    and database = current_database() and (confirmed_flush_lsn < '$end' or confirmed_flush_lsn is null)"
  unready="select count(*) from pg_subscription_rel where srsubstate <> 'r'"
  slots=$(ask "$source/$database" 'select count(*) from pg_replication_slots where database = current_database()')
  [ "$slots" != 0 ] || sleep 3
  until=$(($(date +%s) + $2))
  until [ "$(ask "$source/$database" "$behind")" = 0 ] && [ "$(ask "$target/$database" "$unready")" = 0 ]; do
    if [ "$(date +%s)" -gt "$until" ]; then
      say "   not caught up:"
      psql -X -d "$source/$database" -c 'select slot_name, active, wal_status, confirmed_flush_lsn from pg_replication_slots'
      psql -X -d "$target/$database" -c 'select srrelid::regclass, srsubstate from pg_subscription_rel'
      case $1 in
        stalled) found "again: the stream stands still" ;;
        crossed) cannot "the stream stands still here, and did not then" ;;
      esac
      return
    fi
    sleep 0.2
  done
  case $1$slots in
    stalled0) found "again: the source has no slot, nothing can be streaming" ;;
    stalled*) found "not seen: the stream stands still" ;;
  esac
}

# A psql line's answer, without what differs by itself.
answer() { sed 's/port [0-9][0-9]*/port ?/'; }

source_says() {
  answer >"$work/source"
  say "source:"
  cat "$work/source"
}

target_shows() {
  answer >"$work/target"
  say "target:"
  cat "$work/target"
}

target_says() {
  target_shows
  if grep -q '^ERROR:' "$work/source" && grep -q '^ERROR:' "$work/target"; then
    found "unknown: neither side answers"
  else
    cmp -s "$work/source" "$work/target"
    again_if $? "a difference"
  fi
}

# What must not be there at all, whatever the source has.
target_has_it() {
  target_shows
  grep -q -e '^(0 rows)' -e '^ERROR:' "$work/target"
  again_if $? "it is there"
}

# One side at two moments, by number.
before() { answer >"$work/before.$1"; }

after() {
  answer >"$work/after"
  say "before:"
  cat "$work/before.$1"
  say "now:"
  cat "$work/after"
  cmp -s "$work/before.$1" "$work/after"
  again_if $? "a change"
}

# What has no short query: whether `assay compare` finds something of kind $3 about object $4.
compared() {
  say "assay compare '$1' '$2'"
  assay compare "$1" "$2" --no-self-test --quiet --all --json >"$work/compared" 2>&1
  code=$?
  if [ "$code" -gt 1 ]; then
    cat "$work/compared"
    found "unknown: assay compare ended with $code"
    return
  fi
  grep -A 6 -F "\"kind\": \"$3\"" "$work/compared" | grep -A 5 -F "\"object\": $4"
  again_if $((! $?)) "$3 $4 differs"
}

# Which server, by URLs of our own making: what the caller's say is asked of libpq.
open() {
  where=$(psql -X -q -A -t -d "$1" 2>&1 <<'SQL'
\echo :HOST
\echo :PORT
\echo :USER
\echo :DBNAME
SQL
) || cannot "$where"
  host=$(printf '%s' "$where" | sed -n 1p) port=$(printf '%s' "$where" | sed -n 2p)
  user=$(printf '%s' "$where" | sed -n 3p) name=$(printf '%s' "$where" | sed -n 4p)
  secret=$(password "$host" "$port" "$user")
  [ -z "$secret" ] || printf '%s\n' "$secret" >>"$work/secrets" # an empty line would fit all
  opened="$(encoded "$user")@$(encoded "$host"):$port"
  opened_secret="$(encoded "$user"):$(encoded "$secret")@$(encoded "$host"):$port"
}

conclude() {
  again=$(grep -c '^again' "$work/found") gone=$(grep -c '^not seen' "$work/found")
  all=$(wc -l <"$work/found")
  say
  if [ "$again" -gt 0 ]; then
    say "SEEN AGAIN: $again of $((all))"
    exit 1
  fi
  if [ "$gone" -eq 0 ] || [ "$gone" -ne "$all" ]; then
    cannot "$((all - gone)) of $((all)) could not be asked"
  fi
  say "NOT SEEN: none of $((all))"
  exit 0
}

finish() {
  for one in $streams; do kill "$one" 2>/dev/null; done
  wait
  rm -rf "$work"
}

[ $# -eq 2 ] || {
  say "usage: sh $0 SOURCE TARGET (URLs of two empty databases of one name, on two servers)" >&2
  exit 2
}
export LC_MESSAGES=C PGCLIENTENCODING=UTF8 PGCONNECT_TIMEOUT=10
PGPASSFILE=${PGPASSFILE:-$HOME/.pgpass}
export PGPASSFILE
work=$(mktemp -d) || exit 2
mkdir "$work/home" "$work/tmp"
for file in found outputs arguments secrets; do : >"$work/$file"; done
streams='' secrets=${secrets-} limit=${limit-120} refusal=${refusal-}
trap finish EXIT
trap 'exit 130' INT TERM
open "$1"
source=postgresql://$opened source_secret=postgresql://$opened_secret
open "$2"
target=postgresql://$opened target_secret=postgresql://$opened_secret
database=$(encoded "$name")
[ "$(ask "$1" 'select current_database()')" = "$name" ] || cannot "the two databases have two names"
by_hand
conclude
