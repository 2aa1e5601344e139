"""A workflow without one of the lines that hold its gates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KEYS = ("needs", "if", "permissions", "environment", "concurrency")
_LINE = re.compile(r"(?P<indent> *)(?P<dash>- )?(?P<key>[\w-]+):(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """`what` was removed from the file; `job` is whose it was, empty for the whole file's."""

    path: str
    line: int
    key: str
    what: str
    job: str
    text: str
    whole: bool = True  # the key with all that it holds

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.path}:{self.line} without {self.what}"


@dataclass(frozen=True, slots=True)
class _Found:
    number: int
    end: int
    key: str
    where: tuple[str, ...]
    dash: bool
    indent: int
    rest: str


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Each key of KEYS removed, and each thing that one of them lists."""
    lines = text.splitlines()
    for found in _keys(lines):
        if found.key not in KEYS or not _gate(found.where):
            continue
        job = found.where[1] if found.where[:1] == ("jobs",) else ""

        def made(what: str, changed: list[str], *, whole: bool = True, at: _Found = found,
                 job: str = job) -> Mutant:  # fmt: skip
            return Mutant(path, at.number + 1, at.key, what, job, "\n".join(changed) + "\n", whole)

        yield made(f"{found.key}:{found.rest}", _without(lines, found))
        yield from _parts(lines, found, made)


def _parts(lines: list[str], found: _Found, made: object) -> Iterator[Mutant]:
    assert callable(made)
    head = lines[found.number]
    if listed := re.search(r"\[(.*)\]", found.rest):
        names = [one.strip() for one in listed[1].split(",")]
        for name in names:
            rest = ", ".join(one for one in names if one != name)
            changed = head.replace(listed[0], f"[{rest}]")
            text = [*lines[: found.number], changed, *lines[found.number + 1 :]]
            yield made(f"{found.key}: {name}", text, whole=False)
    block = range(found.number + 1, found.end)
    children = [number for number in block if _LINE.match(lines[number])]
    for number in children:
        kept = [lines[one] for one in block if one != number]
        start = head if len(children) > 1 else re.sub(r":.*", ": {}", head)
        text = [*lines[: found.number], start, *kept, *lines[found.end :]]
        yield made(f"{found.key}: {lines[number].split('#')[0].strip()}", text, whole=False)


def _without(lines: list[str], found: _Found) -> list[str]:
    rest = lines[found.end :]
    if found.dash:  # the next key begins the item
        rest = [rest[0][: found.indent] + "- " + rest[0][found.indent + 2 :], *rest[1:]]
    return [*lines[: found.number], *rest]


def _keys(lines: list[str]) -> Iterator[_Found]:
    """Every key with the keys that it lies below; what lies in block scalars is passed over."""
    above: list[tuple[int, str]] = []
    scalar = -1
    for number, line in enumerate(lines):
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare or bare.startswith("#") or (scalar >= 0 and indent > scalar):
            continue
        scalar = -1
        if not (match := _LINE.match(line)):
            continue
        at = indent + (2 if match["dash"] else 0)
        above = [one for one in above if one[0] < (indent if match["dash"] else at)]
        if match["dash"]:
            above.append((indent, "-"))
        where = tuple(key for _, key in above)
        above.append((at, match["key"]))
        if re.search(r": *[|>][+-]?\s*$", line):
            scalar = at
        yield _Found(number, _end(lines, number, at), match["key"], where, bool(match["dash"]),
                     indent, match["rest"])  # fmt: skip


def _end(lines: list[str], number: int, indent: int) -> int:
    end = number + 1
    for later in range(number + 1, len(lines)):
        line = lines[later]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        if line.strip():
            end = later + 1
    return end


def _gate(where: tuple[str, ...]) -> bool:
    """Whether a key there is the workflow's, a job's or a step's own."""
    step = where[-2:] == ("steps", "-") and where[0] in ("jobs", "runs")
    return not where or (len(where) == 2 and where[0] == "jobs") or step
