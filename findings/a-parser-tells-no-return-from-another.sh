#!/usr/bin/env bash
# pglast 8.8 (libpg_query of PostgreSQL 18): in the tree of a PL/pgSQL function RETURN and RETURN NEXT of a variable have no
# variable: trigger functions that return NEW and OLD, and functions that return one argument or another, have one tree;
# a declared collation is not in it either. PostgreSQL runs them differently. Who compares or reviews
# bodies by that tree calls them equal; ours compares the text of a body in another language than SQL.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check pglast==8.8
"$home/venv/bin/python" - <<'PY'
from pglast import parse_plpgsql


def tree(result: str, body: str) -> object:
    arguments = "" if result == "trigger" else "a int, b int"
    return parse_plpgsql(f"create function f({arguments}) returns {result} language plpgsql as $${body}$$")


for result, one, other in (
    ("trigger", "begin return new; end", "begin return old; end"),
    ("int", "begin return a; end", "begin return b; end"),
    ("setof int", "begin return next a; end", "begin return next b; end"),
    ("text", "declare t text collate \"C\"; begin return 'a' < t; end", "declare t text; begin return 'a' < t; end"),
):
    if tree(result, one) != tree(result, other):
        raise SystemExit(f"two trees by now: {one} | {other}")
    print("one tree:", one, "|", other)
if tree("trigger", "begin return new; end") == tree("trigger", "begin return null; end"):
    raise SystemExit("NULL is not seen either by now")
PY
