"""The kill matrix of verifiers: the same mutants through every tool that claims to verify.

``python -m benchmarks.verifiers [--peer NAME=PROGRAM ...] [--only CLASS] [--write]``: each mutant
is planted alone and each tool is called as its documentation says. The programs of others
(pgcopydb, reladiff, data-diff, data-validation, seren-replicator) lie in environments of their
own; one that is not given is left out, and the page says so.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.clock import monotonic
from assay.postgres.pool import PairPool
from benchmarks.corpus import Category, Mutant, load
from benchmarks.detection import Bench, bench
from benchmarks.peers import PEERS, Pairing, Said, Tool, known

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "verifiers.md"
RESULTS = REPORT.with_suffix(".json")  # of every tool, so that one can be measured by itself
# Another physical history: every relation's first row moves to its end.
_MOVED = """
do $$ declare t record; begin
  for t in select c.oid::regclass as name, (select quote_ident(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and a.attidentity = '' order by a.attnum limit 1) as first
    from pg_class c where c.relkind = 'r' and c.relnamespace = 'app'::regnamespace
  loop
    if t.first is not null then
      execute format('update only %1$s set %2$s = %2$s where ctid = (select min(ctid) from only'
        ' %1$s)', t.name, t.first);
    end if;
  end loop;
end $$"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one tool said of one mutant, or of an equal pair where there is none."""

    tool: str
    category: str
    mutant: str | None
    said: Said


def trials(made: Bench, category: Category, listed: Sequence[Tool]) -> Iterator[Trial]:
    """Every tool on every mutant of a class, and on an equal pair with another history."""
    equal = Mutant(category.name, "(equal)", _MOVED, ())
    for mutant in (equal, *category.mutants):
        with made.damaged(mutant) as target:
            pairing = Pairing(made.pair.source, target, made.roles, mutant.table)
            for tool in listed:
                if tool.schema or category.data:
                    said = tool.ask(pairing)
                    name = mutant.name if mutant.finds else None
                    yield Trial(tool.name, category.name, name, said)


def stored(measured: Sequence[Trial]) -> list[Trial]:
    """These trials with the others of tools and classes that were measured before."""
    if not RESULTS.exists():
        return list(measured)
    before = json.loads(RESULTS.read_text(encoding="utf-8"))
    now = {(one.tool, one.category) for one in measured}
    old = [Trial(*named, Said(said)) for *named, said in before["trials"]]
    same = {one.name for one in load() if before["classes"].get(one.name) == one.fingerprint}
    kept = [one for one in old if one.category in same and (one.tool, one.category) not in now]
    return [*kept, *measured]


def write(measured: Sequence[Trial]) -> None:
    """Results and page."""
    rows = [[one.tool, one.category, one.mutant, one.said] for one in measured]
    lines = ",\n".join(json.dumps(row) for row in rows)
    classes = json.dumps({one.name: one.fingerprint for one in load()})
    RESULTS.write_text(f'{{"classes": {classes}, "trials": [\n{lines}\n]}}\n', encoding="utf-8")
    REPORT.write_text(report(measured), encoding="utf-8")


def report(measured: Sequence[Trial]) -> str:
    """The page: what each tool found of each class, in numbers."""
    seen = {one.tool for one in measured}
    listed = [tool for tool in known([f"{name}=" for name in PEERS]) if tool.name in seen]
    names = [tool.name for tool in listed]
    classes = [one.name for one in load()]
    categories = [name for name in classes if any(one.category == name for one in measured)]
    rows = [(name, *(_cell(measured, name, tool) for tool in listed)) for name in categories]
    rows.append(("**all mutants**", *(_whole(measured, tool) for tool in names)))
    rows.append(("**false alarms**", *(_alarms(measured, tool) for tool in names)))
    table = "\n".join(
        f"| {' | '.join(cells)} |"
        for cells in (("class", *names), ("---",) * (len(names) + 1), *rows)
    )
    absent = [name for name in PEERS if name not in names]
    parts = [
        "# The kill matrix of verifiers",
        "The same mutants, planted one at a time, through every tool. `7/12` is found of planted,"
        " `c2` that the tool crashed on two, `u2` that it can compare no table of theirs, for"
        " want of a primary key, `–` that the class is no claim of the tool,"
        " which compares rows alone, `?` that the tool has not been measured on it. Written by"
        " `python -m benchmarks.verifiers --peer NAME=PROGRAM ... --write`.",
        table,
        "A false alarm is an equal pair that was called different, or on which the tool crashed:"
        " one for each class, with rows in another physical order.",
        "\n".join(f"* **{tool.name}**: {tool.how}" for tool in listed),
    ]
    parts += [f"Not measured: {', '.join(absent)}."] if absent else []
    return "\n\n".join(parts) + "\n"


def _said(measured: Sequence[Trial], tool: str, *, planted: bool) -> list[Trial]:
    return [one for one in measured if one.tool == tool and (one.mutant is not None) == planted]


def _counted(own: Sequence[Trial]) -> str:
    counts = Counter(one.said for one in own)
    rest = "".join(
        f" {said[0]}{counts[said]}" for said in (Said.CRASHED, Said.UNABLE) if counts[said]
    )
    return f"{counts[Said.DIFFERENT]}/{len(own)}{rest}"


def _cell(measured: Sequence[Trial], category: str, tool: Tool) -> str:
    own = [one for one in _said(measured, tool.name, planted=True) if one.category == category]
    return _counted(own) if own else "?" if tool.schema else "–"


def _whole(measured: Sequence[Trial], tool: str) -> str:
    return f"**{_counted(_said(measured, tool, planted=True))}**"


def _alarms(measured: Sequence[Trial], tool: str) -> str:
    own = _said(measured, tool, planted=False)
    alarms = sum(one.said in (Said.DIFFERENT, Said.CRASHED) for one in own)
    return f"**{alarms}/{len(own)}**"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 where ours found everything without a false alarm."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PROGRAM",
                        help=f"one of {', '.join(PEERS)}")  # fmt: skip
    parser.add_argument("--peers-only", action="store_true",
                        help="measure nothing but these; the page keeps the rest")  # fmt: skip
    parser.add_argument("--only", action="append", metavar="CLASS")
    parser.add_argument("--provider", default="wheel", help="where servers come from")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(arguments)
    for peer in options.peer:
        if peer.partition("=")[0] not in PEERS:
            parser.error(f"--peer {peer}: not one of {', '.join(PEERS)}")
    listed = known(options.peer)
    if options.peers_only:
        listed = [tool for tool in listed if tool.name in PEERS]
    chosen = [one for one in load() if not options.only or one.name in options.only]
    began, measured = monotonic(), []
    with PairPool("17", provider=options.provider) as pool:
        for number, category in enumerate(chosen, 1):
            with pool.lease("verifiers") as pair, bench(pair, category) as made:
                own = list(trials(made, category, listed))
            measured += own
            said = ", ".join(f"{tool.name} {_cell(own, category.name, tool)}" for tool in listed)
            left = (monotonic() - began) / number * (len(chosen) - number)
            _say(f"{category.name}: {said}; about {left:.0f} s left")
            if options.write:
                write(stored(measured))
    ours = [one for one in measured if one.tool == "assay"]
    if options.peers_only:
        return 0
    right = [one for one in ours if (one.said is Said.DIFFERENT) == (one.mutant is not None)]
    _say(f"assay: {len(right)} of {len(ours)} right, {monotonic() - began:.0f} s")
    return 0 if ours and len(right) == len(ours) else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
