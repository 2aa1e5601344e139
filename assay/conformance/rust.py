"""A Rust test and what it did to the databases: both are looked at before and after it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.snapshot import Snapshot, changes, snapshot
from assay.oracle.words.finding import Equality, Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Declared, Scope, SideName
from assay.postgres.address import Viewer
from assay.postgres.pair import Pair
from assay.process import Execution
from assay.redact import Scrubber
from assay.replicators import rust_crate, rust_says
from assay.replicators.rust_crate import RustResult, RustTest

SIDES: tuple[SideName, SideName] = ("source", "target")
KEPT = 20_000  # characters of an output
_ANY = (".*",)
# What a stream needs while it is there: noted, and no difference.
STREAM = Declared(
    source={"publication": _ANY, "slot": _ANY, "replica-identity": _ANY},
    target={"subscription": _ANY, "origin": _ANY, "replica-identity": _ANY, "trigger-state": _ANY},
)


@dataclass(frozen=True, slots=True)
class RustSeen:
    """What one test said, and what the oracle saw of it.

    `changes` are of one side each, between before and after. `compared` is the oracle's answer
    where the test brought something of the source to the target. `needs` are variables that it
    wants and nobody set.
    """

    result: RustResult
    why: str = ""
    seconds: float = 0.0
    output: str = ""
    compared: str | None = None
    findings: tuple[Finding, ...] = ()
    changes: tuple[Finding, ...] = ()
    needs: tuple[str, ...] = ()

    def event(self, test: RustTest, nodeid: str) -> dict[str, Any]:
        """For the journal; xdist carries nothing but JSON's own types."""
        event: dict[str, Any] = {
            "event": "rust-test",
            "name": test.name,
            "target": test.target,
            "ignored_by_default": test.ignored,
            "result": self.result.value,
            "seconds": self.seconds,
            "why": self.why or None,
            "nodeid": nodeid,
            "output": self.output,
            "compared": self.compared,
            "findings": [asdict(finding) for finding in self.findings],
            "changes": [asdict(finding) for finding in self.changes],
        }
        return dict(json.loads(json.dumps(event)))


def try_test(test: RustTest, pair: Pair, *, tmp: Path, timeout: float) -> RustSeen:
    """Run one test on a pair whose source is seeded, and look at what it did.

    Raises AssayError where the oracle could not tell.
    """
    given = rust_crate.given(test)
    if lacking := rust_says.needs(Path(test.source), test.name, given):
        return _skipped(lacking)
    before = _look(pair)
    result, why, done = rust_crate.run(
        test,
        source=pair.address("source", Viewer.REPLICATOR).url(),
        target=pair.address("target", Viewer.REPLICATOR).url(),
        path=os.pathsep.join((str(pair.server_pair.tools), os.defpath)),
        tmp=tmp,
        timeout=timeout,
    )
    if result is RustResult.FAILED and (lacking := rust_says.lacked(why, Path(test.root), given)):
        return _skipped(lacking)
    scrub = _scrubber(pair).scrub
    seen = RustSeen(result, scrub(why), done.seconds, scrub(_said(done)))
    after = _look(pair)
    moved = {side: changes(before[side], after[side], side=side) for side in SIDES}
    seen = replace(seen, changes=(*moved["target"], *moved["source"]))
    if not _brought(before, after):
        return _harm(seen, moved["source"])
    compared = compare(
        pair.source, pair.target, Question(Scope(declared=STREAM), tools=pair.server_pair.tools)
    )
    if compared.equality is Equality.UNKNOWN:
        raise AssayError(f"{test.id}: the oracle could not tell: {compared.why}")
    seen = replace(seen, compared=compared.equality.value, findings=compared.findings)
    if compared.equality is Equality.DIFFERENT and result is RustResult.PASSED:
        why = f"it passed, and the databases differ: {compared.findings[0]}"
        return replace(seen, result=RustResult.DIVERGED, why=why)
    return _harm(seen, moved["source"])


def _skipped(lacking: Collection[str]) -> RustSeen:
    names = tuple(lacking)
    return RustSeen(RustResult.SKIPPED, f"needs {', '.join(names)}, which is not set", needs=names)


def _look(pair: Pair) -> dict[SideName, Snapshot]:
    return {side: snapshot(pair.address(side), side=side) for side in SIDES}


def _brought(before: dict[SideName, Snapshot], after: dict[SideName, Snapshot]) -> bool:
    """Whether a relation of the source appeared on the target, or its rows changed there.

    A test that fills the target from elsewhere has nothing that could be compared.
    """
    ours, then, now = after["source"].rows, before["target"].rows, after["target"].rows
    return any(now.get(name) != then.get(name) for name in ours if name in now)


def _harm(seen: RustSeen, moved: tuple[Finding, ...]) -> RustSeen:
    """A passing test that changed the source itself."""
    harm = tuple(f for f in moved if not _of_a_stream(f))
    if not harm or seen.result is not RustResult.PASSED:
        return seen
    why = f"it passed, and the source is another: {harm[0]}"
    return replace(seen, result=RustResult.DIVERGED, why=why, findings=(*seen.findings, *harm))


def _of_a_stream(finding: Finding) -> bool:
    return finding.kind in (Kind.PUBLICATION, Kind.SLOT, Kind.ORIGIN) or (
        finding.kind == Kind.TABLE and finding.column == "replica identity"
    )


def _scrubber(pair: Pair) -> Scrubber:
    scrubber = Scrubber()
    for server in pair.server_pair.servers:
        scrubber.learn(server.address().password)
    return scrubber


def _said(done: Execution) -> str:
    return done.output if len(done.output) <= KEPT else f"…{done.output[-KEPT:]}"
