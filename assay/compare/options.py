"""The options of `assay compare`, and the scope and limits that they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.oracle.question import Question
from assay.oracle.session.side import Limits
from assay.oracle.words.scope import Parts, Scope


def add_options(parser: argparse.ArgumentParser) -> None:
    """Everything but the two connection strings."""
    what = parser.add_argument_group("what is compared")
    what.add_argument(
        "--schema",
        action="append",
        metavar="SCHEMA",
        help="only what lies in this schema; * and ? are wildcards; repeatable",
    )
    what.add_argument(
        "--table",
        action="append",
        metavar="SCHEMA.TABLE",
        help="of the tables only this one; wildcards; repeatable",
    )
    what.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="SCHEMA.TABLE",
        help="leave this table out; wildcards; repeatable",
    )
    what.add_argument(
        "--exclude-table-data",
        action="append",
        default=[],
        metavar="SCHEMA.TABLE",
        help="compare this table without its rows; wildcards; repeatable",
    )
    parts = what.add_mutually_exclusive_group()
    parts.add_argument(
        "--schema-only",
        action="store_true",
        help="no rows, no states of sequences, no large objects",
    )
    parts.add_argument(
        "--data-only", action="store_true", help="only rows, states of sequences and large objects"
    )
    what.add_argument(
        "--no-roles",
        action="store_true",
        help="leave out roles (attributes, memberships, settings) and tablespaces",
    )
    what.add_argument(
        "--sequences",
        choices=("exact", "ahead", "skip"),
        default="exact",
        help="the state of sequences: exact, ahead (after a cut-over), or skip",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--exact",
        action="store_true",
        help="read every row of large tables, without a digest first",
    )
    how.add_argument(
        "--sample",
        type=_percent,
        metavar="PERCENT",
        help="read so many of a hundred rows: finds damage, but is never EQUAL (exit 2)",
    )
    how.add_argument(
        "--no-dump",
        action="store_true",
        help="do not ask pg_dump for a second opinion on the schema",
    )
    how.add_argument(
        "--no-self-test",
        action="store_true",
        help="do not plant damage in a throw-away pair of servers first",
    )
    how.add_argument(
        "--pg-bin",
        action="append",
        default=[],
        metavar="MAJOR=DIR",
        help="a folder with the server and client programs of a major version that nothing else"
        " here has: for the self-test and the second opinion; repeatable",
    )
    live = parser.add_argument_group("of databases that are being written to")
    live.add_argument(
        "--live",
        action="store_true",
        help="at one proven position where that is possible, else look at what differs again",
    )
    live.add_argument(
        "--looks", type=_count, default=5, metavar="N", help="how often, with --live (default 5)"
    )
    live.add_argument(
        "--pause",
        type=_seconds,
        default=2.0,
        metavar="SECONDS",
        help="before each of them (default 2): longer than the target lags",
    )
    cost = parser.add_argument_group("what it may cost the servers")
    default = Limits()
    cost.add_argument(
        "--statement-timeout",
        type=_limited,
        default=default.statement,
        metavar="DURATION",
        help=f"of each statement, as 10min (default {default.statement})",
    )
    cost.add_argument(
        "--lock-timeout",
        type=_limited,
        default=default.lock,
        metavar="DURATION",
        help=f"of each wait for a lock (default {default.lock})",
    )
    cost.add_argument(
        "--max-snapshot",
        type=_minutes,
        default=default.snapshot,
        metavar="MINUTES",
        help="how long the snapshots may be held, which keeps VACUUM from cleaning"
        f" up (default {default.snapshot:g})",
    )
    out = parser.add_argument_group("what is written")
    out.add_argument("--json", action="store_true", help="JSON (comparison.schema.json)")
    out.add_argument(
        "--html", type=Path, metavar="FILE", help="also a page with what differs side by side"
    )
    out.add_argument("--all", action="store_true", help="list every difference, not 100")
    out.add_argument("--redact", action="store_true",
                     help="no values of rows: their lengths, marks tell equal ones")  # fmt: skip


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a length of time")
    return value


def _minutes(text: str) -> float:
    if (value := _seconds(text)) == 0:
        raise argparse.ArgumentTypeError(f"{text} leaves no time")
    return value


def _limited(text: str) -> str:
    """A duration that the server will read; it takes 0 for none, and a cost has to be bounded."""
    if not any(digit in text for digit in "123456789"):
        raise argparse.ArgumentTypeError(f"{text} is no limit")
    return text


def _percent(text: str) -> float:
    value = float(text)
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def scope(arguments: argparse.Namespace) -> Scope:
    """What is compared."""
    parts: Parts = "all"
    if arguments.schema_only:
        parts = "schema"
    elif arguments.data_only:
        parts = "data"
    return Scope(
        include_tables=tuple(arguments.table) if arguments.table is not None else None,
        exclude_tables=tuple(arguments.exclude),
        schema_only_tables=tuple(arguments.exclude_table_data),
        schemas=tuple(arguments.schema) if arguments.schema is not None else None,
        parts=parts,
        roles=() if arguments.no_roles else None,
        sequences=arguments.sequences,
    )


def question(arguments: argparse.Namespace, scope: Scope, tools: Path | None) -> Question:
    """What the options ask of two databases, within a scope."""
    return Question(
        scope=scope,
        keep=None if arguments.all else 100,
        tools=tools,
        exact=arguments.exact,
        redact=arguments.redact,
        limits=limits(arguments),
        sample=arguments.sample,
    )


def limits(arguments: argparse.Namespace) -> Limits:
    """What it may cost."""
    return Limits(arguments.statement_timeout, arguments.lock_timeout, arguments.max_snapshot)
