"""The options of `assay compare`; what they stand for is in `assay.compare.asked`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from assay.oracle.words.limits import Limits


def add_options(parser: argparse.ArgumentParser) -> None:
    """Everything but the two connection strings."""
    _which(parser.add_argument_group("which databases"))
    _what(parser.add_argument_group("what is compared"))
    _tables(parser.add_argument_group("what of single tables is compared"))
    _how(parser.add_argument_group("how"))
    _live(parser.add_argument_group("of databases that are being written to"))
    _cost(parser.add_argument_group("what it may cost the servers"))
    _written(parser.add_argument_group("what is written"))


def _which(group: Any) -> None:
    group.add_argument("--from", dest="pairs", type=Path, metavar="FILE",
                       help="instead: each line of it is a SOURCE and a TARGET")  # fmt: skip
    group.add_argument("--cluster", action="store_true",
                       help="every database of both servers, by name")  # fmt: skip


def _what(group: Any) -> None:
    group.add_argument("--schema", action="append", metavar="SCHEMA",
                       help="only what lies in this schema; * and ? are wildcards;"
                       " repeatable")  # fmt: skip
    group.add_argument("--table", action="append", metavar="SCHEMA.TABLE",
                       help="of the tables only this one; wildcards; repeatable")  # fmt: skip
    group.add_argument("--exclude", action="append", default=[], metavar="SCHEMA.TABLE",
                       help="leave this table out; wildcards; repeatable")  # fmt: skip
    group.add_argument("--exclude-table-data", action="append", default=[], metavar="SCHEMA.TABLE",
                       help="compare this table without its rows; wildcards;"
                       " repeatable")  # fmt: skip
    parts = group.add_mutually_exclusive_group()
    parts.add_argument("--schema-only", action="store_true",
                       help="no rows, no states of sequences, no large objects")  # fmt: skip
    parts.add_argument("--data-only", action="store_true",
                       help="only rows, states of sequences and large objects")  # fmt: skip
    group.add_argument("--no-roles", action="store_true",
                       help="leave out roles (attributes, memberships, settings) and"
                       " tablespaces")  # fmt: skip
    group.add_argument("--passwords", choices=("verifier", "skip"), default="verifier",
                       help="of roles: the stored verifiers, salts included, or not at all; equal"
                       " passwords under different salts cannot be told")  # fmt: skip
    group.add_argument("--sequences", choices=("exact", "ahead", "skip"), default="exact",
                       help="the state of sequences: exact, ahead (after a cut-over), or"
                       " skip")  # fmt: skip


def _tables(group: Any) -> None:
    group.add_argument("--where", action="append", default=[], metavar="SCHEMA.TABLE=SQL",
                       help="of its rows only those for which this is true; repeatable, all have"
                       " to hold")  # fmt: skip
    group.add_argument("--ignore-column", action="append", default=[],
                       metavar="SCHEMA.TABLE.COLUMN",
                       help="leave it out, definition and values; wildcards;"
                       " repeatable")  # fmt: skip
    group.add_argument("--key", action="append", default=[],
                       metavar="SCHEMA.TABLE=COLUMN[,COLUMN]",
                       help="tells its rows apart, instead of its primary key")  # fmt: skip
    group.add_argument("--map", action="append", default=[], metavar="OLD.NAME=NEW.NAME",
                       help="a table that is called otherwise on the target")  # fmt: skip
    group.add_argument("--map-column", action="append", default=[],
                       metavar="SCHEMA.TABLE.OLD=NEW",
                       help="a column that is called otherwise on the target")  # fmt: skip


def _how(group: Any) -> None:
    group.add_argument("--exact", action="store_true",
                       help="read every row of large tables, without a digest first")  # fmt: skip
    group.add_argument("--sample", type=_percent, metavar="PERCENT",
                       help="read so many of a hundred rows: finds damage, but is never EQUAL"
                       " (exit 2)")  # fmt: skip
    group.add_argument("--jobs", type=_count, default=2, metavar="N",
                       help="sessions for each side with which large tables are read"
                       " (default 2)")  # fmt: skip
    group.add_argument("--no-dump", action="store_true",
                       help="do not ask pg_dump for a second opinion on the schema")  # fmt: skip
    group.add_argument("--no-self-test", action="store_true",
                       help="do not plant damage in a throw-away pair of servers")  # fmt: skip
    group.add_argument("--pg-bin", action="append", default=[], metavar="MAJOR=DIR",
                       help="a folder with the server and client programs of a major version that"
                       " nothing else here has: for the self-test and the second opinion;"
                       " repeatable")  # fmt: skip


def _live(group: Any) -> None:
    group.add_argument("--live", action="store_true",
                       help="at one proven position where that is possible, else look at what"
                       " differs again")  # fmt: skip
    group.add_argument("--looks", type=_count, default=5, metavar="N",
                       help="how often, with --live (default 5)")  # fmt: skip
    group.add_argument("--pause", type=_seconds, default=2.0, metavar="SECONDS",
                       help="before each of them (default 2): longer than the target"
                       " lags")  # fmt: skip


def _cost(group: Any) -> None:
    default = Limits()
    group.add_argument("--statement-timeout", type=_limited, default=default.statement,
                       metavar="DURATION",
                       help="of each statement, as 10min (default"
                       f" {default.statement})")  # fmt: skip
    group.add_argument("--lock-timeout", type=_limited, default=default.lock, metavar="DURATION",
                       help=f"of each wait for a lock (default {default.lock})")  # fmt: skip
    group.add_argument("--max-snapshot", type=_minutes, default=default.snapshot,
                       metavar="MINUTES",
                       help="how long the snapshots may be held, which keeps VACUUM from cleaning"
                       f" up (default {default.snapshot:g})")  # fmt: skip


def _written(group: Any) -> None:
    group.add_argument("--json", action="store_true", help="JSON (comparison.schema.json)")
    group.add_argument("--sql", action="store_true",
                       help="the statements that would make the target's rows and sequences equal;"
                       " nothing runs them")  # fmt: skip
    group.add_argument("-o", "--output", type=Path, metavar="FILE",
                       help="write there instead of to standard output")  # fmt: skip
    group.add_argument("--html", type=Path, metavar="FILE",
                       help="also a page with what differs side by side")  # fmt: skip
    group.add_argument("--evidence", type=Path, metavar="DIR",
                       help="what was found as signed statements: docs/evidence.md")  # fmt: skip
    group.add_argument("--all", action="store_true", help="list every difference, not 100")
    group.add_argument("--redact", action="store_true",
                       help="no values of rows: their lengths, marks tell equal ones")  # fmt: skip
    group.add_argument("--quiet", action="store_true",
                       help="no progress, and of the text only the verdict")  # fmt: skip


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
    """A duration that the server will read; it takes 0 for none, and a cost has to be bounded.

    It counts in milliseconds: what is less than one is none.
    """
    number = re.match(r"\s*\+?([0-9]*\.?[0-9]+)\s*(us|ms)?\s*$", text)
    least = 1000 if number and number[2] == "us" else 1
    if not any(digit in text for digit in "123456789") or (number and float(number[1]) < least):
        raise argparse.ArgumentTypeError(f"{text} is no limit")
    return text


def _percent(text: str) -> float:
    value = float(text)
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value
