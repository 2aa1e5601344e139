"""Large relations as the bytes that both servers send; what differs there is read in order."""

from __future__ import annotations

from collections.abc import Sequence

from assay.oracle.forms import sent
from assay.oracle.look import MANY, SCATTERED, Look, first, groups
from assay.oracle.rows import Merged
from assay.oracle.sessions import Meter
from assay.oracle.side import Side
from assay.oracle.stretches import Stretches
from assay.oracle.wire import same

PIECES = 256  # of a relation, of which the bytes are asked one after the other, at most
PIECE = 1 << 20  # bytes of a side's pages in one of them, at least
FEW = 16  # pieces of a small relation


def compare_bytes(look: Look) -> Merged:
    """Compare piece by piece in the order in which rows lie; then what is not the same there.

    Pieces that are the same hold the same rows. So all others together must do so too, whatever
    piece a row lies in: they are merged by their keys, or counted.
    """
    pieces = min(max(look.plan.source.size // PIECE, FEW), PIECES)
    stretches = look.stretches() or Stretches.alike(look.plan, pieces)
    count = len(stretches)
    begin = first(count)
    rows, parts = _take(look, stretches, groups(range(begin), 1))
    if len(parts) > SCATTERED * begin:
        return look.merge(look.plan)
    more, coarse = _take(look, stretches, groups(range(begin, count), -(-count // pieces)))
    rows += more
    if count > pieces:
        more, coarse = _take(look, stretches, groups(coarse, 1))
        rows += more
    parts += coarse
    if len(parts) > MANY * count:
        return look.merge(look.plan)
    if not parts:
        return Merged(rows, 0)
    look.progress(f"{len(parts)} of {count} parts differ, reading them")
    read = look.merge_parts(stretches, parts)
    return Merged(rows + read.rows, read.invalid)


def _take(
    look: Look, stretches: Stretches, pieces: Sequence[Sequence[int]]
) -> tuple[int, list[int]]:
    """How many rows the pieces have that both sides send alike; the parts of the others."""
    rows: list[int | None] = [None] * len(pieces)
    meter = Meter(len(pieces), look.progress)

    def work(number: int, sides: tuple[Side, Side], of: int) -> None:
        mine = range(number, len(pieces), of)
        places = [stretches.rows(pieces[one]) for one in mine]
        queries = [(sent(look.plan, here), sent(look.plan, there)) for here, there in places]
        for one, answer in zip(mine, same(sides, queries), strict=True):
            rows[one] = answer
            meter.done()

    look.sessions.work(work)
    alike = sum(one for one in rows if one is not None)
    return alike, [part for piece, one in zip(pieces, rows, strict=True) if one is None
                   for part in piece]  # fmt: skip
