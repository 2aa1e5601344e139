"""Steps of a deployment: results on disk, keyed by their inputs; one process at a time.

A step writes that it begins before it makes anything, so whoever comes after a SIGKILL sees what
may be left. Its result is used again while its inputs are the same and it still holds.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock, Timeout

from assay.clock import utc_now
from assay.errors import AssayError, Refused, UsageError

Progress = Callable[[str], None]
Results = Mapping[str, "Result"]
T = TypeVar("T")
JOURNAL, LOCK, HOLDER = "journal.jsonl", "lock", "holder.json"
DESTROYED = "destroyed"  # in the journal, where all that was made is undone


class StepError(AssayError):
    """A step of a deployment did not come to its end."""


class Outcome(StrEnum):
    """How far a step came."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What a step made, and from what; without secrets."""

    step: str
    inputs: str  # a digest
    began: str
    by: str
    outcome: Outcome = Outcome.BEGUN
    ended: str = ""
    why: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)
    reused: bool = False

    def write(self, folder: Path) -> None:
        """As STEP.json, whole or not at all, and a line of the journal."""
        text = json.dumps(asdict(self), indent=1)
        fresh = folder / f".{self.step}.json"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(folder / f"{self.step}.json")
        self.append(folder)

    def append(self, folder: Path) -> None:
        """As a line of the journal alone."""
        with (folder / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(asdict(self)) + "\n")


def note(folder: Path, step: str, *, why: str, made: Mapping[str, Any]) -> None:
    """Something that belongs to the deployment and is no rung; `why` says that it failed."""
    now = utc_now()
    outcome = Outcome.FAILED if why else Outcome.DONE
    Result(step, "", now, _who(), outcome, ended=now, why=why, made=made).append(folder)


def read(folder: Path, step: str) -> Result | None:
    """The last result of a step; None when it never began here."""
    try:
        known = json.loads((folder / f"{step}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Result(**{**known, "outcome": Outcome(known["outcome"])})


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One rung. `inputs` are what its result depends on; `make` makes it.

    `holds` says why a result is no longer good, empty while it is; None as `inputs` means that it
    is made every time. `undo` removes what it made or began to make.
    """

    name: str
    does: str
    make: Callable[[T, Results, Progress], Mapping[str, Any]]
    inputs: Callable[[T, Results], Mapping[str, Any]] | None = None
    holds: Callable[[T, Result], str] = lambda _where, _result: ""
    undo: Callable[[T, Result], None] | None = None


def climb(
    steps: Sequence[Step[T]],
    where: T,
    folder: Path,
    *,
    begin: str | None = None,
    until: str | None = None,
    patience: float = 0.0,
    progress: Progress = lambda _: None,
) -> dict[str, Result]:
    """The results of all steps up to `until`, made or used again.

    With `begin` everything before it must be there and hold; UsageError says what is missing.
    Another process with this folder is waited for so many seconds, then Refused names it.
    """
    names = [step.name for step in steps]
    for name in (begin, until):
        if name is not None and name not in names:
            raise UsageError(f"There is no step {name!r}.", remedy=f"one of {', '.join(names)}")
    first = names.index(begin) if begin else 0
    last = names.index(until) if until else len(names) - 1
    if first > last:
        raise UsageError(f"{begin} comes after {until}.", evidence=f"in order: {', '.join(names)}")
    results: dict[str, Result] = {}
    with held(folder, patience=patience):
        for number, step in enumerate(steps[: last + 1]):
            results[step.name] = _one(step, where, folder, results, progress, made=number < first)
    return results


def _one(
    step: Step[T], where: T, folder: Path, results: Results, progress: Progress, *, made: bool
) -> Result:
    """One step: its known result where that is good, else a new one."""
    inputs = digest(step.inputs(where, results)) if step.inputs else ""
    known = read(folder, step.name)
    unfit = "it was never made here"
    if known is not None and known.outcome is Outcome.DONE:
        same = step.inputs is not None and known.inputs == inputs
        unfit = step.holds(where, known) if same else "what it is made from has changed"
        if not unfit:
            progress(f"{step.name}: as made {known.began} ({step.does})")
            return replace(known, reused=True)
    elif known is not None:
        how = "failed" if known.outcome is Outcome.FAILED else "was begun"
        unfit = f"it {how} {known.began} by {known.by} and did not come to its end"
        progress(f"{step.name}: {unfit}{f': {known.why}' if known.why else ''}; doing it again")
    if made and step.inputs is not None:
        raise UsageError(
            f"The step {step.name} cannot be left out.",
            evidence=unfit,
            remedy=f"begin with it: --from {step.name}",
        )
    progress(f"{step.name}: {step.does}")
    begun = Result(step.name, inputs, utc_now(), _who())
    begun.write(folder)
    try:
        done = replace(begun, made=step.make(where, results, progress), outcome=Outcome.DONE)
    except BaseException as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        replace(begun, outcome=Outcome.FAILED, ended=utc_now(), why=why).write(folder)
        raise
    done = replace(done, ended=utc_now())
    done.write(folder)
    return done


def descend(
    steps: Sequence[Step[T]], where: T, folder: Path, *, progress: Progress = lambda _: None
) -> None:
    """Undo all that was begun, the last step first; goes on past what fails.

    StepError says at the end what could not be removed.
    """
    left: list[str] = []
    known_ones = 0
    with held(folder):
        for step in reversed(steps):
            known = read(folder, step.name)
            if known is None:
                continue
            if step.undo is not None:
                progress(f"{step.name}: undone")
                try:
                    step.undo(where, known)
                except AssayError as error:
                    left.append(f"{step.name}: {error.what} {error.evidence}".strip())
                    continue
            (folder / f"{step.name}.json").unlink()
            known_ones += 1
        if known_ones:
            note(folder, DESTROYED, why="; ".join(left), made={})
    if left:
        raise StepError(
            f"{len(left)} of the deployment's parts could not be removed.",
            evidence="\n".join(left),
            remedy="mend the cause and do it again; what is gone is not asked for twice",
        )


@contextmanager
def held(folder: Path, *, patience: float = 0.0) -> Iterator[None]:
    """The folder for this process alone; Refused says who has it and since when."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock, holder = FileLock(folder / LOCK), folder / HOLDER
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        said = holder.read_text(encoding="utf-8") if holder.exists() else "{}"
        known = json.loads(said or "{}")
        raise Refused(
            f"Somebody else works on the deployment {folder.name}.",
            evidence=f"{known.get('by', 'unknown')}, since {known.get('since', 'unknown')}",
            remedy="wait until it has ended; a lock of a dead process is not in the way",
        ) from None
    try:
        holder.write_text(json.dumps({"by": _who(), "since": utc_now()}), encoding="utf-8")
        yield
    finally:
        lock.release()


def digest(inputs: Any) -> str:
    """A digest of what JSON can hold."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def tree_digest(*paths: Path, but: Sequence[str] = ()) -> str:
    """A digest of files and of all files in folders, names and bytes, `but` some suffixes."""
    whole = hashlib.sha256()
    for path in paths:
        files = (
            [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
        )
        for file in files:
            if "__pycache__" in file.parts or file.suffix in but:
                continue
            name = file.relative_to(path.parent).as_posix()
            whole.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"
