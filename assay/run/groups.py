"""The causes of a run, worst first, and the lines that a summary begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assay.run.cause import Cause, Gravity, Origin

_NAMED = 3  # cases in a line
_STATEMENT = 70  # characters


@dataclass(frozen=True, slots=True)
class Group:
    """One cause with every case that it stopped; `gravity` is the worst of them."""

    cause: Cause
    cases: tuple[str, ...]
    gravity: Gravity

    @property
    def shared(self) -> bool:
        """Whether it is a failure of several cases, which hides whatever lies behind it."""
        return self.cause.origin.failure and len(self.cases) > 1


def grouped(outcomes: Iterable[tuple[str, Cause]]) -> tuple[Group, ...]:
    """Pairs of a case and a cause by cause, worst first.

    Harm done to the source comes first, then the failures that several cases share, since nobody
    knows what lies behind them, then by what it means to a user; the more cases the earlier.
    """
    members: dict[str, list[tuple[str, Cause]]] = {}
    for case, cause in outcomes:
        members.setdefault(cause.signature, []).append((case, cause))
    return tuple(sorted(map(_group, members.values()), key=_order))


def summary(groups: Sequence[Group], *, limit: int = 20) -> tuple[str, ...]:
    """A line for each cause; what is beyond the limit is counted."""
    lines = [line(group) for group in groups[:limit]]
    if rest := groups[limit:]:
        cases = len({case for group in rest for case in group.cases})
        lines.append(f"{len(rest)} more of {counted(cases, 'case')}")
    return tuple(lines)


def line(group: Group) -> str:
    """One cause: how many cases, what it means, where it was read.

    ``38 cases: sync: column srsubstate does not exist (server log 42703, statement SELECT …)``.
    Where they are few, the cases follow by name.
    """
    cause, number = group.cause, len(group.cases)
    means = "" if group.gravity is Gravity.FAILED else f", {group.gravity}"
    told = "; ".join(read_in(cause))
    text = f"{counted(number, 'case')}{means}: {cause.words}"
    text += f" ({told})" if told else ""
    return f"{text}: {', '.join(group.cases)}" if number <= _NAMED else text


def read_in(cause: Cause) -> Iterator[str]:
    """Where a cause was read, and what nobody could read."""
    if cause.origin is Origin.SERVER_ERROR:
        yield f"server log {cause.sqlstate}" + (
            f", statement {_cut(cause.statement)}" if cause.statement else ""
        )
    elif cause.origin.failure:
        yield "as the tool says"
    if cause.unread:
        yield f"log of {' and '.join(cause.unread)} out of reach"


def _group(members: Sequence[tuple[str, Cause]]) -> Group:
    causes = [cause for _, cause in members]
    worst = min(causes, key=lambda cause: cause.gravity.rank)
    cases = tuple(dict.fromkeys(case for case, _ in members))
    return Group(worst, cases, worst.gravity)


def _order(group: Group) -> tuple[int, int, int, str]:
    if group.gravity is Gravity.SOURCE_HARMED:
        block = 0
    else:
        block = 1 if group.shared else 2 + group.gravity.rank
    return block, -len(group.cases), group.gravity.rank, group.cause.signature


def counted(number: int, noun: str) -> str:
    """A number of things in words."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _cut(text: str) -> str:
    return text if len(text) <= _STATEMENT else f"{text[: _STATEMENT - 1]}…"
