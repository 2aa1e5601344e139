"""Rows that differ, whole, as the servers wrote them: a repair needs what findings shorten."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.oracle.catalog.item import Item
from assay.oracle.rows.plan import Plan
from assay.oracle.rows.streams import Row, text_of

Values = tuple[bytes | None, ...]


@dataclass(slots=True)
class Differing:
    """Of one relation, values in the order of the plan's columns.

    Without a key `counts` are texts of whole rows, and how often the source and the target have
    each of them.
    """

    plan: Plan
    missing: list[Values] = field(default_factory=list)
    extra: list[Values] = field(default_factory=list)
    changed: list[tuple[Values, Values]] = field(default_factory=list)
    counts: list[tuple[bytes, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class DifferingRows:
    """Of all relations by the source's names, and the source's states of sequences that differ."""

    relations: dict[str, Differing] = field(default_factory=dict)
    sequences: list[Item] = field(default_factory=list)

    def add(self, plan: Plan, source: Row | None, target: Row | None) -> None:
        """Take a row that one side lacks, or that differs."""
        seen = self.relations.setdefault(plan.source.name, Differing(plan))
        if not plan.key:
            shown = next(row.shown[0] for row in (source, target) if row is not None)
            text = text_of(shown, plan=plan) or b""
            ours, theirs = (
                int(row.values[0] or 0) if row is not None else 0 for row in (source, target)
            )
            seen.counts.append((text, ours, theirs))
        elif source is None and target is not None:
            seen.extra.append(target.values)
        elif target is None and source is not None:
            seen.missing.append(source.values)
        elif source is not None and target is not None:
            seen.changed.append((source.values, target.values))
