"""Which calls of AWS a component can make: its code is followed from its entry, without running it.

Followed is what carries a client from where it is made to where it is used: names, attributes of
instances, arguments, returned values, functions handed on. Every branch is taken, a name may stand
for several values, and all else (a number, an item of the table) is nothing. A client is
`boto3.client("dynamodb")`; its methods are translated by botocore's own model.

Not followed are containers and inheritance. A call that is lost so is seen: `unfollowed` has what
is called like an operation of an object that is not known, and a test compares all `found` with the
calls that the files hold by their text.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

# Whoever calls a transaction must be allowed its parts; no permission is called like it.
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
         "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}  # fmt: skip
TRANSACTIONS = frozenset({"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems"})
Values = tuple[Any, ...]  # all that an expression may be
Site = tuple[str, int]  # file and line


@cache
def operations(service: str) -> dict[str, str]:
    """Method of a client -> the action that IAM asks for."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): f"{model.signing_name}:{name}" for name in model.operation_names}


@dataclass(frozen=True, slots=True)
class Client:
    """A client of a service, or one of its methods; boto3 is one with the method `client`."""

    service: str
    method: str = ""


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, of an object, or of one call of a function, and what it returns."""

    file: str
    outer: Scope | None = None
    made_from: Defined | None = None  # the class of an object
    names: dict[str, Values] = field(default_factory=dict)
    returned: Values = ()

    def find(self, name: str) -> Values:
        """What a name may be."""
        if name in self.names:
            return self.names[name]
        return self.outer.find(name) if self.outer else ()

    def add(self, name: str, values: Values) -> None:
        """A name may be this too."""
        self.names[name] = tuple(dict.fromkeys((*self.names.get(name, ()), *values)))


@dataclass(frozen=True, slots=True)
class Defined:
    """A class, a function, a method or a lambda, where it was defined, and what it is bound to."""

    node: ast.ClassDef | ast.FunctionDef | ast.Lambda
    scope: Scope
    bound: Any = None

    def member(self, name: str, instance: Scope | None) -> Values:
        """A method, bound to an instance or, a class method, to the class."""
        for node in ast.iter_child_nodes(self.node):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                marks = {ast.unparse(mark) for mark in node.decorator_list}
                bound = None if "staticmethod" in marks else instance
                return (Defined(node, self.scope, self if "classmethod" in marks else bound),)
        return ()


class Calls:
    """The calls of one component: `found` is action -> sites."""

    def __init__(self, roots: tuple[Path, ...], module: str, entry: str) -> None:
        """Follow `entry`; `roots` are the folders in which the component's modules lie."""
        self.found: dict[str, set[Site]] = {}
        self._roots = roots
        self._parts: set[str] = set()
        self._unknown: set[tuple[Site, str]] = set()
        self._services: set[str] = set()
        self._modules: dict[str, Scope] = {}
        self._answers: dict[Any, Values] = {}
        begin = self._module(module)
        if begin is None or not begin.find(entry):
            raise LookupError(f"no {entry} in {module}")
        self._call(begin.find(entry), (), {}, (begin.file, 1))

    @property
    def actions(self) -> set[str]:
        """What the component's role has to allow."""
        within = self._parts if TRANSACTIONS & set(self.found) else set()
        return (set(self.found) - TRANSACTIONS) | within

    @property
    def unfollowed(self) -> list[str]:
        """Calls that look like AWS's, of objects that could not be followed."""
        methods = {name for one in self._services for name in operations(one)} | {"get_paginator"}
        return [f"{file}:{line} {name}" for (file, line), name in sorted(self._unknown)
                if name in methods]  # fmt: skip

    def _module(self, name: str) -> Scope | None:
        bases = [root.joinpath(*name.split(".")) for root in self._roots]
        files = (file for base in bases for file in (base.with_suffix(".py"), base / "__init__.py"))
        file = next((one for one in files if one.is_file()), None)
        if file is not None and name not in self._modules:
            self._modules[name] = scope = Scope(str(file))
            self._value(ast.parse(file.read_text(encoding="utf-8")), scope)
        return self._modules.get(name)

    def _value(self, node: ast.AST, scope: Scope) -> Values:
        """What a statement or expression may be; what it calls is noted."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            if not isinstance(node, ast.Lambda):
                scope.add(node.name, (Defined(node, scope),))
            return (Defined(node, scope),)
        values = {one: self._value(one, scope) for one in ast.iter_child_nodes(node)}
        match node:
            case ast.Constant(value=str()):
                return (node.value,)
            case ast.Name(ctx=ast.Load()):
                return scope.find(node.id)
            case ast.Attribute(ctx=ast.Load()):
                site = (scope.file, node.lineno)
                found = (self._attribute(one, node.attr, site) for one in values[node.value])
                return tuple(value for one in found for value in one)
            case ast.Call():
                return self._call_expression(node, values, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Assign() | ast.AnnAssign(value=ast.AST()) | ast.NamedExpr():
                for target in getattr(node, "targets", None) or [node.target]:
                    self._bind(target, values[node.value], scope)
                return values[node.value]
            case ast.Return(value=ast.AST()):
                scope.returned += values[node.value]
            case ast.Dict():
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                self._parts |= {f"dynamodb:{PARTS[key]}" for key in keys & PARTS.keys()}
            case ast.BoolOp() | ast.IfExp() | ast.keyword():
                return tuple(value for one in values.values() for value in one)
        return ()

    def _bind(self, target: ast.expr, values: Values, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.add(target.id, values)
        elif isinstance(target, ast.Attribute):
            for one in self._value(target.value, scope):
                if isinstance(one, Scope):
                    one.add(target.attr, values)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        parent = self._module(node.module or "") if isinstance(node, ast.ImportFrom) else None
        for alias in node.names:
            name = alias.name if parent is None else f"{node.module}.{alias.name}"
            module = self._module(name)
            values = (module,) if module else parent.find(alias.name) if parent else ()
            scope.add(alias.asname or alias.name, (Client(name),) if name == "boto3" else values)

    def _attribute(self, of: Any, name: str, site: Site) -> Values:
        if isinstance(of, Scope):
            own = of.names.get(name)
            return own or (of.made_from.member(name, of) if of.made_from else ())
        if isinstance(of, Defined):
            return of.member(name, None)
        if not isinstance(of, Client) or name in ("exceptions", "meta"):
            return ()
        if name != "get_paginator" and of.service != "boto3":
            self._note(of.service, name, site)
        return (Client(of.service, name),)

    def _note(self, service: str, method: str, site: Site) -> None:
        if method not in operations(service):
            raise LookupError(f"{site[0]}:{site[1]}: what does {service}.{method} call?")
        self.found.setdefault(operations(service)[method], set()).add(site)

    def _call_expression(
        self, node: ast.Call, values: dict[ast.AST, Values], scope: Scope
    ) -> Values:
        args = tuple(values[one] for one in node.args)
        given = {one.arg: values[one] for one in node.keywords if one.arg}
        site = (scope.file, node.func.lineno)
        if values[node.func]:
            return self._call(values[node.func], args, given, site)
        if isinstance(node.func, ast.Attribute):
            self._unknown.add((site, node.func.attr))
        # Whoever is given a function may call it.
        for one in (value for many in (*args, *given.values()) for value in many):
            self._call((one,) if isinstance(one, Defined) else (), (), {}, site)
        return ()

    def _call(
        self, functions: Values, args: tuple[Values, ...], given: dict[str, Values], site: Site
    ) -> Values:
        answer: Values = ()
        for one in functions:
            key = (one, args, tuple(sorted(given.items(), key=lambda item: item[0])))
            if isinstance(one, Defined) and key not in self._answers:
                self._answers[key] = ()  # of a function that calls itself
                self._answers[key] = self._enter(one, args, given, site)
            answer += self._answers.get(key, ())
            if isinstance(one, Client) and one.method in ("client", "get_paginator"):
                for text in (args or ((),))[0] or ("of something unknown",):
                    if one.service == "boto3":
                        self._services.add(text)
                        answer += (Client(text),)
                    else:
                        self._note(one.service, text, site)
            elif isinstance(one, Client) and one.service == "boto3":
                raise LookupError(f"{site[0]}:{site[1]}: boto3.{one.method} is not followed")
        return answer

    def _enter(
        self, one: Defined, args: tuple[Values, ...], given: dict[str, Values], site: Site
    ) -> Values:
        """Follow a function once with these arguments, or make an object of a class."""
        if isinstance(one.node, ast.ClassDef):
            made = Scope(one.scope.file, made_from=one)
            if first := one.member("__init__", made):
                self._call(first, args, given, site)
            else:
                fields = [it.target.id for it in one.node.body if isinstance(it, ast.AnnAssign)]
                made.names |= dict(zip(fields, args, strict=False)) | given
            return (made,)
        within = Scope(one.scope.file, one.scope)
        wanted = [arg.arg for arg in (*one.node.args.args, *one.node.args.kwonlyargs)]
        args = args if one.bound is None else ((one.bound,), *args)
        within.names |= dict.fromkeys(wanted, ()) | dict(zip(wanted, args, strict=False)) | given
        if isinstance(one.node, ast.Lambda):
            return self._value(one.node.body, within)
        for statement in one.node.body:
            self._value(statement, within)
        return within.returned
