"""What a finding means to a user, and in which words all findings of one defect are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assay.conformance.causes.authored import Authored
from assay.conformance.causes.statements import kind_of
from assay.conformance.causes.wording import Situation, normalised
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.run.cause import Gravity


@dataclass(frozen=True, slots=True)
class Meaning:
    """A finding without anything of the case in it.

    `follows`: it is what other findings lead to, where there are any.
    """

    gravity: Gravity
    signature: str
    headline: str
    follows: bool = False

    @property
    def place(self) -> tuple[bool, int]:
        """For sorting, what speaks for a phase first."""
        return self.follows, self.gravity.rank


_ROWS = (Kind.ROW, Kind.MULTIPLICITY)
_PRIVILEGES = frozenset(
    {Kind.ACL, Kind.DEFAULT_ACL, Kind.ROLE, Kind.ROLE_MEMBERSHIP, Kind.POLICY, Kind.SECRET}
)
_SETTINGS = frozenset({Kind.DATABASE, Kind.DATABASE_SETTING, Kind.ROLE_SETTING, Kind.TABLESPACE})
_OWNERS = frozenset({Kind.OWNER, Kind.COMMENT, Kind.SECURITY_LABEL})
_LEFT = frozenset({Kind.SLOT, Kind.ORIGIN, Kind.SUBSCRIPTION, Kind.FILE})
# `column` of these names a thing of the case, not a property.
_NAMES_IN_COLUMN = frozenset({Kind.DATABASE_SETTING, Kind.ROLE_SETTING})
_MACHINERY = _LEFT | {Kind.PUBLICATION}
_CONTENT = frozenset({*_ROWS, Kind.SEQUENCE_STATE})
_WORDS: Mapping[str, str] = {Kind.ACL: "privilege", Kind.DEFAULT_ACL: "default privilege"}
_PLACE = re.compile(r"^\S*?:\d+: ")


def meaning(finding: Finding, authored: Authored) -> Meaning:
    """Of one finding: its gravity, what it shares with others of its defect, and words."""
    kind = Kind(finding.kind) if finding.kind in set(Kind) else None
    if kind in _ROWS:
        return _of_rows(finding, authored)
    if kind is Kind.STATEMENT:
        return _of_statement(finding, authored)
    if kind is Kind.SECRET:
        return _of_secret(finding)
    way = _way(finding)
    about = _about(finding, authored)
    words = _WORDS.get(finding.kind, finding.kind.replace("-", " "))
    told = " ".join(filter(None, (words, about and f"({about})", way)))
    return Meaning(_gravity(finding, kind), f"{finding.kind}|{about}|{way}", told)


def meanings(findings: Iterable[Finding], authored: Authored) -> Iterator[tuple[Meaning, Finding]]:
    """Of findings of one comparison: a keyless row with another value is lost and another extra."""
    found = list(findings)
    keyless = [one for one in found if one.kind == Kind.MULTIPLICITY]
    fewer = {f.object for f in keyless if _count(f.target) < _count(f.source)}
    more = {f.object for f in keyless if _count(f.target) > _count(f.source)}
    for one in found:
        if one.kind == Kind.MULTIPLICITY and one.object in fewer & more:
            words = "rows without a key have other values"
            yield Meaning(Gravity.ROWS_WRONG, "row|keyless|differ", words), one
        else:
            yield meaning(one, authored), one


def left_behind(finding: Finding) -> Meaning | None:
    """What a failure has left, so that a half-made copy is one thing; None where it took away."""
    if finding.source is not None or finding.kind in _CONTENT:
        return None
    if finding.kind in _MACHINERY:
        what = finding.kind
    elif finding.side == "source":
        return None  # harm, and told as such
    else:
        what = "half-made copy"
    return Meaning(Gravity.DEBRIS, f"debris|{what}", f"fails and leaves a {what} behind")


def _gravity(finding: Finding, kind: Kind | None) -> Gravity:
    lost, extra = finding.target is None, finding.source is None
    if kind in _OWNERS or (kind is Kind.LARGE_OBJECT and finding.column in ("owner", "comment")):
        return Gravity.OWNERS_LOST
    if kind in _PRIVILEGES or _acl_of_large_object(finding):
        return Gravity.PRIVILEGES_LOST
    if kind in _SETTINGS:
        return Gravity.SETTINGS_LOST
    if kind in (Kind.TABLE, Kind.LARGE_OBJECT) and lost:
        return Gravity.ROWS_LOST
    if kind in _LEFT or extra:
        return Gravity.DEBRIS
    if kind in (Kind.SEQUENCE_STATE, Kind.LARGE_OBJECT):
        return Gravity.ROWS_WRONG
    return Gravity.OBJECTS_LOST


def _acl_of_large_object(finding: Finding) -> bool:
    """Of a large object each entry of its list is a finding."""
    return finding.kind == Kind.LARGE_OBJECT and (finding.column or "").startswith("acl ")


def _way(finding: Finding) -> str:
    if finding.target is None:
        return "is missing"
    return "is left over" if finding.source is None else "differs"


def _about(finding: Finding, authored: Authored) -> str:
    """The property, the setting, the privilege: what the oracle names beside the object."""
    column = finding.column or ""
    if finding.kind in (Kind.ACL, Kind.DEFAULT_ACL):
        return ""  # which of the privileges comes first is the case's choice
    if _acl_of_large_object(finding):
        return "privilege"
    if finding.kind == Kind.DUMP:
        return kind_of(finding.source or finding.target or "")
    if finding.kind in _NAMES_IN_COLUMN:
        return column
    return normalised(column, Situation(authored)) if " " in column else column


def _of_rows(finding: Finding, authored: Authored) -> Meaning:
    if finding.side is not None and finding.column == "rows":
        return _of_whole_relation(finding)
    if finding.kind == Kind.MULTIPLICITY:
        here, there = _count(finding.source), _count(finding.target)
        if there < here:
            return Meaning(Gravity.ROWS_LOST, "row|keyless|lost", "rows without a key are lost")
        words = "rows are doubled" if here else "rows are there that the source does not have"
        return Meaning(Gravity.ROWS_WRONG, f"row|keyless|{words}", words)
    if finding.target is None:
        return Meaning(Gravity.ROWS_LOST, "row|lost", "rows are lost")
    if finding.source is None:
        words = "rows are there that the source does not have"
        return Meaning(Gravity.ROWS_WRONG, "row|extra", words)
    kind = authored.type_of(finding.object, finding.column or "") or _looks_like(finding)
    if finding.target == "NULL":
        words = f"values of type {kind} become NULL"
        return Meaning(Gravity.ROWS_WRONG, f"row|null|{kind}", words)
    return Meaning(Gravity.ROWS_WRONG, f"row|value|{kind}", f"values of type {kind} differ")


def _of_whole_relation(finding: Finding) -> Meaning:
    """Its rows before and now, each told as `N rows, sha256 ...`."""
    before, now = (
        _count((rows or "").partition(" ")[0]) for rows in (finding.source, finding.target)
    )
    if now < before:
        return Meaning(Gravity.ROWS_LOST, "row|fewer", "rows are lost")
    words = "rows have other values" if now == before else "rows are there that were not"
    return Meaning(Gravity.ROWS_WRONG, f"row|{words}", words)


def _of_secret(finding: Finding) -> Meaning:
    """A password was seen: in the arguments of a program, in what the tool prints or leaves."""
    program = finding.object.startswith("argv of ")
    where = f"in the {finding.object.replace('argv', 'arguments', 1)}" if program else ""
    output = re.match(r"(?:stdout|stderr) of ", finding.object)
    where = where or ("in what it prints" if output else "in a file that it leaves")
    return Meaning(Gravity.PRIVILEGES_LOST, f"secret|{where}", f"a password is shown {where}")


def _of_statement(finding: Finding, authored: Authored) -> Meaning:
    """A statement that had to succeed, a query that had to hold, on the target."""
    if finding.object == "query":
        query = normalised(finding.column or "", Situation(authored))
        return Meaning(
            Gravity.OBJECTS_LOST,
            f"query|{query}",
            f"a query that must hold does not: {query[:120]}",
            follows=True,
        )
    error = normalised(_PLACE.sub("", finding.target or ""), Situation(authored))
    headline = f"a statement that must work fails: {error}"
    return Meaning(Gravity.OBJECTS_LOST, f"statement|{error}", headline, follows=True)


def _count(value: str | None) -> int:
    return int(value) if value and value.isdigit() else 0


_LOOKS = (
    (r"-?\d+", "integer"),
    (r"-?\d+\.\d+|NaN|-?Infinity|-?\d+(?:\.\d+)?e[+-]\d+", "number"),
    (r"t|f|true|false", "boolean"),
    (r"\\x[0-9a-f]*", "bytea"),
    (r"\d{4}-\d\d-\d\d [\d:.]+(?:[+-]\d\d.*)?", "timestamp"),
    (r"\d{4}-\d\d-\d\d", "date"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uuid"),
    (r"[\[{]\".*|\{\}|\[.*[\]}]", "json"),
    (r"\{.*\}", "array"),
)


def _looks_like(finding: Finding) -> str:
    """The type that a value may have, where nobody knows the column's."""
    values = [v for v in (finding.source, finding.target) if v not in (None, "NULL")]
    for pattern, kind in _LOOKS:
        if values and all(re.fullmatch(pattern, v, re.DOTALL) for v in values if v is not None):
            return kind
    return "text"
