"""Findings without what rows hold: each value as its length and a mark that only this run can make.

Equal values have equal marks within one comparison; nobody can look a mark up elsewhere, for its
key is thrown away with the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.marks import Marks


@dataclass(frozen=True, slots=True)
class Redaction:
    """Lies over the values and keys of rows; what a schema says is no secret of a row."""

    marks: Marks = field(default_factory=Marks)

    def over(self, finding: Finding) -> Finding:
        """The finding without values of rows."""
        if finding.kind == Kind.MULTIPLICITY:  # its key is the whole row, its values are counts
            return replace(finding, key=self._text(finding.key))
        content = finding.kind == Kind.LARGE_OBJECT and finding.column in (None, "content")
        if finding.kind != Kind.ROW and not content:
            return finding
        return replace(
            finding,
            key=self._text(finding.key),
            source=self._text(finding.source),
            target=self._text(finding.target),
        )

    def _text(self, text: str | None) -> str | None:
        if text is None or text == "NULL":  # tells nothing but whether there is a value
            return text
        return f"({len(text)} characters, {self.marks.digest(text)})"
