"""What tools print when they fail, and the defect that each is an instance of.

Made from what postgres-seren-replicator, pgcopydb and the client programs of PostgreSQL print, and
from how Python, Java, Go, Rust and Node print errors.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """What a tool printed; `words` is its innermost message."""

    defect: str
    words: str
    text: str
    sqlstate: str | None = None


SEREN_SYNC = """\
2026-11-30T13:29:23.461Z  INFO seren_replicator::replication::subscription: Waiting for '{0}'...
Error: Failed to wait for initial sync on database '{0}'

Caused by:
    0: Failed to query subscription status for 'seren_migration_sub_{0}'
    1: db error: ERROR: column "srsubstate" does not exist
    2: ERROR: column "srsubstate" does not exist
"""
SEREN_SCHEMA = """\
psql:/tmp/seren-replicator-{0}/globals.sql:14: ERROR:  role "postgres" already exists
psql:/tmp/seren-replicator-{0}/schema.sql:2{1}: ERROR:  type "public.{2}" does not exist
LINE 2:     m public.{2}
              ^
\x1b[2m2026-11-30T13:29:2{1}Z\x1b[0m \x1b[33m WARN\x1b[0m \x1b[2mseren::utils\x1b[0m: psql \
(restore schema) failed (attempt 1/4), retrying in 1s...
Error: Schema restoration failed.

Common causes:
- Target database does not exist
- Connection timeout or network issues

Caused by:
    psql (restore schema) failed with exit code: 3
"""
OUTPUTS = (
    Output("srsubstate", 'column "srsubstate" does not exist',
           SEREN_SYNC.format("assay_1a2b3c4d_1")),
    Output("srsubstate", 'column "srsubstate" does not exist', SEREN_SYNC.format("shop")),
    Output("type", 'type "public.mood" does not exist', SEREN_SCHEMA.format("a1", 4, "mood")),
    Output("type", 'type "public.level" does not exist', SEREN_SCHEMA.format("b2", 7, "level")),
    Output("psql", "psql (restore schema) failed with exit code: 3",
           "Error: Schema restoration failed.\n\nCaused by:\n"
           "    psql (restore schema) failed with exit code: 3\n"),
    Output("password", 'password authentication failed for user "app"',
           "Error: Connection failed: Cannot connect to source database for subscription 's'.\n"
           "Please verify:\n- The source database is accessible from the target\n"
           "Error: db error: ERROR: could not connect to the publisher: connection to server at"
           ' "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user'
           ' "app"\n'),
    Output("timeout", "Timeout waiting for subscription 's' to sync after 300 seconds.",
           "Error: Timeout waiting for subscription 's' to sync after 300 seconds.\n"
           "The subscription is in state 'd' and has not reached 'ready' (streaming) state.\n\n"
           "Possible causes:\n- Large database taking longer than expected to copy\n"),
    Output("timeout", "Timeout waiting for subscription 'other' to sync after 60 seconds.",
           "Error: Timeout waiting for subscription 'other' to sync after 60 seconds.\n"
           "The subscription is in state 'i' and has not reached 'ready' (streaming) state.\n"),
    Output("no tools", "Missing required PostgreSQL client tools: pg_dump",
           "Error: Required tools check failed\n\nCaused by:\n"
           "    Missing required PostgreSQL client tools: pg_dump\n    \n"
           "    Please install PostgreSQL client tools:\n    - macOS: brew install libpq\n"),
    Output("identifier", "Identifier 'my table' contains invalid character ' ' at position 2. Only"
           " letters, digits, and underscores are allowed",
           "Error: Invalid table name 'my table' in schema 'public': must be a valid PostgreSQL"
           " identifier\n\nCaused by:\n    Identifier 'my table' contains invalid character ' ' at"
           " position 2. Only letters, digits, and underscores are allowed\n"),
    Output("identifier", "Identifier 'a-b' contains invalid character '-' at position 1. Only"
           " letters, digits, and underscores are allowed",
           "Error: Invalid table name 'a-b' in schema 'shop': must be a valid PostgreSQL"
           " identifier\n\nCaused by:\n    Identifier 'a-b' contains invalid character '-' at"
           " position 1. Only letters, digits, and underscores are allowed\n\n"
           "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"),
    Output("unwrap", "called `Option::unwrap()` on a `None` value",
           "thread 'main' panicked at src/main.rs:10:5:\n"
           "called `Option::unwrap()` on a `None` value\n"
           "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"),
    Output("unwrap", "called `Option::unwrap()` on a `None` value",
           "thread 'tokio-runtime-worker' (4711) panicked at src/migration/dump.rs:99:12:\n"
           "called `Option::unwrap()` on a `None` value\n"
           "stack backtrace:\n   0: rust_begin_unwind\n             at"
           " /rustc/abc/std/panicking.rs:1\n"),
    Output("pgcopydb exists", 'relation "orders" already exists',
           "13:30:01.123 1234 INFO   Running pgcopydb version 0.18 from \"/usr/bin/pgcopydb\"\n"
           '13:30:02.123 1234 ERROR  [TARGET 1234] [42P07] ERROR:  relation "orders" already'
           ' exists\n'
           "13:30:02.123 1234 ERROR  [TARGET 1234] Context: CREATE TABLE public.orders ()\n"
           "13:30:02.124 1230 ERROR  Failed to copy schema, see above for details\n", "42P07"),
    Output("pgcopydb exists", 'relation "w" already exists',
           '13:31:02.007 88 ERROR  pgsql.c:2001              [TARGET 99] [42P07] ERROR:'
           '  relation "w"'
           " already exists\n13:31:02.009 80 ERROR  Failed to copy schema, see above for details\n",
           "42P07"),
    Output("pgcopydb plugin", "Failed to find a plugin",
           "13:31:02.009 80 ERROR  Failed to find a plugin\n"
           "13:31:02.010 80 FATAL  Failed to setup follow mode, see above for details\n"),
    Output("restore", 'duplicate key value violates unique constraint "u_pkey"',
           'pg_restore: error: could not execute query: ERROR:  relation "u" already exists\n'
           "Command was: CREATE TABLE public.u (\n    v text\n);\n\n\n"
           'pg_restore: error: COPY failed for table "u": ERROR:  duplicate key value violates'
           ' unique'
           ' constraint "u_pkey"\nDETAIL:  Key (id)=(1) already exists.\nCONTEXT:  COPY u, line 1\n'
           'pg_restore: error: could not execute query: ERROR:  column "x" of relation "w" does not'
           " exist\npg_restore: warning: errors ignored on restore: 7\n"),
    Output("dump", "pg_dump: error: no matching tables were found",
           "pg_dump: error: no matching tables were found\n"),
    Output("versions", "pg_dump: error: aborting because of server version mismatch",
           "pg_dump: error: aborting because of server version mismatch\n"
           "pg_dump: detail: server version: 18.3; pg_dump version: 16.9\n"),
    Output("python", 'column "x" does not exist',
           'Traceback (most recent call last):\n  File "/x/y.py", line 3, in f\n    g()\n'
           'psycopg.errors.UndefinedColumn: column "x" does not exist\nLINE 1: select x\n'
           "               ^\n\nDuring handling of the above exception, another exception"
           " occurred:\n\n"
           'Traceback (most recent call last):\n  File "/x/y.py", line 5, in <module>\n'
           '    raise ToolError("copy failed")\nToolError: copy failed\n'),
    Output("python key", "KeyError: 'public'",
           'Traceback (most recent call last):\n  File "/x/y.py", line 9, in <module>\n    main()\n'
           "KeyError: 'public'\n"),
    Output("no relation", 'relation "public.t" does not exist',
           'Exception in thread "main" com.acme.CopyException: copy failed\n'
           "\tat com.acme.Main.main(Main.java:10)\n"
           'Caused by: org.postgresql.util.PSQLException: ERROR: relation "public.t" does not'
           ' exist\n'
           "  Position: 15\n\tat"
           " org.postgresql.core.v3.QueryExecutorImpl.receive(Query.java:2713)\n"
           "\t... 5 more\n"),
    Output("go denied", "permission denied for table orders",
           "2026/11/30 13:00:00 copy orders: ERROR: permission denied for table orders"
           " (SQLSTATE 42501)\nexit status 1\n", "42501"),
    Output("go panic", "runtime error: index out of range [3] with length 2",
           "panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\n"
           "main.copyTable(0xc000012345, {0x1234, 0x5})\n\t/src/main.go:12 +0x1d\nexit status 2\n"),
    Output("no relation", 'relation "orders" does not exist',
           'error: relation "orders" does not exist\n'
           "    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:283:98)\n"
           "    at Socket.emit (node:events:517:28) {\n  length: 104\n}\n"),
    Output("refused", "error connecting to server: Connection refused (os error 111)",
           "Error: Failed to connect to source database\n\nCaused by:\n"
           "    Connection refused: Unable to reach database server.\n    Please check:\n"
           "    - The host and port are correct\n"
           "    Error: error connecting to server: Connection refused (os error 111)\n"),
    Output("python chain", "ConnectionResetError: peer went away",
           'Traceback (most recent call last):\n  File "/x/y.py", line 3, in f\n    g()\n'
           "ConnectionResetError: peer went away\n\n"
           "During handling of the above exception, another exception occurred:\n\n"
           'Traceback (most recent call last):\n  File "/x/y.py", line 5, in <module>\n'
           '    raise ToolError("copy failed")\nToolError: copy failed\n'),
    Output("colours", "slot is lost",
           "\x1b[2m13:31:02\x1b[0m \x1b[31mERROR\x1b[0m slot is lost\n\x1b[2mbye\x1b[0m\n"),
    Output("shell", "target is not empty", "tool: copying\nERROR: target is not empty\n"),
)  # fmt: skip
