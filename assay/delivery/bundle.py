"""What a run leaves as evidence, as a value: what was tested, what came of it, what was not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from assay.run.events import Server
from assay.run.outcome import Verdict

Suite = Literal["conformance", "smoke", "compare", "rust", "deployment"]


@dataclass(frozen=True, slots=True, order=True)
class Artefact:
    """Something that is built and deployed; `digest` is a SHA-256 in hexadecimal digits."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Damage that was planted to see whether it would be seen."""

    planted: int = 0
    detected: int = 0
    missed: tuple[str, ...] = ()

    @property
    def proves(self) -> bool:
        """Whether there was some, and all of it was seen."""
        return 0 < self.planted <= self.detected and not self.missed


@dataclass(frozen=True, slots=True, order=True)
class NotRun:
    """What was left out, and for want of what."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run of a suite, a comparison or a deployment.

    `uncommitted` says what of the files stands in no commit. `passed`, `gaps` and `failed` are
    names of what was judged: as required, by a known gap, not so. `files` are digests of what the
    run wrote, by name. `part` is said of one that is a shard alone. Times are RFC 3339, UTC.
    """

    suite: Suite
    run: str
    commit: str
    started: str
    ended: str
    verdict: Verdict
    line: str
    assay: str
    uncommitted: str = ""
    part: str = ""
    environment: str = ""
    account: str = ""
    seed: int = 0
    artefacts: tuple[Artefact, ...] = ()
    plans: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    servers: tuple[Server, ...] = ()
    replicators: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    self_test: SelfTest = field(default_factory=SelfTest)
    not_run: tuple[NotRun, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """How many cases, checks, tests or steps came to an outcome."""
        return len(self.passed) + len(self.gaps) + len(self.failed)

    @property
    def pairs(self) -> tuple[str, ...]:
        """The server pairs that something was judged on, such as `16:17`."""
        return tuple(sorted({server.pg for server in self.servers if server.pg}))

    @property
    def title(self) -> str:
        """What names it for people."""
        where = f" of {self.environment}" if self.environment else ""
        return f"{self.suite}{where}, run {self.run}"
