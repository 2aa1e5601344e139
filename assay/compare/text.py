"""An answer as people read it: a verdict, a summary, then the findings by object."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.report import text as report
from assay.report.answer import Answer
from assay.report.text import visible

_VALUE = 200  # characters of a value in a line
_CONTEXT = 40  # characters of what is equal beside what differs
_LINES = 40  # lines of a body


def as_text(answer: Answer) -> Iterator[str]:
    """All lines."""
    comparison = answer.comparison
    yield from verdict(answer)
    versions = answer.servers or ("", "")
    for name, where, version in zip(
        ("source", "target"), (answer.source, answer.target), versions, strict=True
    ):
        yield f"  {name}    {visible(where)}{f' (PostgreSQL {version})' if version else ''}"
    yield f"  compared  {_looked(comparison)}; {_proved(comparison)}; {comparison.seconds:.1f} s"
    if comparison.position:
        yield f"  position  both sides at {comparison.position} of the source's log"
    yield f"  self-test {_self_test(answer.self_test)}"
    if comparison.cost:
        yield f"  cost      {_cost(comparison)}"
    yield from (f"  left out  {visible(text)}" for text in comparison.left_out)
    yield from (f"  note      {visible(warning)}" for warning in comparison.warnings)
    if comparison.findings or comparison.omitted:
        yield f"  found     {_found(comparison)}"
    yield from _relations(comparison)
    yield from _by_object(comparison)
    if comparison.omitted:
        yield ""
        yield f"{comparison.omitted:,} more differences are not listed; --all lists every one"


def verdict(answer: Answer) -> Iterator[str]:
    """The verdict, and what could not be told, each part of it on a line of its own."""
    yield answer.sentence
    for doubt in answer.comparison.doubts:
        what = f"{doubt.side} {doubt.what}" if doubt.side else doubt.what
        parts = (("not told", what), ("evidence", doubt.evidence), ("to fix", doubt.remedy))
        yield from (f"  {head:<9} {visible(text)}" for head, text in parts if text)


def several_as_text(answers: Sequence[Answer], together: Comparison) -> Iterator[str]:
    """One summary of many pairs, then those that are not equal, each as a whole."""
    counts = Counter(answer.comparison.equality for answer in answers)
    told = ", ".join(f"{count} {equality}" for equality in Equality if (count := counts[equality]))
    yield f"{len(answers)} pairs: {told}"
    yield f"  compared  {_looked(together)}; {_proved(together)}; {together.seconds:.1f} s"
    yield from (f"  left out  {visible(text)}" for text in together.left_out)
    for answer in answers:
        what = _looked(answer.comparison)
        names = f"{visible(answer.source)} {visible(answer.target)}"
        yield f"  {answer.comparison.equality:<9} {names}: {what}"
    for answer in answers:
        if answer.comparison.equality is not Equality.EQUAL:
            yield ""
            yield from as_text(answer)


def _looked(comparison: Comparison) -> str:
    said = (f"{count:,} {what}" for what, count in comparison.compared.items() if count)
    return ", ".join(said) or "nothing"


def _proved(comparison: Comparison) -> str:
    """How rows were compared; with how many of them where there was more than one way."""
    ways = {"bytes": "byte for byte", "hash-256": "long values by sha256"}
    told = [(count, ways.get(how, f"by a digest of {how.partition('-')[2]} bits each"))
            for how, count in comparison.proved.items()]  # fmt: skip
    if len(told) < 2:
        return told[0][1] if told else ways["bytes"]
    return ", ".join(f"{count:,} row{'s' if count > 1 else ''} {way}" for count, way in told)


def _cost(comparison: Comparison) -> str:
    """What the servers had to bear, and within which limits."""
    told = [
        f"{side}: a snapshot of {cost.snapshot:.1f} s in {cost.sessions} session"
        f"{'s' * (cost.sessions != 1)}"
        for side, cost in comparison.cost.items()
    ]
    limits = next(iter(comparison.cost.values()))
    told.append(f"statements ended after {limits.statement}, waits for locks after {limits.lock}")
    return "; ".join(told)


def _found(comparison: Comparison) -> str:
    count = len(comparison.findings) + comparison.omitted
    objects = len({name.partition(" ")[2] for name in comparison.totals})
    return f"{count:,} difference{'s' * (count != 1)} in {objects:,} object{'s' * (objects != 1)}"


def _relations(comparison: Comparison) -> Iterator[str]:
    """A line for every relation whose rows differ."""
    if not comparison.rows:
        return
    width = max(8, *(len(visible(name)) for name in comparison.rows))
    yield ""
    yield f"  {'rows of':<{width}}  {'missing':>12} {'extra':>12} {'changed':>12}"
    for name, counts in sorted(comparison.rows.items()):
        numbers = " ".join(f"{counts[what]:>12,}" for what in ("missing", "extra", "changed"))
        yield f"  {visible(name):<{width}}  {numbers}"


def _self_test(self_test: SelfTest | None) -> str:
    if self_test is None:
        return "not made: nothing shows that this run could have seen a difference"
    missed = f"; missed: {', '.join(self_test.missed)}" if self_test.missed else ""
    return visible(f"{self_test.detected} of {self_test.planted} planted damages found{missed}")


def _by_object(comparison: Comparison) -> Iterator[str]:
    grouped: dict[str, list[Finding]] = {}
    for finding in comparison.findings:
        grouped.setdefault(finding.object, []).append(finding)
    for name, findings in grouped.items():
        yield ""
        yield visible(name)
        for finding in findings:
            yield from (f"  {line}" for line in _lines(finding))


def _lines(finding: Finding) -> Iterator[str]:
    where = finding.kind
    where += f" [{report.quoted(visible(finding.key))}]" if finding.key is not None else ""
    where += f" {visible(finding.column)}" if finding.column else ""
    source, target = finding.source, finding.target
    if target is None and finding.column is None:
        yield f"{where}: missing on the target, source has {_shown(source, target)[0]}"
    elif source is None and finding.column is None:
        yield f"{where}: extra on the target: {_shown(source, target)[1]}"
    elif source and target and "\n" in source and "\n" in target:
        yield f"{where}: - source, + target"
        yield from _body(source, target)
    else:
        yield "{}: source {}, target {}".format(where, *_shown(source, target))


def _body(source: str, target: str) -> Iterator[str]:
    """Definitions of many lines, by their lines."""
    lines = list(difflib.unified_diff(source.splitlines(), target.splitlines(), n=2, lineterm=""))
    for line in lines[3:_LINES]:  # the first three name files and a place
        yield "    …" if line.startswith("@@") else f"  {line[:1]} {_to_the_end(line[1:])}"
    if len(lines) > _LINES:
        yield f"    … {len(lines) - _LINES} more lines"


def _to_the_end(line: str) -> str:
    """A line of a body, blanks at its end as their codes."""
    bare = line.rstrip(" ")
    return visible(bare) + "\\x20" * (len(line) - len(bare))


def _shown(source: str | None, target: str | None) -> tuple[str, str]:
    """Both values, around what differs, with everything visible that tells them apart."""
    both = report.sides(source, target, context=_CONTEXT, limit=_VALUE)
    ours, theirs = (
        "(absent)" if side.absent else report.quoted(side.before + side.changed + side.after)
        for side in both
    )
    return ours, theirs
