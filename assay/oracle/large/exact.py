"""Large relations as the bytes that both servers send; what differs there is read in order."""

from __future__ import annotations

from collections.abc import Sequence

from assay.oracle.large.relation import (
    MANY,
    SCATTERED,
    LargeRelation,
    neighbours_together,
    size_of_first_look,
)
from assay.oracle.large.stretches import Stretches
from assay.oracle.large.wire import same_bytes
from assay.oracle.rows.forms import binary_query
from assay.oracle.rows.merge import Merged
from assay.oracle.session.parallel import Meter
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.route import Route

PIECES = 256  # of a relation, of which the bytes are asked one after the other, at most
PIECE = 1 << 20  # bytes of a side's pages in one of them, at least
FEW = 16  # pieces of a small relation


def compare_bytes(relation: LargeRelation) -> Merged:
    """Compare piece by piece in the order in which rows lie; then what is not the same there.

    Pieces that are the same hold the same rows. So all others together must do so too, whatever
    piece a row lies in: they are merged by their keys, or counted.
    """
    relation.used.add(Route.BINARY)
    pieces = min(max(relation.plan.source.size // PIECE, FEW), PIECES)
    stretches = relation.stretches() or Stretches.alike(relation.plan, pieces)
    count = len(stretches)
    begin = size_of_first_look(count)
    look = f"a first look at {begin} of {count} parts "
    rows, parts = _take(relation, stretches, neighbours_together(range(begin), 1), what=look)
    if len(parts) > SCATTERED * begin:
        return relation.merge(relation.plan)
    more, coarse = _take(
        relation, stretches, neighbours_together(range(begin, count), -(-count // pieces))
    )
    rows += more
    if count > pieces:
        closer = neighbours_together(coarse, 1)
        more, coarse = _take(relation, stretches, closer, what="a closer look at what differs ")
        rows += more
    parts += coarse
    if len(parts) > MANY * count:
        return relation.merge(relation.plan)
    if not parts:
        return Merged(rows, 0)
    relation.progress(f"{len(parts)} of {count} parts differ, reading them")
    read = relation.merge_parts(stretches, parts)
    return Merged(rows + read.rows, read.invalid)


def _take(
    relation: LargeRelation,
    stretches: Stretches,
    pieces: Sequence[Sequence[int]],
    *,
    what: str = "",
) -> tuple[int, list[int]]:
    """How many rows the pieces have that both sides send alike; the parts of the others."""
    rows: list[int | None] = [None] * len(pieces)
    size = relation.portions.buffer
    meter = Meter(len(pieces), lambda text: relation.progress(f"{what}{text}"))

    def work(number: int, sides: Both[Side], of: int) -> None:
        mine = range(number, len(pieces), of)
        places = [stretches.rows(pieces[one]) for one in mine]
        queries = [
            (binary_query(relation.plan, here), binary_query(relation.plan, there))
            for here, there in places
        ]
        for one, answer in zip(mine, same_bytes(sides, queries, size), strict=True):
            rows[one] = answer
            meter.done()

    relation.sessions.work(work)
    alike = sum(one for one in rows if one is not None)
    return alike, [part for piece, one in zip(pieces, rows, strict=True) if one is None
                   for part in piece]  # fmt: skip
