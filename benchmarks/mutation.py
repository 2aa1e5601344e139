"""Code mutation of the modules that decide: what no test notices when it is broken.

``python -m benchmarks.mutation [--write]``: mutmut, in an environment of its own, on a clone of the
last commit, with the tests that need no server. 0 where at least nine of ten mutants are killed
and each of the rest has a reason in benchmarks/survivors.toml.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import sysconfig
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.errors import SetupError
from assay.process import Execution, execute

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "mutation.md"
REASONS = Path(__file__).with_name("survivors.toml")
MUTMUT = "mutmut==3.8.1"
LIMIT = 3600.0  # seconds
WANTED = 0.9
# Modules that decide, each with the tests of its name.
MODULES = (
    "oracle/catalog/differ", "oracle/words/finding", "oracle/words/values", "oracle/words/scope",
    "oracle/catalog/sequences", "oracle/words/extent",
    "oracle/words/redaction", "oracle/live", "conformance/judge", "run/verdict",
    "conformance/expectations", "conformance/baseline", "run/outcome",
)  # fmt: skip
TESTS = (
    *(f"{name.rpartition('/')[0]}/test_{name.rpartition('/')[2]}.py" for name in MODULES[:-1]),
    "conformance/test_judged_words.py",
)
COPIED = ("assay", "fixtures", "aws", "conftest.py", "benchmarks", "tests", "integration", "smoke",
          "environments")  # fmt: skip
KILLED = ("killed", "timeout")
_RESULT = re.compile(r"^\s*assay\.(?P<module>[\w.]+)\.(?P<name>x\S+)__mutmut_\d+: (?P<how>.+)$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function, and what became of it: killed, timeout, survived, no tests."""

    module: str
    function: str
    how: str

    @property
    def place(self) -> str:
        """Its module and function."""
        return f"{self.module}.{self.function}"


def parse(lines: Sequence[str]) -> list[Mutant]:
    """What ``mutmut results`` says."""
    found = (_RESULT.match(line) for line in lines)
    return [Mutant(m["module"], _function(m["name"]), m["how"]) for m in found if m]


def _function(name: str) -> str:
    """The source's own name of what mutmut has called ``x_name`` or ``xǁClassǁname``."""
    return name[2:] if name.startswith("x_") else name[2:].replace("ǁ", ".")


def run(folder: Path) -> list[Mutant]:
    """Mutate a clone; SetupError where mutmut cannot be installed or does not run."""
    clone, venv = folder / "clone", folder / "venv"
    _demand(_call("git", "clone", "-q", str(ROOT), str(clone), cwd=folder))
    _demand(_call(sys.executable, "-m", "venv", str(venv), cwd=folder))
    _demand(_call(str(venv / "bin" / "pip"), "install", "-q", MUTMUT, cwd=folder))
    (packages,) = (venv / "lib").glob("python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    with (clone / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(_config())
    mutmut = str(venv / "bin" / "mutmut")
    done = _call(mutmut, "run", "--max-children", "2", cwd=clone)
    found = parse(_demand(_call(mutmut, "results", "--all", "true", cwd=clone)).splitlines())
    if not found:
        raise SetupError("mutmut made no mutant.", evidence=done.output[-1000:])
    return found


def _config() -> str:
    lists = {
        "paths_to_mutate": [f"assay/{name}.py" for name in MODULES],
        "tests_dir": [f"tests/assay/{name}" for name in TESTS],
        "also_copy": list(COPIED),
        "pytest_add_cli_args": ["-m", "not servers", "-n0", "-x"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in lists.items()]  # as TOML has them
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def _call(*argv: str, cwd: Path) -> Execution:
    env = environment.inherited("HOME", "PATH", "XDG_CACHE_HOME")
    return execute(argv, env={**env, "LC_ALL": "C.UTF-8"}, timeout=LIMIT, cwd=cwd)


def _demand(done: Execution) -> str:
    if not done.ok:
        raise SetupError(f"{' '.join(done.argv[:3])} failed.", evidence=done.output[-1000:])
    return done.stdout


def judged(found: Sequence[Mutant]) -> tuple[int, int]:
    """How many were killed, of how many that a test reaches without a server."""
    reached = [one for one in found if one.how != "no tests"]
    return sum(one.how in KILLED for one in reached), len(reached)


def unreasoned(found: Sequence[Mutant], reasons: Mapping[str, str]) -> list[str]:
    """Functions with survivors that nobody has given a reason for."""
    places = {one.place for one in found if one.how not in (*KILLED, "no tests")}
    return sorted(places - reasons.keys())


def report(found: Sequence[Mutant], reasons: Mapping[str, str]) -> str:
    """The page: the score by module, and the survivors by function with their reasons."""
    killed, reached = judged(found)
    rows = []
    for module in dict.fromkeys(one.module for one in found):
        own = [one for one in found if one.module == module]
        hits, of = judged(own)
        rows.append(f"| {module} | {hits} | {of} | {100 * hits / max(of, 1):.0f} % |")
    left = Counter(one.place for one in found if one.how not in (*KILLED, "no tests"))
    alone = sorted({one.place for one in found if one.how == "no tests"})
    lines = [f"| {place} | {count} | {reasons.get(place, '**none yet**')} |"
             for place, count in sorted(left.items())]  # fmt: skip
    parts = [
        "# Code mutation",
        f"{killed} of {reached} mutants of the modules that decide are killed"
        f" ({100 * killed / reached:.1f} %). Written by `python -m benchmarks.mutation --write`.",
        "\n".join(("| module | killed | mutants | score |", "| --- | --- | --- | --- |", *rows)),
        "## What survives, and why",
        "\n".join(("| function | mutants | reason |", "| --- | --- | --- |", *lines)),
        f"Reached only by tests with servers, and not counted: {', '.join(alone)}."
        if alone
        else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 where the score is reached and every survivor has a reason."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(arguments)
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="assay-mutation-") as folder:
        found = run(Path(folder))
    if options.write:
        REPORT.write_text(report(found, reasons), encoding="utf-8")
    killed, reached = judged(found)
    missing = unreasoned(found, reasons)
    said = f"{killed} of {reached} mutants killed ({100 * killed / reached:.1f} %)"
    sys.stdout.write(f"{said}; without a reason: {', '.join(missing) or 'none'}\n")
    return 0 if killed >= WANTED * reached and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
