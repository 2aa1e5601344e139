"""The mixed load on a deployed environment, as it was deployed from this clone.

    python -m benchmarks.load_deployed --environment staging [--rate 10] [--seconds 60] [--users 2]

Nothing is created there. The exit code is the verdict of the limits (limits.toml): 0 PASS, 1 FAIL,
2 UNKNOWN. What is protected for production's sake is left alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assay import environment
from assay.commands.deployments import add_options
from assay.deployment import deploy, environments, kept
from assay.errors import Refused
from assay.process import execute_openly
from assay.redact import Secret

FILE = Path(__file__).parent / "load" / "locustfile.py"
SPARED = ("prod",)  # its users' requests are not ours to compete with
MORE = 120.0  # seconds for the last answers and the report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Locust on it; its exit code is the verdict."""
    parser = argparse.ArgumentParser(prog="benchmarks.load_deployed", description=__doc__)
    add_options(parser)
    parser.add_argument("--rate", type=float, default=10.0, help="arrivals a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--users", type=int, default=2)
    asked = parser.parse_args(arguments)
    if asked.environment in SPARED:
        raise Refused(f"{asked.environment} is not put under load.", remedy="staging is like it")
    endpoint, key = where(asked.environment, asked.cloud)
    argv = [sys.executable, "-m", "locust", "-f", str(FILE), "--headless", "--only-summary",
            "--host", endpoint, "-u", str(asked.users), "-t", f"{asked.seconds}s",
            "--rate", str(asked.rate), "Mixed"]  # fmt: skip
    env = {**environment.inherited("HOME"), "ASSAY_API_KEY": key.reveal()}
    code = execute_openly(argv, env=env, timeout=asked.seconds + MORE)
    return code if code in (0, 1) else 2


def where(name: str, cloud: str) -> tuple[str, Secret]:
    """The endpoint of an environment and its key."""
    target = environments.read(name)
    if target.local:
        stack = kept.find(cloud).stack()
        return stack.endpoint, stack.api_key
    deployed = deploy.deployed(target)
    outputs = deployed.terraform().outputs()
    return deployed.account.endpoint(outputs), Secret(outputs["api_key"])


if __name__ == "__main__":
    raise SystemExit(main())
