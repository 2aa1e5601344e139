"""`assay job submit|status|wait`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from assay import environment
from assay.errors import UsageError
from assay.jobs.answers import View
from assay.jobs.client import JobClient
from assay.jobs.contract import Status
from assay.redact import Secret

_EXIT = {Status.COMPLETED: 0, Status.FAILED: 1, Status.TIMEOUT: 1}


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    job = commands.add_parser("job")
    actions = job.add_subparsers(required=True, metavar="ACTION")

    submit = actions.add_parser("submit", help="POST a job; prints its id")
    submit.add_argument("spec", metavar="FILE", help="the specification as JSON; - for stdin, "
                        "where no other user can read its passwords")  # fmt: skip
    submit.add_argument("--idempotency-key", metavar="TEXT",
                        help="the same key again gives the same job")  # fmt: skip
    submit.add_argument("--wait", action="store_true", help="and wait until it has ended")
    submit.set_defaults(run=_submit)

    status = actions.add_parser("status", help="show a job as JSON")
    status.add_argument("job_id", metavar="JOB")
    status.set_defaults(run=_status)

    wait = actions.add_parser("wait", help="exit 0 when it has completed, 1 when it has failed")
    wait.add_argument("job_id", metavar="JOB")
    wait.set_defaults(run=_wait)

    for parser in (submit, status, wait):
        parser.add_argument("--endpoint", metavar="URL",
                            default=environment.variable("API_ENDPOINT"),
                            help="default: API_ENDPOINT; the key is in ASSAY_API_KEY")  # fmt: skip
    for parser in (submit, wait):
        parser.add_argument("--timeout", type=float, default=28800, metavar="SECONDS",
                            help="of the waiting; exit 2 when it is over")  # fmt: skip
        parser.add_argument("--every", type=float, default=5, metavar="SECONDS")


def client_of(arguments: argparse.Namespace) -> JobClient:
    """The client that the options name; UsageError for what is missing."""
    key = environment.variable("ASSAY_API_KEY") or environment.variable("API_KEY")
    if not arguments.endpoint or not key:
        raise UsageError(
            "The deployment is not named.",
            evidence=f"endpoint: {arguments.endpoint or 'none'}, key: {'given' if key else 'none'}",
            remedy="give --endpoint URL (or API_ENDPOINT) and ASSAY_API_KEY "
            "(terraform output -raw api_key)",
        )
    return JobClient(arguments.endpoint, Secret(key))


def _submit(arguments: argparse.Namespace) -> int:
    client = client_of(arguments)
    try:
        text = (
            sys.stdin.read() if arguments.spec == "-" else Path(arguments.spec).read_text("utf-8")
        )
        spec = json.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{arguments.spec} cannot be read.", evidence=str(error)) from error
    if not isinstance(spec, dict):
        raise UsageError(f"{arguments.spec} is no JSON object.")
    accepted = client.submit(spec, idempotency_key=arguments.idempotency_key)
    sys.stdout.write(f"{accepted.job_id}\n")
    sys.stdout.flush()
    return _watch(client, accepted.job_id, arguments) if arguments.wait else 0


def _status(arguments: argparse.Namespace) -> int:
    view = client_of(arguments).status(arguments.job_id)
    shown = {
        "job_id": view.job_id,
        "trace_id": view.trace_id,
        "status": view.status,
        "created_at": view.created_at.isoformat(),
        "started_at": view.started_at and view.started_at.isoformat(),
        "completed_at": view.completed_at and view.completed_at.isoformat(),
        "error": view.error,
        "progress": view.progress,
        "log_url": view.log_url,
    }
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    return 0


def _wait(arguments: argparse.Namespace) -> int:
    return _watch(client_of(arguments), arguments.job_id, arguments)


def _watch(client: JobClient, job_id: str, arguments: argparse.Namespace) -> int:
    last: list[str] = []

    def show(view: View) -> None:
        said = (view.progress or {}).get("last_line", "")
        line = f"{view.status}{f': {view.error}' if view.error else f'  {said}' if said else ''}"
        if last != [line]:
            sys.stderr.write(f"{line}\n")
            last[:] = [line]

    watch = client.wait(job_id, timeout=arguments.timeout, every=arguments.every, seen=show)
    return _EXIT[watch.views[-1].status]
