"""Runs and killed runs of the suite leave nothing, as an inventory from outside sees it.

``python -m benchmarks.leaks`` does three things. Whole suite with ``-n 0`` and ``-n 2``: the same
outcomes. Runs in a row: nothing is left. Runs whose controller and one of whose workers, in turn,
get SIGKILL at a random moment after the first server was begun: nothing is left ten seconds later.

What others do on the machine meanwhile does not count: this program adopts the orphans of its runs
(as a subreaper), so that every process of theirs descends from it. But who else uses Docker, or
makes semaphores, counts.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.clock import monotonic, pause, wait_until
from assay.errors import SetupError, TimedOut
from assay.postgres import containers
from assay.postgres.lease import RunState, read_all
from assay.process import OUTPUT_LIMIT, Execution, Running, execute, start

ROOT = Path(__file__).resolve().parents[1]
INVENTORY = Path(__file__).with_name("inventory.py")
SETTLE = 10.0  # seconds after which nothing may be left
RUN_LIMIT = 1200.0  # seconds
START_LIMIT = 180.0  # seconds until the first server is begun
QUICK = (
    "dt-int-extremes or dt-null-vs-empty or sn-gap-rows or ls-insert-update-delete"
    " or cu-sequences or vf-plant-row"
)
_PR_SET_CHILD_SUBREAPER = 36
Fact = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was done, and what was left of it."""

    what: str
    provider: str
    result: str
    clean_after: float | None  # seconds; None: not within the limit
    left: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()  # beside what was left

    @property
    def ok(self) -> bool:
        """Nothing left, nothing wrong."""
        return not self.left and not self.wrong

    def cells(self) -> tuple[str, ...]:
        """For a table."""
        clean = "never" if self.clean_after is None else f"{self.clean_after:.1f} s"
        return self.what, self.provider, self.result, clean, str(len(self.left))


@dataclass(frozen=True, slots=True)
class Watch:
    """The inventory taken before, in a file; what is new is counted for this process's tree."""

    before: Path
    temp: tuple[str, ...]  # which folders count as temp folders

    @classmethod
    def begin(cls, suite: Suite, *, number: int, busy: bool) -> Watch:
        """Take the inventory now; on a `busy` machine only the runs' own temp folder counts."""
        folders = [suite.temp] if busy else [suite.temp, Path("/tmp")]  # noqa: S108
        temp = tuple(f"--temp={folder}" for folder in folders)
        file = suite.folder / f"before-{number}.json"
        file.write_text(inventory(*temp).stdout, encoding="utf-8")
        return cls(file, temp)

    def left(self) -> tuple[str, ...]:
        """What is new, a line each."""
        words = (*self.temp, "--since", str(self.before), "--ours", str(os.getpid()))
        return tuple(inventory(*words, allowed=(0, 1)).stdout.splitlines())

    def settle(self) -> tuple[tuple[str, ...], float | None]:
        """What is left after the limit, and the seconds until nothing was."""
        begun = monotonic()
        while left := self.left():
            if monotonic() - begun >= SETTLE:
                return left, None
            pause(0.3)
        return (), monotonic() - begun


def inventory(*words: str, allowed: Sequence[int] = (0,)) -> Execution:
    """Run the inventory, a program that knows nothing of ours."""
    done = execute(
        [sys.executable, "-I", str(INVENTORY), *words], env=environment.inherited(), timeout=60
    )
    if done.exit not in allowed or done.stderr:
        raise SetupError("The inventory failed.", evidence=done.output[-2000:])
    return done


@dataclass(frozen=True, slots=True)
class Suite:
    """How the suite is started."""

    folder: Path  # for report folders
    provider: str

    @property
    def temp(self) -> Path:
        """TMPDIR of the runs: what lies in it is theirs."""
        return self.folder / "temp"

    @contextlib.contextmanager
    def run(self, name: str, *, workers: int, cases: str) -> Iterator[Running]:
        """A run, whose report goes to the folder of that name; afterwards it is over.

        The inventory is to count inside: leaving the block ends what is left of the run's group.
        """
        argv = [sys.executable, "-m", "pytest", "-q", "-m", "integration", f"-n{workers}"]
        argv += ["-k", cases] if cases else []
        argv += [f"--pg-provider={self.provider}", f"--report-dir={self.folder / name}"]
        env = environment.inherited("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
        running = start(argv, env={**env, "TMPDIR": str(self.temp)}, cwd=ROOT)
        try:
            yield running
        finally:
            running.stop()

    def line(self, name: str) -> str:
        """The verdict of a run."""
        file = self.folder / name / "verdicts.json"
        if not file.exists():
            return "no verdict"
        return str(json.loads(file.read_text(encoding="utf-8"))["line"])

    def outcomes(self, name: str) -> frozenset[Fact]:
        """What a run says of each case."""
        read = json.loads((self.folder / name / "verdicts.json").read_text(encoding="utf-8"))
        keys = ("case", "replicator", "pg", "phase", "outcome", "harmed_source", "expected")
        judged = {tuple(one[key] for key in keys) for one in read["outcomes"]}
        skipped = {(one["case"], "skipped", one["requires"]) for one in read["skipped"]}
        return frozenset(judged | skipped)


def same_outcomes(suite: Suite, watch: Watch, *, cases: str) -> Row:
    """One run in one process and one with two workers agree on every case."""
    seen, wrong, lines = [], [], []
    for workers in (0, 2):
        name = f"n{workers}"
        with suite.run(name, workers=workers, cases=cases) as running:
            done = ended(running)
        lines.append(f"-n {workers}: {suite.line(name)} in {done.seconds:.0f} s")
        if done.timed_out or not (suite.folder / name / "verdicts.json").exists():
            wrong.append(f"-n {workers} came to no verdict: {done.output[-1500:]}")
            seen.append(frozenset[Fact]())
        else:
            seen.append(suite.outcomes(name))
    wrong += [f"only -n 0: {fact}" for fact in sorted(map(str, seen[0] - seen[1]))]
    wrong += [f"only -n 2: {fact}" for fact in sorted(map(str, seen[1] - seen[0]))]
    result = f"{len(seen[0] & seen[1])} cases alike; {'; '.join(lines)}"
    left, clean = watch.settle()
    return Row("-n 0 and -n 2", suite.provider, result, clean, left, tuple(wrong))


def in_a_row(suite: Suite, watch: Watch, *, number: int, cases: str) -> Row:
    """A run that ends by itself."""
    name = f"run-{number}"
    with suite.run(name, workers=2, cases=cases) as running:
        done = ended(running)
        left, clean = watch.settle()
    wrong = () if done.ok else (f"ended with {done.exit}: {done.output[-1500:]}",)
    result = f"{suite.line(name)} in {done.seconds:.0f} s"
    return Row(f"run {number}", suite.provider, result, clean, left, wrong)


def killed(suite: Suite, watch: Watch, *, number: int, moment: float, cases: str) -> Row:
    """A run of which the controller (odd numbers) or one worker (even) gets SIGKILL."""
    name, whole = f"kill-{number}", number % 2 == 1
    what = f"kill -9 of {'the controller' if whole else 'a worker'} at {moment:.1f} s"
    early: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    result = "dead"
    with suite.run(name, workers=2, cases=cases) as running:
        begun = functools.partial(_begun, running)
        wait_until(begun, what="the first server", timeout=START_LIMIT)
        pause(moment)
        if not running.alive():
            wrong = (f"the run ended before: {said(running).output[-1500:]}",)
        elif whole:
            os.kill(running.pid, signal.SIGKILL)
            wait_until(lambda: not running.alive(), what="its death", timeout=5)
        else:
            early = kill_worker(running, number=number, temp=watch.temp[0])
            done = ended(running)
            result = f"{suite.line(name)} in {done.seconds:.0f} s"
            wrong = ("the run did not end by itself",) if done.timed_out else ()
        left, clean = watch.settle()
    return Row(what, suite.provider, result, clean, (*early, *left), wrong)


def kill_worker(running: Running, *, number: int, temp: str) -> tuple[str, ...]:
    """SIGKILL to one worker that has servers; what of its own is left after the limit."""
    held = leases(running)
    state = held[number // 2 % len(held)]
    own = {entry.container for entry in state.servers if entry.container is not None}
    # Processes, and what they hold; what nobody holds is not only the worker's.
    before = {
        key for _, key, thing in things(temp, "--ours", str(state.owner.pid)) if thing["holders"]
    }
    state.owner.send(signal.SIGKILL)

    def left() -> tuple[str, ...]:
        return tuple(
            f"of the worker: {section} {key}: {thing['what']}"
            for section, key, thing in things(temp)
            if key in before or any(name in thing["what"] for name in own)
        )

    begun = monotonic()
    while (found := left()) and monotonic() - begun < SETTLE:
        pause(0.3)
    write(f"  the worker's own things: {len(found)} left after {monotonic() - begun:.1f} s")
    return found


def things(*words: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The inventory as section, id, thing."""
    for section, entries in json.loads(inventory(*words).stdout).items():
        for key, thing in entries.items():
            yield section, key, thing


def leases(running: Running) -> list[RunState]:
    """The leases of a run's processes that have a server by now, or are about to."""
    return [
        state
        for _, state in read_all()
        if state.servers and state.owner.alive() and _parent(state.owner.pid) == running.pid
    ]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return 0


def _begun(running: Running) -> bool:
    return bool(leases(running)) or not running.alive()


def ended(running: Running) -> Execution:
    """Wait for a run's end, which must come by itself; what it left is not touched."""
    with contextlib.suppress(TimedOut):
        wait_until(lambda: not running.alive(), what="the end of a run", timeout=RUN_LIMIT)
    return said(running)


def said(running: Running) -> Execution:
    """What a run has said and how it ended; `timed_out` where it has not."""
    # Not by reading: the run shares the file's offset with us.
    texts = [
        os.pread(stream.fileno(), OUTPUT_LIMIT, 0).decode("utf-8", "replace")
        for stream in running.streams
    ]
    return Execution(
        argv=running.argv,
        exit=running.process.poll(),
        stdout=texts[0],
        stderr=texts[1],
        seconds=round(monotonic() - running.started, 3),
        timed_out=running.alive(),
    )


def end_in_order() -> None:
    """Let SIGTERM unwind, so that a run of ours ends with us."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def adopt_orphans() -> None:
    """Become the parent of every orphan of our descendants (Linux)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SetupError("The kernel does not let this process adopt orphans.")


def write(line: str) -> None:
    """Progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Row]) -> str:
    """Plain columns."""
    head = ("what", "servers", "result", "clean after", "left")
    lines = [head, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def plan(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[Suite, Watch], Row]]]:
    """Everything that is to be done, in order, with the provider of its servers."""
    dice, providers = random.Random(options.seed), options.provider
    if not options.no_outcomes:
        yield providers[0], functools.partial(same_outcomes, cases=options.compare)
    for number in range(1, options.runs + 1):
        work = functools.partial(in_a_row, number=number, cases=options.cases)
        yield providers[number % len(providers) - 1], work
    for number in range(1, options.kills + 1):
        moment = dice.uniform(0, options.window)
        # Two in a row with one provider, so that each sees both victims.
        provider = providers[(number - 1) // 2 % len(providers)]
        yield (
            provider,
            functools.partial(killed, number=number, moment=moment, cases=options.compare),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the plan, print the table; 1 if anything was left or wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--cases", default=QUICK, metavar="EXPR", help="-k of the runs in a row")
    parser.add_argument(
        "--compare", default="", metavar="EXPR", help="-k of the other runs (default: all cases)"
    )
    parser.add_argument("--no-outcomes", action="store_true", help="leave out -n 0 beside -n 2")
    parser.add_argument("--provider", action="append", choices=("wheel", "docker", "installed"))
    parser.add_argument("--window", type=float, default=25.0, help="seconds a kill falls into")
    parser.add_argument(
        "--busy", action="store_true", help="others use /tmp now: only the runs' TMPDIR counts"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args(arguments)
    if not options.provider:
        options.provider = ["wheel"] if containers.why_absent() else ["wheel", "docker"]
    adopt_orphans()
    end_in_order()
    write(f"seed {options.seed}, servers from {', '.join(options.provider)}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="leaks-") as folder:
        Path(folder).chmod(0o755)  # servers may run as another user
        Path(folder, "temp").mkdir()
        Path(folder, "temp").chmod(0o1777)
        for number, (provider, work) in enumerate(plan(options)):
            suite = Suite(Path(folder), provider)
            row = work(suite, Watch.begin(suite, number=number, busy=options.busy))
            rows.append(row)
            write("  ".join(row.cells()))
            for line in (*row.left, *row.wrong):
                write(f"  {line}")
    write("\n" + table(rows))
    bad = [row for row in rows if not row.ok]
    for row in bad:
        write("\n".join((f"\n{row.what} ({row.provider}):", *row.left, *row.wrong)))
    write(f"\n{'FAIL' if bad else 'PASS'}, {len(rows)} steps, {len(bad)} that left something")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
