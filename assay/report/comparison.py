"""A comparison as one page: what differs stands side by side, the changed parts marked."""

from __future__ import annotations

from pathlib import Path

from assay import __version__
from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.finding import Comparison
from assay.report.html import FindingView, finding_view, templates


def save(
    path: Path, comparison: Comparison, *, source: str, target: str, self_test: SelfTest | None
) -> None:
    """Write the page; it needs nothing else."""
    page = render(comparison, source=source, target=target, self_test=self_test)
    path.write_text(page, encoding="utf-8", errors="backslashreplace")


def render(comparison: Comparison, *, source: str, target: str, self_test: SelfTest | None) -> str:
    """The page's text: findings in the order of the comparison, by object."""
    objects: dict[str, list[FindingView]] = {}
    for finding in comparison.findings:
        objects.setdefault(finding.object, []).append(finding_view(finding))
    return (
        templates()
        .get_template("comparison.html.j2")
        .render(
            comparison=comparison,
            objects=objects,
            source=source,
            target=target,
            self_test=self_test,
            total=len(comparison.findings) + comparison.omitted,
            places=len({name.partition(" ")[2] for name in comparison.totals}),
            version=__version__,
        )
    )
