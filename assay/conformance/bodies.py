"""Names in the bodies of functions that mean something else under another search path.

A dump is restored with an empty search path: a trigger whose body says `insert into audit` then
fails, and hides that it fired a second time. Bodies are kept as text and read when they run; views,
defaults, policies and SQL-standard bodies are kept as what they mean, and need no look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.conformance.grammar import Tree, holding, nodes, parsed, parsed_plpgsql, without_psql

if TYPE_CHECKING:
    from assay.conformance.case import Section

_ROUTINE = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
# The parser's JSON for trigger functions is broken; the statements and expressions in it are whole.
_PARTS = re.compile(
    r'"lineno":(?P<line>\d+)|"(?P<kind>PLpgSQL_stmt_\w+)":|"typname":(?P<type>"(?:[^"\\]|\\.)*")'
    r'|"query":(?P<query>"(?:[^"\\]|\\.)*"),"parseMode":(?P<mode>\d+)'
)
_ASSIGNED = re.compile(r".*?(?<![<>!=])=(?!=)", re.DOTALL)
_STATEMENT, _EXPRESSION = 0, 2  # what the parser calls parse modes; beyond are assignments
_IN_TEXT = re.compile(
    r"\b(?:from|into|update|join|table|truncate|call)\s+(?:only\s+)?"
    r"""(%(?:\d+\$)?I|"[^"]+"|[a-z_]\w*)(?!["\w]|\s*\.)""",
    re.IGNORECASE,
)
_NO_NAMES = frozenset({"set", "only", "skip", "nowait", "of", "select", "lateral"})
_BY_NAME = frozenset({"nextval", "currval", "setval", "to_regclass", "to_regproc", "to_regtype"})


@dataclass(frozen=True, slots=True)
class Unqualified:
    """A name without a schema in a routine's body, and the line of the file where it stands."""

    name: str
    routine: str
    line: int


def unqualified(sections: Sequence[Section]) -> tuple[Unqualified, ...]:
    """The names that a search path decides in the routines that the sections create.

    Built-in names are in every search path, and a routine may set one for itself. UsageError for a
    section whose routines the grammar cannot read.
    """
    if not any(_ROUTINE.search(section.sql) for section in sections):
        return ()
    texts = {s: without_psql(s.sql) for s in sections if s.kind in ("setup", "target")}
    read = {section: parsed(text, _told(section)) for section, text in texts.items()}
    known = _Known.of(list(read.values()))
    return tuple(
        found
        for section, tree in read.items()
        for statement in tree["stmts"]
        if "CreateFunctionStmt" in statement["stmt"]
        for found in _Routine(statement, section, texts[section], known).names()
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What a case creates: of routines and types only these need a schema."""

    routines: frozenset[str]
    types: frozenset[str]
    transitions: frozenset[str]  # tables that a trigger brings along

    @classmethod
    def of(cls, trees: list[Tree]) -> _Known:
        types = [n["relation"]["relname"] for n in nodes(trees, "CreateStmt")]
        types += [n["view"]["relname"] for n in nodes(trees, "ViewStmt")]
        types += [n["typevar"]["relname"] for n in nodes(trees, "CompositeTypeStmt")]
        for kind, key in _NAMED_TYPES.items():
            types += [_last(n[key]) for n in nodes(trees, kind)]
        return cls(
            frozenset(_last(n["funcname"]) for n in nodes(trees, "CreateFunctionStmt")),
            frozenset(types),
            frozenset(n["name"] for n in nodes(trees, "TriggerTransition")),
        )


_NAMED_TYPES = {
    "CreateEnumStmt": "typeName",
    "CreateRangeStmt": "typeName",
    "CreateDomainStmt": "domainname",
}


@dataclass(frozen=True, slots=True)
class _Routine:
    """One CREATE FUNCTION or PROCEDURE of a section."""

    statement: Tree
    section: Section
    text: str  # the section as the grammar reads it
    known: _Known

    def names(self) -> Iterator[Unqualified]:
        node = self.statement["stmt"]["CreateFunctionStmt"]
        options = {o["DefElem"]["defname"]: o["DefElem"] for o in node.get("options", ())}
        paths = [s["name"] for s in nodes(node.get("options", ()), "VariableSetStmt")]
        if "as" not in options or "search_path" in paths:
            return
        body = options["as"]["arg"]["List"]["items"][0]["String"]["sval"]
        language = options["language"]["arg"]["String"]["sval"].lower()
        start = self.text.find(body, self._offset(options["as"]["location"]))
        line = self.section.line + self.text.count("\n", 0, max(start, 0))
        if language == "sql":
            tree = parsed(body, _told(self.section))
            found: Iterator[tuple[int, str]] = ((0, name) for name in _names(tree, self.known))
        elif language == "plpgsql":
            found = self._in_plpgsql()
        else:
            return
        routine = ".".join(part["String"]["sval"] for part in node["funcname"])
        for after, name in found:
            yield Unqualified(name, routine, line + after)

    def _in_plpgsql(self) -> Iterator[tuple[int, str]]:
        """Names and the lines after the body's first on which their statements begin."""
        first = self.statement.get("stmt_location", 0)
        last = first + self.statement.get("stmt_len", len(self.text.encode()))
        line, kind = 1, ""
        own = self.text.encode()[first:last].decode()
        for part in _PARTS.finditer(parsed_plpgsql(own, _told(self.section))):
            if part["line"]:
                line = int(part["line"])
            elif part["kind"]:
                kind = part["kind"]
            elif part["type"]:
                for name in _declared(json.loads(part["type"]), self.known):
                    yield line - 1, name
            else:
                words = _statement(json.loads(part["query"]), int(part["mode"]))
                tree = parsed(words, _told(self.section))
                dynamic = kind == "PLpgSQL_stmt_dynexecute"
                for name in (*_names(tree, self.known), *_in_texts(tree, dynamic=dynamic)):
                    yield line - 1, name

    def _offset(self, location: int) -> int:
        return len(self.text.encode()[:location].decode())  # the grammar counts bytes


def _names(tree: Any, known: _Known) -> Iterator[str]:
    """Names without a schema in a statement."""
    common = {node["ctename"] for node in nodes(tree, "CommonTableExpr")}
    for node in holding(tree, "relname"):
        name = node["relname"]
        own = name in common or name in known.transitions or name.startswith("pg_")
        if "schemaname" not in node and not own:
            yield name
    for node in nodes(tree, "FuncCall"):
        words = [part["String"]["sval"] for part in node["funcname"]]
        if len(words) == 1 and words[0] in known.routines:
            yield words[0]
        if words[-1] in _BY_NAME:
            yield from _constants(node.get("args", [None])[0])
    for node in nodes(tree, "TypeCast"):
        words = [part["String"]["sval"] for part in node["typeName"].get("names", ())]
        if words[-1:] in (["regclass"], ["regproc"], ["regtype"]):
            yield from _constants(node["arg"])
    for node in (*nodes(tree, "typeName"), *nodes(tree, "TypeName")):
        words = [part["String"]["sval"] for part in node.get("names", ())] if node else []
        if len(words) == 1 and words[0] in known.types:
            yield words[0]


def _constants(node: Any) -> Iterator[str]:
    """The text of a constant that names something without a schema."""
    text = node.get("A_Const", {}).get("sval", {}).get("sval") if isinstance(node, dict) else None
    if text and "." not in text and not text.startswith("pg_"):
        yield text


def _in_texts(tree: Any, *, dynamic: bool) -> Iterator[str]:
    """Names in the pieces of a statement that is put together: each piece is read by itself."""
    for node in nodes(tree, "A_Const"):
        text = node.get("sval", {}).get("sval", "") if isinstance(node.get("sval"), dict) else ""
        if dynamic or re.search(r"%(\d+\$)?I", text):
            for match in _IN_TEXT.finditer(text):
                if match[1].lower() not in _NO_NAMES and not match[1].startswith("pg_"):
                    yield match[1]


def _declared(words: str, known: _Known) -> Iterator[str]:
    """A declaration's type, `t%rowtype` or `t.column%type`; others the library does not keep."""
    name, _, of = words.lower().partition("%")
    parts = name.split(".")
    if len(parts) == {"type": 2, "rowtype": 1}.get(of) and parts[0] in known.types:
        yield parts[0]


def _statement(words: str, mode: int) -> str:
    if mode == _STATEMENT:
        return words
    return "select " + (words if mode == _EXPRESSION else _ASSIGNED.sub("", words, count=1))


def _told(section: Section) -> str:
    return f"@{section.kind} of line {section.line}"


def _last(parts: list[Tree]) -> str:
    return str(parts[-1]["String"]["sval"])
