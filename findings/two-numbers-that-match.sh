#!/usr/bin/env bash
# datacompy 1.1.0 (compares data frames): with both tolerances 0, `matches()` is true of 9007199254740993 and
# 9007199254740992, two bigint values, and of numerics that differ beyond sixteen digits: everything that is a number is
# compared as a float. One would expect integers to be compared as such. Used for what a replicator copied it passes
# where keys and amounts are off by one; ours compares what the server says is equal.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check --prefer-binary datacompy==1.1.0 polars==1.44.2 pandas==3.0.6
"$home/venv/bin/python" - <<'PY'
from decimal import Decimal

import datacompy
import pandas
import polars

for one, other in (
    (9007199254740993, 9007199254740992),
    (Decimal("12345678901234567890.1"), Decimal("12345678901234567890.2")),
):
    for compare, frame in ((datacompy.PolarsCompare, polars.DataFrame), (datacompy.PandasCompare, pandas.DataFrame)):
        both = [frame({"id": [1], "n": [value]}) for value in (one, other)]
        answer = compare(*both, join_columns="id", abs_tol=0, rel_tol=0).matches()
        print(compare.__name__, one, other, answer)
        if not answer:
            raise SystemExit("it sees the difference by now")
PY
