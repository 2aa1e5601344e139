"""What a comparison notes while it runs: what was found, looked at and in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Cost, conclude
from assay.oracle.words.route import Route

Progress = Callable[[str], None]


@dataclass(slots=True)
class Notes:
    """The parts of a `Comparison` in the making; `doing` is what somebody waits for."""

    found: Collector
    progress: Progress
    compared: dict[str, int] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proved: dict[str, int] = field(default_factory=dict)
    identified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    position: str | None = None
    left_out: tuple[str, ...] = ()
    routes: set[Route] = field(default_factory=set)
    doing: str = "connecting"

    def say(self, text: str) -> None:
        """Say what is done now."""
        self.doing = text
        self.progress(text)

    def prove(self, how: str, rows: int) -> None:
        """So many rows more were compared like this."""
        if rows:
            self.proved[how] = self.proved.get(how, 0) + rows

    def conclusion(self, seconds: float) -> Comparison:
        """What all of it comes to."""
        return conclude(
            self.found.kept,
            compared=self.compared,
            limit=None,
            warnings=self.warnings,
            seconds=seconds,
            omitted=self.found.omitted,
            proved=self.proved,
            doubts=self.doubts,
            totals=dict(self.found.totals),
            cost=self.cost,
            position=self.position,
            identified=self.identified,
            left_out=self.left_out,
            used=self.routes,
            rows=self.found.rows,
        )
