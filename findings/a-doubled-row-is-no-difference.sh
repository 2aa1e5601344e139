#!/usr/bin/env bash
# csv-diff 1.2: of two files without a key, one of which has a row twice, it says that nothing was added: rows are kept by
# a digest of what is in them, so that the second falls into the first. With a key of which a file has two rows, the
# first of them is not looked at. One would expect as many rows as there are. A replicator that delivers twice is
# passed; ours counts how often a row is there.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check csv-diff==1.2

printf 'id,v\n1,a\n2,b\n' >"$home/source"
printf 'id,v\n1,a\n2,b\n2,b\n2,b\n' >"$home/twice"
printf 'id,v\n1,wrong\n1,a\n2,b\n' >"$home/wrong"
compare() { "$home/venv/bin/csv-diff" --format=csv --json "$@" | tr -d ' \n'; }
equal='{"added":[],"removed":[],"changed":[],"columns_added":[],"columns_removed":[]}'
for target in "twice" "wrong --key=id"; do
  read -ra words <<<"$target"
  seen=$(compare "$home/source" "$home/${words[0]}" "${words[@]:1}")
  printf '%s\n' "$target: $seen"
  [ "$seen" = "$equal" ] || { printf 'it sees the difference by now\n' >&2; exit 1; }
done
