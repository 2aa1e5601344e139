"""What the commands of a deployment have in common: which one is meant, and how it goes on."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from assay.clock import monotonic
from assay.deployment import environments, kept
from assay.deployment.accounts import Aws, Local
from assay.deployment.deploy import STEPS
from assay.deployment.ladder import Deployment
from assay.deployment.steps import Progress

PLACES = "local (the default), s3://BUCKET or s3://BUCKET?table=NAME"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which environment, and on which kept cloud the environment local is."""
    parser.add_argument("--environment", required=True, metavar="NAME",
                        help="a file of environments/")  # fmt: skip
    parser.add_argument("--cloud", default="local", metavar="NAME",
                        help="the kept local cloud for the environment local")  # fmt: skip


def deployment(arguments: argparse.Namespace, **more: Any) -> Deployment:
    """What the options name."""
    target = environments.read(arguments.environment)
    if target.local:
        one = kept.find(arguments.cloud)
        return Deployment(target, Local(one.cloud), one.folder, **more)
    return Deployment(target, Aws(target.region), STEPS / target.environment, **more)


def progress() -> Progress:
    """Says on standard error what happens, with the time."""
    began = monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"[{monotonic() - began:6.1f} s] {line}\n")

    return say
