"""A comparison as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from assay import __version__
from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Equality, Finding

_SAYS = {
    Equality.EQUAL: "EQUAL: the target is the source",
    Equality.DIFFERENT: "DIFFERENT: the target is not the source",
    Equality.UNKNOWN: "UNKNOWN: could not tell",
}
_VALUE = 200  # characters of a value in a line


def as_json(
    comparison: Comparison, *, source: str, target: str, self_test: SelfTest | None
) -> dict[str, Any]:
    """What `--json` writes; comparison.schema.json describes it."""
    return {
        "assay": __version__,
        "equality": comparison.equality,
        "why": comparison.why,
        "doubts": [_doubt(doubt) for doubt in comparison.doubts],
        "left_out": list(comparison.left_out),
        "used": list(comparison.used),
        "source": source,
        "target": target,
        "compared": comparison.compared,
        "proof": comparison.proof,
        "proved": comparison.proved,
        "findings": [_finding(finding) for finding in comparison.findings],
        "omitted": comparison.omitted,
        "totals": comparison.totals,
        "warnings": list(comparison.warnings),
        "seconds": comparison.seconds,
        "position": comparison.position,
        "cost": {side: asdict(cost) for side, cost in comparison.cost.items()},
        "self_test": None
        if self_test is None
        else {
            "planted": self_test.planted,
            "detected": self_test.detected,
            "missed": list(self_test.missed),
            "seconds": self_test.seconds,
            "went": list(self_test.went),
        },
    }


def _doubt(doubt: Doubt) -> dict[str, str | None]:
    names = ("side", "what", "evidence", "remedy")
    return {name: getattr(doubt, name) for name in names}


def _finding(finding: Finding) -> dict[str, str | None]:
    names = ("kind", "object", "key", "column", "source", "target")
    return {name: getattr(finding, name) for name in names}


def as_text(
    comparison: Comparison, *, source: str, target: str, self_test: SelfTest | None
) -> Iterator[str]:
    """Lines for people: a summary first, then the findings by object."""
    yield _SAYS[comparison.equality]
    for doubt in comparison.doubts:
        yield f"  not told  {visible(f'{doubt.side} ' if doubt.side else '')}{visible(doubt.what)}"
        yield from (f"    {visible(text)}" for text in (doubt.evidence, doubt.remedy) if text)
    yield f"  source    {visible(source)}"
    yield f"  target    {visible(target)}"
    looked = ", ".join(f"{count:,} {what}" for what, count in comparison.compared.items() if count)
    yield f"  compared  {looked or 'nothing'}; {_proved(comparison)}; {comparison.seconds:.1f} s"
    if comparison.position:
        yield f"  position  both sides at {comparison.position} of the source's log"
    yield f"  self-test {_self_test(self_test)}"
    if comparison.cost:
        yield f"  cost      {_cost(comparison)}"
    yield from (f"  left out  {visible(text)}" for text in comparison.left_out)
    yield from (f"  note      {visible(warning)}" for warning in comparison.warnings)
    if comparison.findings:
        yield f"  found     {_found(comparison)}"
    yield from _by_object(comparison)
    if comparison.omitted:
        yield ""
        yield f"{comparison.omitted:,} more differences are not listed; --all lists every one"


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
        yield from (f"  {_line(finding)}" for finding in findings)


def _line(finding: Finding) -> str:
    where = finding.kind
    where += f" [{visible(finding.key)}]" if finding.key is not None else ""
    where += f" {visible(finding.column)}" if finding.column else ""
    if finding.target is None and finding.column is None:
        return f"{where}: missing on the target, source has {_shown(finding.source)}"
    if finding.source is None and finding.column is None:
        return f"{where}: extra on the target: {_shown(finding.target)}"
    return f"{where}: source {_shown(finding.source)}, target {_shown(finding.target)}"


def _shown(value: str | None) -> str:
    if value is None:
        return "(absent)"
    text = visible(value)
    return repr(text) if not text.strip() else text[:_VALUE] + "…" * (len(text) > _VALUE)


def visible(text: str) -> str:
    """The text with control characters as escapes, so that no name forges a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
