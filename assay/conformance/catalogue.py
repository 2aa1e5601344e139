"""Which cases there are: the suite's own, and those in folders of somebody else's."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assay.errors import UsageError
from assay.suites import CONFORMANCE

_CASE_MARK = re.compile(r"@(?:pytest\.mark\.)?case\(\s*\"([a-z0-9-]+)\"")
_ID = re.compile(r"[a-z]{2}-[a-z0-9-]+")  # as the catalogue writes them


def known(folders: Iterable[Path] = ()) -> frozenset[str]:
    """The ids of all cases; UsageError when two have one id, or a folder is none."""
    counted = Counter(name for folder in (CONFORMANCE, *folders) for name in _of(folder))
    twice = sorted(name for name, times in counted.items() if times > 1)
    if twice:
        raise UsageError(
            "Two cases have one id.",
            evidence=", ".join(twice),
            remedy="rename the file of your own one",
        )
    return frozenset(counted)


def check_asked(expression: str, cases: Iterable[str]) -> None:
    """UsageError when `-k` is the id of a case that there is not, with those that are near."""
    names = sorted(cases)
    if not _ID.fullmatch(expression) or any(expression in name for name in names):
        return
    near = _near(expression, names)
    raise UsageError(
        f"There is no case {expression!r}.",
        remedy=f"did you mean {', '.join(near)}?"
        if near
        else "the same command with --collect-only -q instead of -k lists them",
    )


def _near(asked: str, names: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(asked, names, n=3, cutoff=0.6)


def _of(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", remedy="--cases DIR")
    yield from (path.stem for path in folder.rglob("*.sql"))
    for path in folder.rglob("test_*.py"):
        yield from _CASE_MARK.findall(path.read_text(encoding="utf-8"))
