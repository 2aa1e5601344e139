"""SQL text in a form that a dump and its restore leave as it is.

PostgreSQL's own grammar reads the text; what parse analysis rewrites exactly once, when deparsed
text is read again, is rewritten here. Two texts with one form mean the same.
"""

from __future__ import annotations

import json
import re
from typing import Any

from assay.oracle.catalog.queries.stored import (
    EXPRESSION,
    FILTER,
    FILTERS,
    MOVED_CLASSES,
    STORED,
)

Tree = dict[str, Any]
# Characters; the library's recursion has no guard: 66,000 operators without a bracket crash it.
LONGEST = 100_000
_PLACES = frozenset({"location", "stmt_location", "stmt_len", "list_start", "list_end",
                     "rexpr_list_start", "rexpr_list_end"})  # fmt: skip
_BOUNDS = frozenset({"listdatums", "lowerdatums", "upperdatums"})
_LSN = re.compile(r"\b([0-9A-F]+)/0*([0-9A-F]+)\b")

Property = tuple[str, str]  # kind of the item, name of its property


def same_meaning(place: Property, source: str | None, target: str | None) -> bool:
    """Whether two values of a property, unlike as texts, hold SQL of one meaning."""
    if source is None or target is None:
        return False
    if place == FILTERS:
        return _filtered(source) == _filtered(target)
    template = STORED.get(place)
    return template is not None and _alike(template, source, target)


def _alike(template: str, source: str, target: str) -> bool:
    form = canonical(template.format(source))
    return form is not None and form == canonical(template.format(target))


def _filtered(tables: str) -> list[Any]:
    """A publication's tables, their filters in the form."""
    listed = json.loads(tables)
    for entry in listed:
        if entry[FILTER] is not None:
            entry[FILTER] = canonical(EXPRESSION.format(entry[FILTER])) or entry[FILTER]
    return list(listed)


def canonical(sql: str) -> str | None:
    """The form of one or more statements; None where the grammar cannot read them."""
    # Only where two texts differ is it needed at all: loading it costs more than most comparisons.
    from postgast.native import lib

    if len(sql) > LONGEST or "\0" in sql:
        return None
    try:
        text = sql.encode()
    except UnicodeEncodeError:
        return None
    parsed = lib.pg_query_parse(text)
    try:
        if parsed.error:
            return None
        tree = json.loads(parsed.parse_tree, object_hook=_rewritten)
        return json.dumps(tree["stmts"], sort_keys=True) if tree["stmts"] else None
    except RecursionError:
        return None
    finally:
        lib.pg_query_free_parse_result(parsed)


def _rewritten(node: Tree) -> Tree:
    """A node, its children rewritten already, without places in the text."""
    node = {key: _unordered(value) for key, value in node.items() if key not in _PLACES}
    if "TypeCast" in node:
        return _cast(node["TypeCast"])
    if "A_Const" in node:
        return _constant(node)
    if "ResTarget" in node:
        return {"ResTarget": _target(node["ResTarget"])}
    for statement in ("IndexStmt", "Constraint"):
        if statement in node:
            return {statement: _of_inet(node[statement])}
    if "CreateTrigStmt" in node:  # UPDATE OF a, b
        columns = node["CreateTrigStmt"].get("columns", [])
        return {"CreateTrigStmt": {**node["CreateTrigStmt"], "columns": _sorted(columns)}}
    return {key: _bounds(value) if key in _BOUNDS else value for key, value in node.items()}


def _of_inet(index: Tree) -> Tree:
    """A GiST index or exclusion without the operator classes of inet, whose default has moved.

    Which ones are meant is a property of the index: a name or none means another one on 19.
    """
    if "gist" not in (index.get("accessMethod"), index.get("access_method")):
        return index
    exclusions = [
        {"List": {"items": [_plain(element), operator]}}
        for element, operator in (one["List"]["items"] for one in index.get("exclusions", ()))
    ]
    params = [_plain(element) for element in index.get("indexParams", ())]
    return {**index, "indexParams": params, "exclusions": exclusions}


def _plain(element: Tree) -> Tree:
    """A key of an index without such a class."""
    key = element["IndexElem"]
    words = _words(key.get("opclass", []))
    if not words or words[-1] not in MOVED_CLASSES:
        return element
    return {"IndexElem": {name: value for name, value in key.items() if name != "opclass"}}


def _unordered(value: Any) -> Any:
    """Options, whose order has no meaning, in one order."""
    options = isinstance(value, list) and all("DefElem" in one for one in value)
    return _sorted(value) if options else value


def _sorted(nodes: list[Tree]) -> list[Tree]:
    return sorted(nodes, key=lambda node: json.dumps(node, sort_keys=True))


def _cast(cast: Tree) -> Tree:
    """A cast of ARRAY[...] is one of each element, one of COLLATE is below it: so it is parsed."""
    name, arg = cast["typeName"], cast["arg"]
    if "CollateClause" in arg:
        clause = inner = arg["CollateClause"]
        while "CollateClause" in inner["arg"]:  # of several only the outermost survives a cast
            inner = inner["arg"]["CollateClause"]
        return {"CollateClause": {**clause, "arg": _cast({**cast, "arg": inner["arg"]})}}
    if _words(name["names"]) == ["pg_lsn"] and "sval" in arg.get("A_Const", {}):
        return {"TypeCast": {**cast, "arg": _position(arg["A_Const"]["sval"].get("sval", ""))}}
    array = arg.get("A_ArrayExpr")
    if array is None or not array.get("elements") or not name.get("arrayBounds"):
        return {"TypeCast": cast}
    whole = {key: value for key, value in name.items() if key != "arrayBounds"}
    elements = [
        _cast({"arg": one, "typeName": name if "A_ArrayExpr" in one else whole})
        for one in array["elements"]
    ]
    return {"A_ArrayExpr": {**array, "elements": elements}}


def _constant(node: Tree) -> Tree:
    """A negative number with its type: -5 is read as that, and written so since the restore."""
    whole = node["A_Const"].get("ival", {}).get("ival", 0)
    text = str(whole) if whole else node["A_Const"].get("fval", {}).get("fval", "")
    if not text.startswith("-"):
        return node
    if whole:
        named = "int4"
    else:
        named = "int8" if text[1:].isdigit() and int(text) >= -(2**63) else "numeric"
    names = [{"String": {"sval": word}} for word in ("pg_catalog", named)]
    arg = {"A_Const": {"sval": {"sval": text}}}
    return {"TypeCast": {"arg": arg, "typeName": {"names": names, "typemod": -1}}}


def _position(text: str) -> Tree:
    """Positions in the log without the zeros that PostgreSQL 19 writes."""
    return {"A_Const": {"sval": {"sval": _LSN.sub(r"\1/\2", text)}}}


def _bounds(values: list[Tree]) -> list[Tree]:
    """A partition's bounds have no types: what looks like a position in the log is one."""
    texts = [one.get("A_Const", {}).get("sval", {}).get("sval", "") for one in values]
    return [
        _position(text) if _LSN.fullmatch(text) else value
        for value, text in zip(values, texts, strict=True)
    ]


def _target(target: Tree) -> Tree:
    """A column without the name that it has anyway: PostgreSQL writes it since the restore."""
    if "name" in target and target["name"] == _label(target.get("val", {})):
        return {key: value for key, value in target.items() if key != "name"}
    return target


def _label(value: Tree) -> str | None:
    """The name that the parser gives to a column of this value; None where we do not say."""
    if "ColumnRef" in value:
        words = _words(value["ColumnRef"]["fields"])
        return words[-1]
    if "CollateClause" in value:
        return _label(value["CollateClause"].get("arg", {}))
    if "TypeCast" in value:
        cast = value["TypeCast"]
        return _words(cast["typeName"]["names"])[-1] if "A_Const" in cast["arg"] else None
    if "SubLink" in value and value["SubLink"].get("subLinkType") == "EXPR_SUBLINK":
        targets = value["SubLink"]["subselect"].get("SelectStmt", {}).get("targetList", ())
        first = targets[0]["ResTarget"] if targets else {}
        return first.get("name") or _label(first.get("val", {}))
    return None


def _words(names: list[Tree]) -> list[str | None]:
    """The parts of a name; None for a star."""
    return [one["String"].get("sval", "") if "String" in one else None for one in names]
