"""Completed means equal: what a job made, held against its source by the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.errors import TimedOut
from assay.jobs.client import secrets_of
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison
from assay.oracle.words.scope import Declared, Scope
from assay.postgres.address import Address, Viewer
from assay.postgres.barrier import Marker
from assay.postgres.pair import Pair
from assay.redact import spellings
from assay.replicators.base import Leftovers


@dataclass(frozen=True, slots=True)
class Databases:
    """A source and a target database that jobs are about, as we and as the workers reach them.

    Where a tool hands its source on, the target's server has to reach it there as well.
    """

    source: Address
    target: Address
    source_of_worker: Address
    target_of_worker: Address

    @classmethod
    def of(cls, pair: Pair) -> Databases:
        """Those of a lease."""
        return cls(
            pair.source,
            pair.target,
            pair.address("source", Viewer.REPLICATOR),
            pair.address("target", Viewer.REPLICATOR),
        )

    def spec(self, command: str = "init", **options: Any) -> dict[str, Any]:
        """A specification for this one database; `drop_existing` and no stream by default."""
        given = {"drop_existing": True, "enable_sync": False, **options}
        return {
            "schema_version": "1.0",
            "command": command,
            "source_url": self.source_of_worker.url(),
            "target_url": self.target_of_worker.url(),
            "filter": {"include_databases": [self.source.database]},
            **({"options": given} if command == "init" else {}),
        }

    def still(self) -> Comparison:
        """Both as they are: nobody writes, nothing streams."""
        return compare(self.source, self.target)

    def moving(self, marker: Marker, leftovers: Leftovers, *, timeout: float) -> Comparison:
        """Both at one proven position of the stream, which has to carry the marker twice.

        `marker` was made on the source before the job; `leftovers` are the stream's own parts.
        TimedOut when the marker does not arrive within `timeout` seconds.
        """
        for _ in range(2):  # the first one may have come by the snapshot
            crossed = marker.cross(
                timeout=timeout, patience=timeout, claims_done=_never, ended=_never
            )
            if not crossed.crossed:
                raise TimedOut(
                    f"A job's stream stands still: {crossed.why}.", evidence=crossed.stuck
                )
        declared = Declared(source=leftovers.source, target=leftovers.target)
        return compare(
            self.source, self.target, Question(Scope(sequences="skip", declared=declared))
        )


def _never() -> bool:
    return False


def canaries(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Every spelling of the passwords in a specification, for a search."""
    return tuple(form for secret in secrets_of(spec) for form in spellings(secret.reveal()))
