"""Large relations as the bytes that both servers send; what differs there is read in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.oracle.look import MANY, SCATTERED, Look, first, groups
from assay.oracle.rows import Merged
from assay.oracle.sessions import Meter
from assay.oracle.side import Side
from assay.oracle.stretches import Stretches
from assay.oracle.wire import Part, same

PIECES = 256  # of a relation, of which the bytes are asked one after the other


def compare_bytes(look: Look) -> Merged:
    """Compare piece by piece in the order in which rows lie; then what is not the same there.

    Pieces that are the same hold the same rows. So all others together must do so too, whatever
    piece a row lies in: they are merged by their keys, or counted.
    """
    stretches = look.stretches() or Stretches.alike(look.plan, PIECES)
    alike, count = _Alike(), len(stretches)
    begin = first(count)
    parts = alike.take(look, stretches, groups(range(begin), 1))
    if len(parts) > SCATTERED * begin:
        return look.merge(look.plan)
    coarse = alike.take(look, stretches, groups(range(begin, count), -(-count // PIECES)))
    parts += alike.take(look, stretches, groups(coarse, 1)) if count > PIECES else coarse
    if len(parts) > MANY * count:
        return look.merge(look.plan)
    if parts:
        look.progress(f"{len(parts)} of {count} parts differ, reading them")
        alike.add(look.merge_parts(stretches, parts))
    return Merged(alike.rows, alike.invalid)


@dataclass(slots=True)
class _Alike:
    """What was compared: how many rows of the source, how many that are equal and no UTF-8."""

    rows: int = 0
    invalid: int = 0

    def add(self, more: Part | Merged) -> None:
        """So many more."""
        self.rows += more.rows
        self.invalid += more.invalid

    def take(self, look: Look, stretches: Stretches, pieces: Sequence[Sequence[int]]) -> list[int]:
        """Add the pieces that both sides send alike; the parts of the others are given back."""
        answers = _ask(look, stretches, pieces)
        for answer in answers:
            if answer is not None:
                self.add(answer)
        return [part for piece, one in zip(pieces, answers, strict=True) if one is None
                for part in piece]  # fmt: skip


def _ask(look: Look, stretches: Stretches, pieces: Sequence[Sequence[int]]) -> list[Part | None]:
    """What both sides' bytes of each piece say, as many at once as both have sessions."""
    answers: list[Part | None] = [None] * len(pieces)
    meter = Meter(len(pieces), look.progress)

    def work(number: int, sides: tuple[Side, Side], of: int) -> None:
        mine = range(number, len(pieces), of)
        rows = [stretches.rows(pieces[one]) for one in mine]
        queries = [(look.plan.unordered(here), look.plan.unordered(there)) for here, there in rows]
        for one, answer in zip(mine, same(sides, queries), strict=True):
            answers[one] = answer
            meter.done()

    look.sessions.work(work)
    return answers
