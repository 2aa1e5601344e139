"""What came of comparing two databases, with what a reader has to know of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.finding import Comparison, Equality, merge_comparisons

_SAYS = {
    Equality.EQUAL: "the target is the source",
    Equality.DIFFERENT: "the target is not the source",
    Equality.UNKNOWN: "could not tell",
}

NONE = Comparison(Equality.EQUAL)  # to which others are added


@dataclass(frozen=True, slots=True)
class Answer:
    """`source` and `target` say where they are, `servers` which versions they have.

    `options` repeats what was asked, `date` is when it began. `self_test` None: it was not made.
    `repair` are lines of SQL, where they were asked for.
    """

    source: str
    target: str
    comparison: Comparison
    self_test: SelfTest | None = None
    servers: tuple[str, ...] = ()
    options: str = ""
    date: str = ""
    repair: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict on one line; of equal sides that something was left out."""
        said = _SAYS[self.comparison.equality]
        partly = self.comparison.left_out and self.comparison.equality is Equality.EQUAL
        return f"{self.comparison.equality}: {said}{', but for what is left out' if partly else ''}"


def together(answers: Sequence[Answer]) -> Comparison:
    """What many pairs come to as one."""
    names = (f"{answer.target}: " for answer in answers)
    pairs = zip(names, (answer.comparison for answer in answers), strict=True)
    return reduce(lambda one, pair: merge_comparisons(one, pair[1], prefix=pair[0]), pairs, NONE)
