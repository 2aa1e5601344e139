"""What takes longer than CI allows: named jobs one after the other; writes docs/nightly.md.

``python -m benchmarks.nightly [--only NAME ...]``; ``--list`` shows the jobs.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.clock import utc_now
from assay.process import Execution, execute

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "nightly.md"
HOUR = 3600.0
_SUITE = ("-m", "pytest", "-q", "-m", "integration", "-n2")
_VERDICT = re.compile(r"^(PASS|FAIL|UNKNOWN)\b")


@dataclass(frozen=True, slots=True)
class Job:
    """A program of ours and what it shows; `exits` are the codes that mean success."""

    name: str
    argv: tuple[str, ...]  # after the interpreter
    shows: str
    exits: tuple[int, ...] = (0,)
    limit: float = HOUR  # seconds


def suite(name: str, *options: str, shows: str, exits: tuple[int, ...] = (0,)) -> Job:
    """A run of the conformance suite."""
    return Job(name, (*_SUITE, f"--report-dir=.assay/nightly/{name}", *options), shows, exits)


def program(name: str, *words: str, shows: str, limit: float = HOUR) -> Job:
    """One of the other benchmarks."""
    return Job(name, ("-m", *words), shows, limit=limit)


JOBS = (
    # These two first: they look at the machine as a whole and want it quiet.
    program("leaks", "benchmarks.leaks", shows="runs, and killed runs, leave nothing"),
    program(
        "provisioning",
        "benchmarks.provisioning",
        "--write",
        shows="what server pairs and leases cost",
    ),
    suite("docker", "--pg-provider=docker", shows="the reference replicator on containers"),
    suite("wheel", "--pg-provider=wheel", shows="the reference replicator on servers of wheels"),
    suite(
        "versions",
        *(f"--pg={pair}" for pair in ("16:16", "16:17", "17:18", "18:18")),
        "--pg-provider=wheel",
        shows="the reference replicator on other versions and from one to the next",
    ),
    suite(
        "noop",
        "--replicator=noop",
        "--pg-provider=wheel",
        shows="a tool that does nothing is red",
        exits=(1,),
    ),
    suite(
        "schema-only",
        "--replicator=schema-only",
        "--pg-provider=wheel",
        shows="a tool that copies no rows is red",
        exits=(1,),
    ),
    suite(
        "controls",
        "--controls",
        "--pg-provider=wheel",
        shows="each case is failed by the defect that it names",
    ),
    suite(
        "controls-docker",
        "--controls",
        "--pg-provider=docker",
        shows="the same on containers",
    ),
    suite(
        "manifest",
        "--replicator=docs/examples/pg_dump-restore.toml",
        "--pg-provider=wheel",
        shows="the example manifest comes to a verdict; it has gaps, none of them declared",
        exits=(1,),
    ),
    program(
        "clean-comparisons",
        "benchmarks.clean_comparisons",
        shows="comparisons of equal databases raise no finding",
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How a job went."""

    job: Job
    done: Execution

    @property
    def ok(self) -> bool:
        """It ended in time with a code that means success."""
        return not self.done.timed_out and self.done.exit in self.job.exits

    @property
    def line(self) -> str:
        """Its verdict; without one, the last line that it said."""
        said = [line.strip() for line in self.done.output.splitlines() if line.strip()]
        verdicts = [line for line in said if _VERDICT.match(line)]
        return (verdicts or said or ["it said nothing"])[-1][:200]

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        ending = "time limit" if self.done.timed_out else f"exit {self.done.exit}"
        return (
            self.job.name,
            f"{'ok' if self.ok else 'FAILED'}, {ending}",
            f"{self.done.seconds:.0f}",
            self.line.replace("|", "\\|").replace(str(ROOT), "."),
            self.job.shows,
        )


def run(job: Job) -> Result:
    """Run it to its end or its limit."""
    env = environment.inherited("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    # Yesterday's report is in the way: a run refuses a folder that holds one.
    shutil.rmtree(ROOT / ".assay" / "nightly" / job.name, ignore_errors=True)
    return Result(job, execute([sys.executable, *job.argv], env=env, timeout=job.limit, cwd=ROOT))


def commit() -> str:
    """The commit that was tested, and whether files differ from it."""
    env = environment.inherited("HOME")
    head = execute(["git", "rev-parse", "--short=12", "HEAD"], env=env, timeout=20, cwd=ROOT)
    words = ["git", "status", "--porcelain", "--", ".", ":!docs/nightly.md", ":!docs/benchmarks"]
    changed = execute(words, env=env, timeout=20, cwd=ROOT)
    note = " with changes" if changed.stdout.strip() else ""
    return (head.stdout.strip() + note) if head.ok else "unknown"


def machine() -> str:
    """Its size; neither name nor place."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB RAM,"
        f" Python {platform.python_version()}"
    )


def report(results: Sequence[Result], *, started: str, tested: str) -> str:
    """The page."""
    head = ("job", "result", "seconds", "its last word", "shows")
    rows = [head, tuple("-" * len(cell) for cell in head), *(one.cells() for one in results)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    failed = [one.job.name for one in results if not one.ok]
    left_out = [job.name for job in JOBS if job not in [one.job for one in results]]
    lines = [
        "# Nightly",
        f"{started}, commit {tested}. {machine()}. Written by `make nightly`.",
        table,
        f"Failed: {', '.join(failed)}." if failed else "Nothing failed.",
    ]
    lines += [f"Not run: {', '.join(left_out)}."] if left_out else []
    return "\n\n".join(lines) + "\n"


def write(line: str) -> None:
    """Progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the jobs, write the page after each; 1 if one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [job.name for job in JOBS]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="show the jobs")
    options = parser.parse_args(arguments)
    chosen = [job for job in JOBS if not options.only or job.name in options.only]
    if options.list:
        write("\n".join(f"{job.name}: {job.shows}: python {' '.join(job.argv)}" for job in chosen))
        return 0
    started, tested = utc_now(), commit()
    results: list[Result] = []
    for job in chosen:
        write(f"{job.name}: {job.shows}")
        result = run(job)
        results.append(result)
        write(f"  {', '.join(result.cells()[1:3])} s: {result.line}")
        if not result.ok:
            write(result.done.output[-4000:])
        REPORT.write_text(report(results, started=started, tested=tested), encoding="utf-8")
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
