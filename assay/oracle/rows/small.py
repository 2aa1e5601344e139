"""Many small relations at once: all rows of each as one text, equal where the texts are.

To ask for a relation of a few pages takes longer than to read it, and there can be ten thousand.
So the rows of many are asked for in one query of each side. This shows equality alone: what is not
the same text is left to the merge, which names what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from assay.oracle.rows.plan import Plan, Relation
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.failed import ReadFailed

_PAGE = 8 << 10  # bytes that one without rows counts for
_HELD = 1 << 20  # bytes of relations that are asked for together: memory

Answer = list[tuple[int, str | None]]  # for each relation how many rows, and their text


def is_small(plan: Plan, sides: Both[Side], limit: int) -> bool:
    """Whether a relation can be asked for together with others: whole, and as plain text.

    `limit` is in bytes, of what is not in its TOAST.
    """
    both = (plan.source, plan.target)
    return (
        all(one.size <= limit and not one.toast and not one.condition for one in both)
        and all(side.encoding == "UTF8" for side in sides)
        and bool(plan.columns)
    )


def equal_relations(
    plans: Iterable[Plan], sides: Both[Side], progress: Callable[[int], None]
) -> Iterator[tuple[Plan, int]]:
    """Those of these small relations whose rows are the same, with their number.

    `progress` hears how many relations were looked at.
    """
    seen = 0
    for some in _together(plans):
        asked = Both(
            (sides.source, [(plan, plan.source) for plan in some]),
            (sides.target, [(plan, plan.target) for plan in some]),
        )
        try:
            source, target = asked.at_once(lambda one: _rows(*one))
        except ReadFailed:  # by one of them: each is read alone, and says itself what it is
            if not all(side.recovered() for side in sides):
                raise
            continue
        for plan, ours, theirs in zip(some, source, target, strict=True):
            if ours == theirs:
                yield plan, ours[0]
        seen += len(some)
        progress(seen)


def _together(plans: Iterable[Plan]) -> Iterator[list[Plan]]:
    some, held = list[Plan](), 0
    for plan in plans:
        some.append(plan)
        held += max(plan.source.size, plan.target.size, _PAGE)
        if held >= _HELD:
            yield some
            some, held = [], 0
    if some:
        yield some


def _rows(side: Side, asked: Sequence[tuple[Plan, Relation]]) -> Answer:
    """The rows of these relations in an order that both sides share.

    A record's text cannot be mistaken for two records' or for another one's, whatever its values
    hold: blanks, line feeds and brackets in it are quoted. Text that is not UTF-8 is left to the
    merge, as if the sides differed.
    """
    query = " union all ".join(
        f"select {number}, count(*), string_agg(assay_row, E'\\n' order by assay_row)"
        f" from ({plan.whole_rows(relation)}) as assay_rows"
        for number, (plan, relation) in enumerate(asked)
    )
    try:
        found = side.ask(query, prepare=False)
    except UnicodeDecodeError:
        return [(-1, side.name)] * len(asked)
    return [(count, text) for _, count, text in sorted(found, key=lambda row: row[0])]
