#!/usr/bin/env bash
# pg8000 1.31.6 (a driver in Python), PostgreSQL 17.10: of the time of a negative interval only the hours keep their sign,
# minutes and seconds are added: -00:00:01 is read as one second, -01:30:00 as minus half an hour. One would expect the
# value. Differences of times and of zones are wrong as often as they are negative, and a copy through it keeps what
# was read. Ours compares intervals by months, days and time, as the server sends them.
source "$(dirname "$0")/server.sh"

"$home/venv/bin/pip" install --quiet --disable-pip-version-check pg8000==1.31.6
seen=$("$home/venv/bin/python" - <<'PY'
import os

import pg8000.native

server = pg8000.native.Connection("postgres", unix_sock=f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}")
for text in ("-00:00:01", "-01:30:00", "-2 days -00:00:00.5", "-1 mons -00:30:00"):
    [[value, seconds]] = server.run(f"select i, extract(epoch from i)::text from (values (interval '{text}')) v (i)")
    read = value.total_seconds() if hasattr(value, "total_seconds") else value
    print(text, "|", seconds, "|", read)
PY
)
expect "sent, its seconds, read" "$seen" "-00:00:01 | -1.000000 | 1.0
-01:30:00 | -5400.000000 | -1800.0
-2 days -00:00:00.5 | -172800.500000 | -172799.5
-1 mons -00:30:00 | -2593800.000000 | -1 months 30 minutes"
