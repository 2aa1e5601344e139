"""The price of the project's own tests: an older checkout's, and those of them that apply here.

    python -m benchmarks.own_tests OLDER [--rounds 1] [--write]

OLDER is a checkout with a `.venv` of its own, such as one of commit c54680b. It runs all its tests
as its `make test` does; this one runs those that still have their name, turn by turn with it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from assay import environment
from assay.clock import utc_now
from assay.errors import SetupError
from assay.process import Execution, execute
from benchmarks.price import Price, adopt_orphans

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "own-tests.md"
LIMIT = 3600.0  # seconds for one run of the tests
AIM = 0.6
SLOWEST = 20
# Tests that go on under another name, with the same parameters.
RENAMED = {
    "test_pg_dump_agrees_about_each_plant":
        "test_each_plant_is_found_alone_and_pg_dump_contradicts_nothing",
}  # fmt: skip
Seconds = dict[str, float]


@dataclass(slots=True)
class Checkout:
    """One version of the tests; what its runs took, and each test of the last one."""

    name: str
    folder: Path
    price: Price = field(default_factory=Price)
    seconds: Seconds = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def tests(self) -> list[str]:
        """The node ids that it has."""
        said = self._pytest("--collect-only", "-q").stdout
        return [line for line in said.splitlines() if "::" in line]

    def once(self, *words: str) -> None:
        """Run its tests; SetupError where none ran."""
        with tempfile.TemporaryDirectory(prefix="assay-own-tests-") as folder:
            report = Path(folder) / "tests.xml"
            with self.price.run():
                done = self._pytest("-n", "2", "--junitxml", str(report), *words)
            if done.exit not in (0, 1) or not report.exists():
                raise SetupError(f"{self.name} did not run.", evidence=done.output[-2000:])
            cases = list(ElementTree.parse(report).iter("testcase"))
        self.seconds = {_told(case): float(case.get("time", 0)) for case in cases}
        self.failed = sorted(
            _told(case) for case in cases if {part.tag for part in case} & {"failure", "error"}
        )
        sys.stderr.write(f"{self.name}: {self.price.wall[-1]:.0f} s, {len(cases)} tests\n")

    def _pytest(self, *words: str) -> Execution:
        argv = [str(self.folder / ".venv" / "bin" / "pytest"), "-p", "no:cacheprovider", *words]
        return execute(argv, env=environment.inherited("HOME"), cwd=self.folder, timeout=LIMIT)


def main() -> int:
    """Run both in turn; 1 where one of our tests fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("older", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    adopt_orphans()  # servers are counted as well
    older, newer = Checkout("older", asked.older), Checkout("this", ROOT)
    known = older.tests()
    here = applying(known, newer.tests())
    load = [os.getloadavg()[0]]
    with tempfile.NamedTemporaryFile("w", prefix="assay-own-tests-") as chosen:
        chosen.write("\n".join(sorted({one for ours in here.values() for one in ours})))
        chosen.flush()
        for _ in range(asked.rounds):
            older.once()
            newer.once(f"@{chosen.name}")
            load.append(os.getloadavg()[0])
            text = page(older, newer, applied=(len(here), len(known)), load=load)
            sys.stdout.write(text)
            if asked.write:
                PAGE.write_text(text, encoding="utf-8")
    return 1 if newer.failed else 0


def applying(older: Sequence[str], newer: Iterable[str]) -> Mapping[str, list[str]]:
    """Those of ours that an older test goes on in; an older one that no name of ours is lacks.

    It is looked for in its own file, then in the one that has most names of that file. Where its
    parameters are called otherwise now, every set of them is taken.
    """
    ours: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in newer:
        file, name, _ = _parts(one)
        ours[name][file].append(one)
    names = {_parts(one)[:2] for one in older}
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for file, name in names:
        moved[file].update(list(ours.get(_present(name), ())))
    found = {}
    for one in older:
        file, name, parameters = _parts(one)
        if places := ours.get(_present(name)):
            place = file if file in places else max(places, key=lambda at: moved[file][at])
            same = [each for each in places[place] if _parts(each)[2] == parameters]
            found[one] = same or places[place]
    return found


def _present(name: str) -> str:
    return RENAMED.get(name, name)


def _parts(node: str) -> tuple[str, str, str]:
    """File, class and function, parameters."""
    file, _, rest = node.partition("::")
    name, _, parameters = rest.partition("[")
    return file, name, parameters


def _told(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').removeprefix('tests.')} {case.get('name')}"


def page(
    older: Checkout, newer: Checkout, *, applied: tuple[int, int], load: Sequence[float]
) -> str:
    """The results as Markdown."""
    wall = statistics.median(newer.price.wall) / statistics.median(older.price.wall)
    processor = statistics.median(newer.price.processor) / statistics.median(older.price.processor)
    lines = [
        "# What our own tests cost",
        "",
        f"{utc_now()}, {os.cpu_count()} cores, load {', '.join(f'{one:.1f}' for one in load)}: "
        "where others work as well, processor time says more than wall time.",
        "",
        f"`-n 2`; `older` runs all its tests as its `make test` does, `this` runs the {applied[0]}"
        f" of those {applied[1]} that still apply, each round one after the other.",
        "",
        "| checkout | tests | failed | wall s | processor s (servers too) |",
        "| ---- | ---- | ---- | ---- | ---- |",
        *(_row(one) for one in (older, newer)),
        "",
        f"* wall time, this / older: {wall:.2f} (aim {AIM}: {'met' if wall <= AIM else 'not met'})",
        f"* processor time, this / older: {processor:.2f}",
        *(f"* failed here: {name}" for name in newer.failed),
    ]
    for one in (older, newer):
        lines += [
            "",
            f"## The slowest {SLOWEST}: {one.name}",
            "",
            "| s | test |",
            "| ---- | ---- |",
        ]
        slow = sorted(one.seconds.items(), key=lambda item: -item[1])[:SLOWEST]
        lines += [f"| {seconds:.1f} | {_cell(name)} |" for name, seconds in slow]
    return "\n".join(lines) + "\n"


def _row(one: Checkout) -> str:
    told = (", ".join(f"{each:.0f}" for each in s) for s in (one.price.wall, one.price.processor))
    return f"| {one.name} | {len(one.seconds)} | {len(one.failed)} | {' | '.join(told)} |"


def _cell(name: str) -> str:
    return f"`{name[:110]}`".replace("|", "\\|")


if __name__ == "__main__":
    raise SystemExit(main())
