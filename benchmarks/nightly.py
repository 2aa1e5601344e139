"""What takes longer than CI allows: named jobs one after the other.

Writes docs/nightly.md, which keeps the last result of every job, from docs/nightly.json.

``python -m benchmarks.nightly [--only NAME ...]``; ``--list`` shows the jobs, ``--matrix`` gives
them to a workflow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assay import environment
from assay.clock import utc_now
from assay.process import Execution, execute

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "nightly.md"
RESULTS = ROOT / "docs" / "nightly.json"
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
    program(
        "cloud",
        "benchmarks.cloud",
        "--write",
        shows="the whole service: applied, 1,000,000 rows by a posted job, judged, torn down",
    ),
    program(
        "injections",
        "benchmarks.injections",
        "--write",
        shows="whatever happens to a job, completed means equal and every job ends",
    ),
    program(
        "defects",
        "benchmarks.smoke",
        "--write",
        shows="the smoke suite sees every planted defect, and no other",
    ),
    Job(
        "smoke",
        (
            "-m",
            "pytest",
            "smoke",
            "--environment=local",
            "--deploy",
            "--profile=full",
            "--require=terraform",
            "--report-dir=.assay/nightly/smoke",
        ),
        "a deployment from nothing, the whole smoke suite, torn down",
    ),
    program("kills", "benchmarks.kills", "--write", shows="a killed deployment is recovered"),
    Job(
        "by-hand",
        ("-m", "pytest", "-q", "-n2", "--nightly", "tests/assay/conformance/by_hand"),
        "each red case's script sees what its run saw, and nothing with a faithful tool",
    ),
    Job(
        "twelve-defects",
        ("-m", "pytest", "-q", "--nightly", "tests/shell_tool"),
        "all cases tell a tool's twelve defects apart, and the README shows such a run",
    ),
    program(
        "newcomer",
        "benchmarks.newcomer",
        shows="the README's five lines in a bare Debian, a case of one's own, the workflow",
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
        "page",
        "benchmarks.page",
        "--write",
        shows="the page of a run with 400 cases weighs below 5 MB and opens in under 2 s",
    ),
    program(
        "corpus",
        "benchmarks.detection",
        "--write",
        shows="every mutant of the corpus is found, each with exactly its findings",
    ),
    *(
        program(
            f"corpus-{pair.replace(':', '-')}",
            "benchmarks.detection",
            f"--pg={pair}",
            "--provider=wheel",
            shows=f"the corpus from PostgreSQL {pair.replace(':', ' to ')}",
        )
        for pair in ("16:17", "17:18", "18:17")
    ),
    *(
        program(
            f"restored-cases-{pair.replace(':', '-')}",
            "benchmarks.restored_cases",
            f"--pg={pair}",
            "--provider=wheel",
            shows=f"what pg_dump restores of every case's databases is equal, {pair}",
        )
        for pair in ("17:17", "16:17", "17:18")
    ),
    program(
        "mutation",
        "benchmarks.mutation",
        "--write",
        shows="nine of ten mutants of the modules that decide are killed",
        limit=2 * HOUR,
    ),
    program(
        "extremes",
        "benchmarks.extremes",
        "--write",
        shows="the oracle at PostgreSQL's limits: 1 GB values, 1600 columns, 10,000 tables",
    ),
    program(
        "clean-comparisons",
        "benchmarks.clean_comparisons",
        "--count=1000",
        "--jobs=2",
        "--write",
        shows="1,000 comparisons of equal databases raise no finding",
        limit=3 * HOUR,
    ),
    *(
        program(
            f"random-schemas-{pair.replace(':', '-')}",
            "benchmarks.random_schemas",
            "--count=2000",
            "--jobs=2",
            f"--pg={pair}",
            "--write",
            shows="2,000 random schemas equal their dump and restore from PostgreSQL "
            f"{pair.replace(':', ' to ')}, and differ from their mutants",
            limit=3 * HOUR,
        )
        for pair in ("17:17", "16:17", "17:18", "18:19")
    ),
)


# What a runner of GitHub cannot do, and for want of what: no part of `--matrix`, which says so.
NOT_ON_A_RUNNER = {
    "newcomer": "root, and debootstrap",
    "random-schemas-18-19": "PostgreSQL 19, which no registry has",
}


@dataclass(frozen=True, slots=True)
class Row:
    """How a job went, when and on which commit; kept until the job is run again."""

    name: str
    result: str
    seconds: int
    line: str  # its verdict; without one, the last line that it said
    tested: str
    started: str

    @property
    def failed(self) -> bool:
        """It did not end as it has to."""
        return not self.result.startswith("ok")

    @classmethod
    def of(cls, job: Job, done: Execution, *, started: str, tested: str) -> Row:
        """It is ok when it ended in time with a code that means success."""
        ok = not done.timed_out and done.exit in job.exits
        ending = "time limit" if done.timed_out else f"exit {done.exit}"
        said = [line.strip() for line in done.output.splitlines() if line.strip()]
        verdicts = [line for line in said if _VERDICT.match(line)]
        line = (verdicts or said or ["it said nothing"])[-1][:200]
        return cls(
            name=job.name,
            result=f"{'ok' if ok else 'FAILED'}, {ending}",
            seconds=round(done.seconds),
            line=line.replace(str(ROOT), "."),
            tested=tested,
            started=started,
        )

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        shown = self.line.replace("|", "\\|")
        return self.name, self.result, str(self.seconds), shown, self.started, self.tested


def run(job: Job) -> Execution:
    """Run it to its end or its limit."""
    env = environment.inherited("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    # Yesterday's report is in the way: a run refuses a folder that holds one.
    shutil.rmtree(ROOT / ".assay" / "nightly" / job.name, ignore_errors=True)
    return execute([sys.executable, *job.argv], env=env, timeout=job.limit, cwd=ROOT)


def commit() -> str:
    """The commit that was tested, and whether files differ from it."""
    env = environment.inherited("HOME")
    head = execute(["git", "rev-parse", "--short=12", "HEAD"], env=env, timeout=20, cwd=ROOT)
    words = ["git", "status", "--porcelain", "--", ".", ":!docs/nightly.*", ":!docs/benchmarks"]
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


def report(rows: Mapping[str, Row]) -> str:
    """The page: the last result of every job."""
    head = ("job", "result", "seconds", "its last word", "begun", "commit", "shows")
    known = [job for job in JOBS if job.name in rows]
    lines = [(*rows[job.name].cells(), job.shows) for job in known]
    rule = tuple("-" * len(cell) for cell in head)
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
    failed = [job.name for job in known if rows[job.name].failed]
    never = [job.name for job in JOBS if job not in known]
    parts = [
        "# Nightly",
        f"The last result of each job of `make nightly`, written by it. {machine()}.",
        table,
        f"Failed: {', '.join(failed)}." if failed else "Nothing failed.",
    ]
    parts += [f"Never run: {', '.join(never)}."] if never else []
    return "\n\n".join(parts) + "\n"


def stored() -> dict[str, Row]:
    """The rows of earlier runs."""
    if not RESULTS.exists():
        return {}
    return {row["name"]: Row(**row) for row in json.loads(RESULTS.read_text(encoding="utf-8"))}


def store(rows: Mapping[str, Row]) -> None:
    """Write rows and page."""
    kept = [asdict(rows[job.name]) for job in JOBS if job.name in rows]
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    REPORT.write_text(report(rows), encoding="utf-8")


def write(line: str) -> None:
    """Progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the jobs, write the page after each; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [job.name for job in JOBS]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="show the jobs")
    parser.add_argument("--matrix", action="store_true", help="the jobs as a matrix of a workflow")
    options = parser.parse_args(arguments)
    chosen = [job for job in JOBS if not options.only or job.name in options.only]
    if options.matrix:
        for job in chosen:
            if job.name in NOT_ON_A_RUNNER:
                sys.stderr.write(f"NOT RUN: {job.name}, for want of {NOT_ON_A_RUNNER[job.name]}\n")
        write(json.dumps({"job": [job.name for job in chosen if job.name not in NOT_ON_A_RUNNER]}))
        return 0
    if options.list:
        write("\n".join(f"{job.name}: {job.shows}: python {' '.join(job.argv)}" for job in chosen))
        return 0
    tested = commit()
    rows = stored()
    for job in chosen:
        write(f"{job.name}: {job.shows}")
        started, done = utc_now(), run(job)
        row = rows[job.name] = Row.of(job, done, started=started, tested=tested)
        write(f"  {row.result}, {row.seconds} s: {row.line}")
        if row.failed:
            write(done.output[-4000:])
        store(rows)
    return 1 if any(rows[job.name].failed for job in chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
