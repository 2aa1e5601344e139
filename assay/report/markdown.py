"""A run's summary in Markdown, for the page of a workflow's run and for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assay.report.causes import causes, legs, unexplained
from assay.report.matrix import Matrix, matrices, pg_name
from assay.report.text import clip
from assay.run.groups import counted
from assay.run.outcome import Verdict
from assay.run.record import Run

LINES = 60
_CAUSES = 12
_LEGS = 20
_REASONS = 5
_WIDTH = 300  # characters of a cell
_SIGNS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.UNKNOWN: "⚠️"}
_LIVE = frozenset("\\`*_[]<>#|&~@:")  # characters that Markdown or GitHub acts on


def summary(run: Run, *, page: str = "") -> str:
    """Verdict, causes, a row for each leg, what was not run; at most `LINES` lines.

    `page` is where the whole page is, as a URL or in words. Texts of strangers are shown as they
    are: nothing in them is a link, a mention or markup.
    """
    conclusion = run.conclusion
    lines = [
        f"### {_SIGNS[conclusion.verdict]} {literal(conclusion.line)}",
        *([""] if conclusion.reasons else []),
        *(f"* {literal(reason)}" for reason in conclusion.reasons[:_REASONS]),
    ]
    if more := len(conclusion.reasons) - _REASONS:
        lines += [f"* and {more} more"] if more > 0 else []
    for part in (_causes(run), _legs(run), _checks(run), _left_out(run)):
        told = list(part)
        lines += ["", *told] if told else []
    lines += ["", f"The whole page: {page}"] if page else []
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], "… the rest stands in the page"]
    return "\n".join(lines) + "\n"


def literal(text: str) -> str:
    """A text as it is: what Markdown would act on is written as an entity."""
    shown = clip(text, _WIDTH)
    return "".join(f"&#{ord(c)};" if c in _LIVE else c for c in shown)


def _causes(run: Run) -> Iterator[str]:
    found = causes(run)
    if found:
        yield "| what is wrong, the worst first | cases |"
        yield "| --- | ---: |"
    for cause in found[:_CAUSES]:
        yield f"| {literal(cause.line)} | {len(cause.group.cases)} |"
    if rest := found[_CAUSES:]:
        yield f"| and {counted(len(rest), 'more cause')} | |"
    if bad := unexplained(run):
        yield ""
        names = ", ".join(dict.fromkeys(case.case for case in bad))
        yield f"Not as required, without a cause: {literal(names)}"


def _legs(run: Run) -> Iterator[str]:
    """A row for each replicator and version pair."""
    found = matrices(run)
    if found:
        yield "| | replicator | PostgreSQL | cases | not as required | skipped |"
        yield "| --- | --- | --- | ---: | ---: | ---: |"
    yield from (_leg(matrix) for matrix in found[:_LEGS])
    if rest := found[_LEGS:]:
        yield f"| | and {counted(len(rest), 'more leg')} | | | | |"


def _leg(matrix: Matrix) -> str:
    cases = matrix.cases
    wrong = sum(not case.expected for case in cases)
    sign = "❌" if wrong else "✅" if cases else "⚠️"
    cells = (sign, literal(matrix.tool), literal(pg_name(matrix.pg)), str(len(cases)), str(wrong))
    return f"| {' | '.join(cells)} | {matrix.skipped} |"


def _checks(run: Run) -> Iterator[str]:
    for endpoint in dict.fromkeys(check.endpoint for check in run.checks):
        mine = [check for check in run.checks if check.endpoint == endpoint]
        yield f"Endpoint {literal(endpoint)}: {_counted([check.result for check in mine])}"
        for check in [one for one in mine if one.result != "PASS"][:_CAUSES]:
            yield f"* {check.result} {literal(check.check)}: {literal(check.why)}"


def _left_out(run: Run) -> Iterator[str]:
    if run.skipped:
        wanted = _counted([skip.requires for skip in run.skipped])
        yield f"NOT RUN: {counted(len(run.skipped), 'case')} of {counted(len(legs(run)), 'leg')}"
        yield f"for want of: {literal(wanted)}"
    tests = run.self_tests
    found, planted = (
        sum(getattr(test, name) for test in tests) for name in ("detected", "planted")
    )
    yield f"Self-test: {found} of {planted} plants found"


def _counted(words: Sequence[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in Counter(words).most_common())
