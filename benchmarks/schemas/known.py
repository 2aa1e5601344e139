"""Findings that are right although a copy is faithful: known.toml names each with its reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from assay.oracle.words.finding import Finding
from assay.postgres.spec import Spec

FILE = Path(__file__).with_name("known.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that a finding has to match as a whole, and where: `18:19`; empty is everywhere."""

    finding: re.Pattern[str]
    pairs: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """All of them."""

    rules: tuple[Rule, ...]

    def reason(self, finding: Finding, spec: Spec) -> str | None:
        """Why a finding, in full and not as shown, is no false alarm; None where it is one."""
        told = str(replace(finding, source="", target="")).removesuffix(": source , target ")
        text = f"{told}: source {finding.source or ''}, target {finding.target or ''}"
        for rule in self.rules:
            if (not rule.pairs or str(spec) in rule.pairs) and rule.finding.fullmatch(text):
                return rule.reason
        return None


def load(file: Path = FILE) -> Known:
    """The list of the repository."""
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    return Known(
        tuple(
            Rule(
                re.compile(one["finding"], re.DOTALL),
                frozenset(one.get("pairs", ())),
                one["reason"],
            )
            for one in said.get("known", [])
        )
    )
