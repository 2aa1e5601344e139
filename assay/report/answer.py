"""What came of comparing two databases, with what a reader has to know of the run."""

from __future__ import annotations

from dataclasses import dataclass

from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.finding import Comparison, Equality

_SAYS = {
    Equality.EQUAL: "the target is the source",
    Equality.DIFFERENT: "the target is not the source",
    Equality.UNKNOWN: "could not tell",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`source` and `target` say where they are, `servers` which versions they have.

    `asked` says in words what the options left out or changed of a whole comparison, `options`
    repeats them, `date` is when it began. `self_test` None: it was not made. `repair` are lines of
    SQL, where they were asked for.
    """

    source: str
    target: str
    comparison: Comparison
    self_test: SelfTest | None = None
    servers: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    options: str = ""
    date: str = ""
    repair: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict on one line; of a narrowed run that it is one."""
        said = _SAYS[self.comparison.equality]
        narrowed = self.asked and self.comparison.equality is Equality.EQUAL
        return f"{self.comparison.equality}: {said}{', as far as was asked' if narrowed else ''}"
