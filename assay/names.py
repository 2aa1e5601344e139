"""Names of what a run makes: they carry the run's id, so that leaks have an owner."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

PREFIX = "assay"
MARKER_TABLE = "assay_marker"  # the barrier's table; declared, subtracted by the oracle
_MINE = re.compile(r"\bassay_(?!marker\b)([a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class RunId:
    """Eight hexadecimal digits that every name made by one run carries."""

    text: str

    @classmethod
    def new(cls) -> RunId:
        """A fresh random id."""
        return cls(secrets.token_hex(4))

    def name(self, thing: str) -> str:
        """`assay_<run8>_<thing>`, at most 63 bytes: for databases and roles."""
        return f"{PREFIX}_{self.text}_{thing}"[:63]

    def __str__(self) -> str:
        return self.text


def uniquify(sql: str, run: RunId) -> str:
    """Give every identifier that begins with ``assay_`` the run's id: role names in case files."""
    return _MINE.sub(lambda match: run.name(match[1]), sql)


def declared_roles(sql: str) -> tuple[str, ...]:
    """The names beginning with ``assay_`` that a case file uses, before `uniquify`."""
    return tuple(sorted({match[0] for match in _MINE.finditer(sql)}))
