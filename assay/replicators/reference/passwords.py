"""Password files: read as libpq does, and written for the children."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.errors import UsageError
from assay.postgres.address import Address

Line = tuple[str, str, str, str, str]


def read(path: Path | None) -> list[Line]:
    """The lines of a password file; none when there is no file."""
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageError("The passfile cannot be read.", evidence=str(error)) from error
    if mode & 0o077:
        raise UsageError(f"The passfile {path} can be read by others.", remedy=f"chmod 600 {path}")
    lines = []
    for line in text.splitlines():
        fields = _fields(line)
        if len(fields) == 5 and not line.startswith("#"):
            lines.append((fields[0], fields[1], fields[2], fields[3], fields[4]))
    return lines


def find(lines: Sequence[Line], host: str, port: int, database: str, user: str) -> str:
    """The password of the first line that fits; empty when none does."""
    wanted = (host, str(port), database, user)
    for line in lines:
        if all(field in ("*", value) for field, value in zip(line[:4], wanted, strict=True)):
            return line[4]
    return ""


@contextmanager
def passfile(*addresses: Address) -> Iterator[Path]:
    """A password file for children, readable by us alone, gone afterwards."""
    handle, name = tempfile.mkstemp(prefix="assay-ref-pass-")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(address.passfile_line() + "\n" for address in addresses)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _fields(line: str) -> list[str]:
    fields, escaped = [""], False
    for character in line:
        if escaped or character not in ("\\", ":"):
            fields[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            fields.append("")
    return fields
