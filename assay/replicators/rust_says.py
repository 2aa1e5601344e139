"""What a Rust test says by itself: its panic's message, and what it needs and did not get."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

_PANIC = re.compile(
    r"thread '(?P<thread>[^']*)'(?: \(\d+\))? panicked at "
    r"(?:(?P<place>[^\n']+?:\d+:\d+):\n(?P<text>.*?)"
    r"|'(?P<old>.*?)', (?P<old_place>[^\n]+?:\d+:\d+))\s*"
    r"(?=\nnote: |\n\n\w|\nstack backtrace:|\Z)",
    re.DOTALL,
)
_RETURNED = re.compile(r"^Error: .*", re.MULTILINE | re.DOTALL)
_NEXT = re.compile(r"^(?:---- .* stdout ----|failures:)$", re.MULTILINE)
_NAME = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_READ = re.compile(rf'env::var(?:_os)?\(\s*"({_NAME})"')
_WORD = re.compile(rf"\b{_NAME}\b")
_LITERAL = re.compile(rf'"({_NAME})"')
_EXPECTED = re.compile(r'\.expect\(\s*"((?:\\.|[^"\\])*)"')
_UNSET = re.compile(r"\b(?:set|unset|missing|required|defined|provided?|environment)\b", re.I)
_TOKEN = re.compile(
    r'r(#*)".*?"\1|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\\\'])\'|//[^\n]*|/\*.*?\*/|[{}]', re.DOTALL
)


def message(stdout: str, name: str) -> str:
    """Where a failed test panicked and with which words, or the error that it returned."""
    said = output(stdout, name)
    panics = list(_PANIC.finditer(said))
    if panics:
        last = panics[-1]
        place = last["place"] or last["old_place"]
        return f"{place}: {(last['text'] or last['old'] or '').strip()}"
    returned = _RETURNED.search(said)
    return returned[0].strip() if returned else ""


def output(stdout: str, name: str) -> str:
    """What libtest kept of the test's own output, up to the next test's."""
    _, found, rest = stdout.partition(f"---- {name} stdout ----\n")
    return _NEXT.split(rest)[0].strip() if found else ""


def needs(source: Path, name: str, given: Collection[str]) -> tuple[str, ...]:
    """The variables without which a test cannot begin: its own `.expect("X must be set")`."""
    try:
        text = source.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    said = _EXPECTED.findall(_body(text, name.rpartition("::")[2]))
    found = (word for one in said for word in _named(one, [text], given))
    return tuple(dict.fromkeys(found))


def lacked(said: str, root: Path, given: Collection[str]) -> tuple[str, ...]:
    """The variables that a panic names as not set; not the words of a comparison that failed."""
    place, _, text = said.partition(": ")
    if text.startswith("assertion"):
        return ()
    if named := _named(text, list(_sources(root)), given):
        return named
    if text.endswith("NotPresent"):  # of env::var(...).unwrap(), which does not say of which
        line = _line(root, place)
        return tuple(word for word in _LITERAL.findall(line) if word not in given)
    return ()


def _named(said: str, sources: list[str], given: Collection[str]) -> tuple[str, ...]:
    """The variables in a message: read in the sources, or a text there and said to be not set."""
    known = {word for source in sources for word in _READ.findall(source)}
    if _UNSET.search(said):
        known |= {word for source in sources for word in _LITERAL.findall(source)}
    named = (word for word in _WORD.findall(said) if word in known and word not in given)
    return tuple(dict.fromkeys(named))


def _sources(root: Path) -> Iterator[str]:
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("*.rs")):
            yield path.read_text(encoding="utf-8", errors="replace")


def _line(root: Path, place: str) -> str:
    path, line, _ = place.rsplit(":", 2) if place.count(":") >= 2 else (place, "0", "")
    try:
        lines = (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "".join(lines[int(line) - 1 : int(line)])


def _body(text: str, name: str) -> str:
    """A function's text from its first brace to the one that closes it."""
    found = re.search(rf"\bfn\s+{re.escape(name)}\s*\(", text)
    if found is None:
        return ""
    depth, start = 0, found.end()
    for token in _TOKEN.finditer(text, start):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                return text[start : token.end()]
    return text[start:]
