"""`assay cloud start|stop|status`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from assay.clock import monotonic
from assay.deployment import kept


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    cloud = commands.add_parser("cloud")
    actions = cloud.add_subparsers(required=True, metavar="ACTION")
    start = actions.add_parser("start", help="start it and apply the environment local")
    start.add_argument("--for", dest="seconds", type=float, default=4 * 3600, metavar="SECONDS",
                       help="its time to live (4 hours)")  # fmt: skip
    start.add_argument("--replicator", default="reference", metavar="NAME",
                       help="reference, noop, schema-only or seren:BINARY")  # fmt: skip
    start.add_argument("--bare", action="store_true", help="the emulator alone")
    start.set_defaults(run=_start)
    stop = actions.add_parser("stop", help="end it with all that it started")
    stop.set_defaults(run=_stop)
    status = actions.add_parser("status", help="what runs, and how to call it")
    status.set_defaults(run=_status)
    for parser in (start, stop):
        parser.add_argument("name", nargs="?", default="local", metavar="NAME")


def _start(arguments: argparse.Namespace) -> int:
    began = monotonic()

    def progress(what: str) -> None:
        sys.stderr.write(f"[{monotonic() - began:5.1f} s] {what}\n")

    started = kept.start(
        arguments.name,
        seconds=arguments.seconds,
        replicator=arguments.replicator,
        bare=arguments.bare,
        progress=progress,
    )
    progress("ready")
    _show(started)
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    found = [one for one in kept.every() if one.name == arguments.name]
    for one in found or [kept.find(arguments.name)]:
        kept.stop(one)
        sys.stdout.write(f"local cloud {one.name} ended\n")
    return 0


def _status(_: argparse.Namespace) -> int:
    found = kept.every()
    for one in found:
        _show(one)
    if not found:
        sys.stdout.write("no local cloud\n")
    return 0 if any(one.runs for one in found) else 1


def _show(one: kept.Kept) -> None:
    sys.stdout.write(f"{one}\n")
    if one.runs and one.has_stack:
        stack = one.stack()
        sys.stdout.write(f"  export API_ENDPOINT='{stack.endpoint}'\n")
        sys.stdout.write(f"  export ASSAY_API_KEY='{stack.api_key.reveal()}'\n")
