"""A deployment that is killed at any moment, and what it takes to recover.

``python -m benchmarks.kills [--write] [--times 10]``: pytest deploys to a kept local cloud and is
killed (SIGKILL, its whole group, every second time Terraform with it) after a random time; then
the documented commands are given until the deployment is whole, and all of it is destroyed. Exit 1
when it was not recovered or anything is left.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.clock import monotonic, pause, utc_now
from assay.cloud.local import LocalCloud
from assay.deployment import kept
from assay.process import Execution, execute, start

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "kills.md"
NAME = "kills"
LIMIT = 600.0  # seconds for one command
WHOLE = 95.0  # seconds that an undisturbed deployment takes here; kills fall into this
TRIES = 6  # commands until it has to be whole


@dataclass(frozen=True, slots=True)
class Row:
    """One kill: when, in which step, what was said then, what was given, what was left."""

    after: float
    step: str
    terraform: bool
    said: str
    given: tuple[str, ...]
    seconds: float
    left: str
    good: bool


def assay(*words: str) -> Execution:
    """One command of ours."""
    argv = [str(Path(sys.executable).with_name("assay")), *words]
    return execute(argv, env=environment.inherited("HOME"), cwd=ROOT, timeout=LIMIT)


def deploy(allowed: Sequence[str]) -> Execution:
    """The documented command."""
    more = [word for address in allowed for word in ("--allow", address)]
    return assay("deploy", "--environment", "local", "--cloud", NAME, *more)


def kill(after: float, cloud: LocalCloud, *, terraform: bool) -> str:
    """Let pytest deploy, kill it; the step that it was in."""
    argv = [sys.executable, "-m", "pytest", "-q", "smoke/test_steps.py", "--environment=local",
            "--deploy", f"--reuse={NAME}", "-p", "no:cacheprovider"]  # fmt: skip
    running = start(argv, env=environment.inherited("HOME"), cwd=ROOT)
    deadline = monotonic() + after
    while running.alive() and monotonic() < deadline:
        pause(0.05)
    below = _terraforms(cloud) if terraform else []
    running.stop(grace=0)
    for pid in below:
        execute(["kill", "-9", str(pid)], env=environment.inherited(), timeout=5)
    pause(20 if not terraform else 1)  # Terraform alone ends what is under way, and goes
    folder = kept.find(NAME).folder
    begun = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    steps = [path.stem for path in begun if '"outcome": "begun"' in path.read_text()]
    return steps[-1] if steps else "between steps"


def _terraforms(cloud: LocalCloud) -> list[int]:
    """The processes of Terraform that speak to this cloud."""
    wanted = f"AWS_ENDPOINT_URL={cloud.url}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (
                wanted in (place / "environ").read_bytes()
                and b"terraform" in (place / "cmdline").read_bytes()
            ):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def recover() -> tuple[str, list[str], bool]:
    """Give the documented commands until it is whole; the first message, what was given."""
    said, given, allowed = "", list[str](), list[str]()
    for _ in range(TRIES):
        done = deploy(allowed)
        given.append("deploy --allow" if allowed else "deploy")
        said = said or next((line.partition("] ")[2] for line in done.stderr.splitlines()
                             if "did not come to its end" in line), "")  # fmt: skip
        if done.exit == 0:
            return said, given, True
        locked = re.search(r"assay state unlock --environment NAME (\S+)", done.stderr)
        if locked:
            said = said or done.stderr.partition("\n")[0]
            assay("state", "unlock", "--environment", "local", "--cloud", NAME, locked.group(1))
            given.append("state unlock")
        elif interrupted := re.findall(r"stays: (\S+) would be replaced \(its", done.stderr):
            said = said or "a plan that would replace what holds data is refused"
            allowed += interrupted
        elif "assay sweep --environment" in done.stderr:
            assay("sweep", "--environment", "local", "--cloud", NAME, "--apply")
            given.append("sweep")
        else:
            said = said or done.stderr.strip()[-300:]
    return said, given, False


def once(after: float, *, terraform: bool) -> Row:
    """One kill on a cloud of its own, its recovery, its end."""
    one = kept.start(NAME, seconds=3600, replicator="reference", bare=True, progress=lambda _: None)
    try:
        step = kill(after, one.cloud, terraform=terraform)
        began = monotonic()
        said, given, whole = recover()
        seconds = monotonic() - began
        destroyed = assay("destroy", "--environment", "local", "--cloud", NAME)
        swept = assay("sweep", "--environment", "local", "--cloud", NAME)
        left = swept.stdout.strip().rpartition("\n")[2]
        good = whole and destroyed.exit == 0 and left == "0 found"
        return Row(after, step, terraform, said, tuple(given), seconds, left, good)
    finally:
        kept.stop(one)


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill so many times, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.kills", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args(arguments)
    seed = random.randrange(1 << 31) if options.seed is None else options.seed
    moments = random.Random(seed)
    rows = []
    for number in range(options.times):
        rows.append(once(moments.uniform(1, WHOLE), terraform=number % 2 == 1))
        sys.stderr.write(f"{number + 1} of {options.times}: {rows[-1]}\n")
    good = all(row.good for row in rows)
    table = [f"| {row.after:.0f} | {'Terraform too' if row.terraform else 'pytest'} | {row.step} "
             f"| {row.said or 'nothing'} | {', '.join(row.given)} | {row.seconds:.0f} "
             f"| {row.left} |" for row in rows]  # fmt: skip
    text = "\n".join((
        "# Killed deployments",
        "",
        f"{utc_now()}, seed {seed}. SIGKILL after a random time; then the commands that the "
        "messages name, until the deployment is whole; then `assay destroy`.",
        "",
        "| killed after, s | what | in step | what the next run said | commands | seconds | left |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *table,
        "",
        f"{'PASS' if good else 'FAIL'}: {sum(row.good for row in rows)} of {len(rows)} recovered "
        "with nothing left",
    ))  # fmt: skip
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
