"""The kill matrix of verifiers: the same mutants through every tool that claims to verify.

``python -m benchmarks.verifiers [--peer NAME=PROGRAM ...] [--only CLASS] [--write]``: each mutant
is planted alone and each tool is called as its documentation says. The programs of others
(pgcopydb, reladiff, data-diff, data-validation, seren-replicator) lie in environments of their
own; one that is not given is left out, and the page says so.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from assay import environment
from assay.clock import monotonic
from assay.oracle.compare import compare
from assay.oracle.finding import Equality
from assay.oracle.scope import Scope
from assay.postgres import tools
from assay.postgres.address import Address
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, fetch
from assay.process import Execution, execute
from benchmarks.corpus import FOLDER, Category, Mutant, fingerprint, load
from benchmarks.detection import Bench, bench

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "verifiers.md"
RESULTS = REPORT.with_suffix(".json")  # of every tool, so that one can be measured by itself
LIMIT = 60.0  # seconds for one call of a tool
DATA_FILES = ("values.toml", "rows.toml")  # what tools that compare rows alone claim to see
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
_TABLES = """
select format('%I.%I', n.nspname, c.relname), array(select a.attname::text from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = c.oid and i.indisprimary order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname = 'app' order by 1"""
_NOISE = re.compile(r"^(\\(un)?restrict .*|-- Dumped (from|by) .*)\n", re.M)


class Said(StrEnum):
    """What a tool said of a pair."""

    DIFFERENT = "different"
    EQUAL = "equal"
    CRASHED = "crashed"
    UNABLE = "unable"  # no table that it can compare


@dataclass(frozen=True, slots=True)
class Pairing:
    """Both databases and which tables a tool has to look at: all, or the one that is damaged."""

    source: Address
    target: Address
    roles: tuple[str, ...]
    table: str

    def tables(self) -> list[tuple[str, list[str]]]:
        """Tables of the source with the columns of their primary keys."""
        with connect(self.source, read_only=True) as connection:
            listed = [(str(name), list(key)) for name, key in fetch(connection, _TABLES)]
        return [one for one in listed if one[0] == self.table] if self.table else listed


@dataclass(frozen=True, slots=True)
class Tool:
    """A verifier: how it is asked, and whether it claims to compare more than rows."""

    name: str
    how: str
    ask: Callable[[Pairing], Said]
    schema: bool


def _url(address: Address) -> str:
    return (
        f"postgresql://{address.user}:{address.password.reveal()}@{address.host}:{address.port}"
        f"/{address.database}"
    )


def _call(*argv: str, env: dict[str, str] | None = None) -> Execution:
    inherited = environment.inherited("PATH", "HOME")
    return execute(argv, env={**inherited, "LC_ALL": "C.UTF-8", **(env or {})}, timeout=LIMIT)


def _ours(pairing: Pairing) -> Said:
    seen = compare(pairing.source, pairing.target, scope=Scope(roles=pairing.roles))
    return {
        Equality.EQUAL: Said.EQUAL,
        Equality.DIFFERENT: Said.DIFFERENT,
        Equality.UNKNOWN: Said.CRASHED,
    }[seen.equality]


def _by_query(query: str) -> Callable[[Pairing], Said]:
    """One value of each table, asked on both sides."""

    def ask(pairing: Pairing) -> Said:
        answers = []
        for address in (pairing.source, pairing.target):
            with connect(address, read_only=True) as connection:
                try:
                    own = [fetch(connection, query.format(t)) for t, _ in pairing.tables()]
                except psycopg.Error:
                    return Said.CRASHED
            answers.append(own)
        return Said.EQUAL if answers[0] == answers[1] else Said.DIFFERENT

    return ask


def _dump_diff(pairing: Pairing) -> Said:
    texts = []
    for address in (pairing.source, pairing.target):
        done = _call(str(tools.find(17) / "pg_dump"), _url(address))
        if not done.ok:
            return Said.CRASHED
        texts.append(_NOISE.sub("", done.stdout))
    return Said.EQUAL if texts[0] == texts[1] else Said.DIFFERENT


def _pgcopydb(program: str) -> Callable[[Pairing], Said]:
    def ask(pairing: Pairing) -> Said:
        urls = ("--source", _url(pairing.source), "--target", _url(pairing.target))
        with tempfile.TemporaryDirectory(prefix="assay-pgcopydb-") as folder:
            own = (*urls, "--dir", f"{folder}/work")  # its catalogs of another pair are no help
            done = [_call(program, "compare", what, *own) for what in ("schema", "data")]
        # It exits 0 over a difference (dimitri/pgcopydb#1046) and logs it as an error.
        if any(one.ok and re.search(r"\bERROR\b", one.output) for one in done):
            return Said.DIFFERENT
        if any(re.search(r"(?i)(schema|checksum|row count).*(mismatch|differ)", one.output)
               for one in done):  # fmt: skip
            return Said.DIFFERENT
        return Said.EQUAL if all(one.ok for one in done) else Said.CRASHED

    return ask


def _row_differ(program: str) -> Callable[[Pairing], Said]:
    """Reladiff and its parent: a table at a time, all columns, by primary key."""

    def ask(pairing: Pairing) -> Said:
        said = Said.UNABLE
        for table, key in pairing.tables():
            if not key:
                continue
            keys = [word for column in key for word in ("-k", column)]
            done = _call(
                program, _url(pairing.source), table, _url(pairing.target), table, *keys, "-c", "%"
            )
            if any(line[:1] in "+-" for line in done.stdout.splitlines() if line.strip()):
                return Said.DIFFERENT
            if not done.ok or "ERROR" in done.stderr:
                said = Said.CRASHED
            elif said is Said.UNABLE:
                said = Said.EQUAL
        return said

    return ask


def _validator(program: str) -> Callable[[Pairing], Said]:
    """Google's data validator: a row hash of every column."""

    def ask(pairing: Pairing) -> Said:
        said = Said.EQUAL
        with tempfile.TemporaryDirectory(prefix="assay-validator-") as folder:
            for side, address in (("one", pairing.source), ("two", pairing.target)):
                (Path(folder) / f"{side}.connection.json").write_text(_connection(address))
            for table, key in pairing.tables():
                if not key:
                    continue
                done = _call(
                    *(program, "validate", "row", "-sc", "one", "-tc", "two", "-tbls", table),
                    *("--primary-keys", ",".join(key), "--hash", "*", "--format", "csv"),
                    env={"PSO_DV_CONN_HOME": folder},
                )
                if re.search(r"\bfail\b", done.stdout):
                    return Said.DIFFERENT
                if not done.ok:
                    said = Said.CRASHED
                elif said is Said.UNABLE:
                    said = Said.EQUAL
        return said

    return ask


def _connection(address: Address) -> str:
    """What its ``connections add`` would write."""
    return json.dumps(
        {
            "source_type": "Postgres",
            "host": address.host,
            "port": address.port,
            "user": address.user,
            "password": address.password.reveal(),
            "database": address.database,
        }
    )


def _seren(program: str) -> Callable[[Pairing], Said]:
    def ask(pairing: Pairing) -> Said:
        urls = ("--source", _url(pairing.source), "--target", _url(pairing.target))
        done = _call(program, "verify", *urls, "--include-databases", pairing.source.database)
        if done.ok:
            return Said.EQUAL
        mismatch = re.search(r"mismatch|do(es)? not match|differ", done.output, re.I)
        return Said.DIFFERENT if mismatch else Said.CRASHED

    return ask


PEERS: dict[str, tuple[str, Callable[[str], Callable[[Pairing], Said]], bool]] = {
    "pgcopydb": ("`pgcopydb compare schema` and `compare data`", _pgcopydb, True),
    "reladiff": ("`reladiff`, each table with a primary key, `-c %`", _row_differ, False),
    "data-diff": ("`data-diff`, the same way", _row_differ, False),
    "data-validation": ("Google's `validate row --hash '*'`, each table with a primary key",
                        _validator, False),
    "seren-replicator": ("`seren-replicator verify`", _seren, False),
}  # fmt: skip


def known(peers: Sequence[str]) -> list[Tool]:
    """Ourselves, what everybody writes by hand, and the peers that were given."""
    md5 = "select md5(string_agg(t::text, E'\\n' order by t::text)) from only {} t"
    listed = [
        Tool("assay", "`assay compare`", _ours, schema=True),
        Tool("row counts", "`count(*)` of every table",
             _by_query("select count(*) from only {}"), schema=False),
        Tool("md5", "`md5(string_agg(t::text, ... order by t::text))` of every table",
             _by_query(md5), schema=False),
        Tool("pg_dump diff", "`pg_dump` of both, `diff`", _dump_diff, schema=True),
    ]  # fmt: skip
    for peer in peers:
        name, _, program = peer.partition("=")
        how, make, schema = PEERS[name]
        listed.append(Tool(name, how, make(program), schema))
    return listed


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
                if tool.schema or category.name in _data_classes():
                    said = tool.ask(pairing)
                    name = mutant.name if mutant.finds else None
                    yield Trial(tool.name, category.name, name, said)


def _data_classes() -> frozenset[str]:
    texts = [(FOLDER / file).read_text(encoding="utf-8") for file in DATA_FILES]
    return frozenset(name for text in texts for name in re.findall(r"^\[([a-z-]+)\]$", text, re.M))


def stored(measured: Sequence[Trial]) -> list[Trial]:
    """These trials with the others of tools and classes that were measured before."""
    if not RESULTS.exists():
        return list(measured)
    before = json.loads(RESULTS.read_text(encoding="utf-8"))
    if before["corpus"] != fingerprint():
        return list(measured)
    now = {(one.tool, one.category) for one in measured}
    old = [Trial(*named, Said(said)) for *named, said in before["trials"]]
    kept = [one for one in old if (one.tool, one.category) not in now]
    return [*kept, *measured]


def write(measured: Sequence[Trial]) -> None:
    """Results and page."""
    rows = [[one.tool, one.category, one.mutant, one.said] for one in measured]
    lines = ",\n".join(json.dumps(row) for row in rows)
    RESULTS.write_text(
        f'{{"corpus": "{fingerprint()}", "trials": [\n{lines}\n]}}\n', encoding="utf-8"
    )
    REPORT.write_text(report(measured), encoding="utf-8")


def report(measured: Sequence[Trial]) -> str:
    """The page: what each tool found of each class, in numbers."""
    seen = {one.tool for one in measured}
    listed = [tool for tool in known([f"{name}=" for name in PEERS]) if tool.name in seen]
    names = [tool.name for tool in listed]
    classes = [one.name for one in load()]
    categories = [name for name in classes if any(one.category == name for one in measured)]
    rows = [(name, *(_cell(measured, name, tool) for tool in names)) for name in categories]
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
        f" which compares rows alone. Corpus {fingerprint()}. Written by"
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


def _cell(measured: Sequence[Trial], category: str, tool: str) -> str:
    own = [one for one in _said(measured, tool, planted=True) if one.category == category]
    return _counted(own) if own else "–"


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
            said = ", ".join(
                f"{tool.name} {_cell(own, category.name, tool.name)}" for tool in listed
            )
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
