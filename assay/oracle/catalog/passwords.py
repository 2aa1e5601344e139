"""What can be told of two stored passwords: under different salts, not whether they are equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind

_SALTED = re.compile(r"SCRAM salt (?P<salt>\*\*\* \(\w+\)), .*")
_UNTOLD = (
    ", another salt: whether the passwords are equal cannot be told"
    " (--passwords skip leaves verifiers out)"
)


def told_of_passwords(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; of verifiers with different salts that they may stand for one password."""
    for finding in findings:
        if finding.kind == Kind.ROLE and finding.column == "password":
            salts = [_SALTED.fullmatch(text or "") for text in (finding.source, finding.target)]
            if all(salts) and len({match and match["salt"] for match in salts}) > 1:
                yield replace(finding, target=f"{finding.target}{_UNTOLD}")
                continue
        yield finding
