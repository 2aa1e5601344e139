#!/usr/bin/env bash
# postgast 0.2.0 (libpg_query for Python): `postgast.parse` raises protobuf's DecodeError for an expression in which some
# fifty operators are nested, valid SQL that PostgreSQL and libpg_query itself read: the tree is decoded by protobuf, whose
# messages may nest a hundred levels deep, two for each operator. The error says nothing of SQL. Generated views and
# long conditions are as deep. Ours reads the JSON that the same library gives (assay/oracle/catalog/canonical.py).
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check postgast==0.2.0
"$home/venv/bin/python" - <<'PY'
import postgast
from google.protobuf.message import DecodeError
from postgast.native import lib


def nested(depth: int) -> str:
    return "select " + "(" * depth + "1" + " + 1)" * depth


postgast.parse(nested(40))
print("40 operators: read")
try:
    postgast.parse(nested(60))
except DecodeError as error:
    print("60 operators:", str(error)[:60])
else:
    raise SystemExit("60 operators are read by now")
answer = lib.pg_query_parse(nested(60).encode())
if answer.error:
    raise SystemExit("libpg_query itself does not read them")
print("60 operators, as libpg_query's JSON:", len(answer.parse_tree), "characters")
PY
