"""The import table (tests/imports.toml) holds, and the engine knows no pytest."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = tomllib.loads((ROOT / "tests" / "imports.toml").read_text())
CONSTANT = re.compile("_?[A-Z][A-Z0-9_]*")
SUITES = ("fixtures", "integration", "smoke", "tests", "conftest")


def imported(source: str) -> Iterator[str]:
    """Every module that a text imports, `from assay import x` as assay.x."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "assay"
            yield from (f"assay.{alias.name}" if whole else node.module for alias in node.names)


def part_of(module: str) -> str:
    """The part of the house that `assay.x.y` belongs to."""
    name = module.split(".")[1] if "." in module else ""
    return "base" if name in TABLE["base"] else name


def violations(path: str, source: str) -> list[str]:
    """What one file imports against the table."""
    found = []
    own = part_of(path.removesuffix(".py").replace("/", "."))
    allowed = {own, "base", "", "__version__", *TABLE["parts"].get(own, ())}
    for module in imported(source):
        top = module.split(".")[0]
        if path.startswith("assay/") and top in ("pytest", "_pytest", *SUITES):
            found.append(f"{path} imports {module}")
        elif path.startswith("assay/") and top == "assay" and part_of(module) not in allowed:
            found.append(f"{path} ({own}) imports {module}")
        elif not path.startswith(("fixtures/", "tests/", "conftest")) and top in SUITES:
            found.append(f"{path} imports {module}")
    for name, places in TABLE["only"].items():
        if path not in places and uses(source, name):
            found.append(f"{path} uses {name}")
    return found


def uses(source: str, name: str) -> bool:
    """Whether code imports a module, or names an attribute of one such as os.environ."""
    if "." not in name:
        return name in {module.split(".")[0] for module in imported(source)}
    attributes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    return name in {ast.unparse(node) for node in attributes}


def engine_files() -> list[Path]:
    """Every Python file of the engine, the plugins and the suites."""
    folders = ("assay", "fixtures", "integration", "smoke", "benchmarks")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_every_import_goes_the_way_of_the_table():
    wrong = [
        line
        for path in engine_files()
        for line in violations(str(path.relative_to(ROOT)), path.read_text())
    ]
    assert not wrong, "\n".join(wrong)
    assert len(engine_files()) > 40


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("assay/oracle/rows/merge.py", "from assay import deployment"),
        ("assay/oracle/rows/merge.py", "from assay.replicators.base import Driver"),
        ("assay/postgres/pool.py", "import pytest"),
        ("assay/errors.py", "from assay.postgres import pool"),
        ("assay/conformance/judge.py", "import fixtures.options"),
        ("integration/test_x.py", "from fixtures.options import RUN"),
        ("assay/report/html.py", "import subprocess"),
        ("assay/report/html.py", "import os\nos.environ['X']"),
        ("assay/report/html.py", "import time\ntime.sleep(1)"),
    ],
)
def test_a_planted_violation_is_seen(path, source):
    assert violations(path, source)


def lowered_constants(source: str) -> Iterator[str]:
    """Constants of modules that a test's text sets: what it needs is a parameter, or asked for."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
            named = [one.value for one in node.args if isinstance(one, ast.Constant)]
            yield from (
                name
                for name in named[:1]
                if isinstance(name, str) and CONSTANT.fullmatch(name.rpartition(".")[2])
            )
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                ast.unparse(one)
                for one in targets
                if isinstance(one, ast.Attribute) and CONSTANT.fullmatch(one.attr)
            )


def test_no_test_of_the_oracle_lowers_a_constant():
    files = sorted((ROOT / "tests" / "assay" / "oracle").rglob("*.py"))
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in lowered_constants(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)
    assert len(files) > 40


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("monkeypatch.setattr(look, 'ROWS', 16)", ["ROWS"]),
        (
            "monkeypatch.setattr('assay.oracle.large.wire._READ', 1)",
            ["assay.oracle.large.wire._READ"],
        ),
        ("setattr(look, 'ROWS', 16)", ["ROWS"]),
        ("look.ROWS = 16", ["look.ROWS"]),
        ("look.ROWS += 16", ["look.ROWS"]),
        ("monkeypatch.setattr(wire._Stream, 'of', lambda: 'ROWS')", []),
        ("ROWS = 5000", []),
    ],
)
def test_a_lowered_constant_is_seen(source, seen):
    assert list(lowered_constants(source)) == seen


def test_every_part_of_the_engine_is_in_the_table():
    folders = {path.name for path in (ROOT / "assay").iterdir() if (path / "__init__.py").exists()}
    files = {path.stem for path in (ROOT / "assay").glob("*.py")} - {"__init__", "__main__"}
    assert folders | files <= {*TABLE["base"], *TABLE["parts"]}
