"""How verifiers are asked about two databases: ours, what everybody writes by hand, and peers."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from assay import environment
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres import tools
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch
from assay.process import Execution, execute

LIMIT = 60.0  # seconds for one call of a tool
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
    seen = compare(pairing.source, pairing.target, Question(Scope(roles=pairing.roles)))
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


def row_differ(
    program: str,
    sides: tuple[str, str],
    table: str,
    key: Sequence[str],
    columns: Sequence[str] = ("%",),
) -> list[str]:
    """How reladiff or data-diff is called: a table, all columns or some, by primary key."""
    words = [word for column in key for word in ("-k", column)]
    words += [word for column in columns for word in ("-c", column)]
    silent = ["--no-tracking"] if Path(program).name == "data-diff" else []  # it calls home
    return [program, sides[0], table, sides[1], table, *words, *silent]


def _row_differ(program: str) -> Callable[[Pairing], Said]:
    def ask(pairing: Pairing) -> Said:
        sides = (_url(pairing.source), _url(pairing.target))

        def one(table: str, key: list[str]) -> Said:
            done = _call(*row_differ(program, sides, table, key))
            if any(line[:1] in "+-" for line in done.stdout.splitlines() if line.strip()):
                return Said.DIFFERENT
            return Said.EQUAL if done.ok and "ERROR" not in done.stderr else Said.CRASHED

        return _keyed(pairing, one)

    return ask


def _keyed(pairing: Pairing, ask: Callable[[str, list[str]], Said]) -> Said:
    """What a tool says that compares a table at a time and needs a primary key."""
    said = [ask(table, key) for table, key in pairing.tables() if key]
    worst = (Said.DIFFERENT, Said.CRASHED, Said.EQUAL)
    return next((one for one in worst if one in said), Said.UNABLE)


def _validator(program: str) -> Callable[[Pairing], Said]:
    """Google's data validator: a row hash of every column."""

    def ask(pairing: Pairing) -> Said:
        with tempfile.TemporaryDirectory(prefix="assay-validator-") as folder:
            for side, address in (("one", pairing.source), ("two", pairing.target)):
                (Path(folder) / f"{side}.connection.json").write_text(_connection(address))

            def one(table: str, key: list[str]) -> Said:
                done = _call(
                    *(program, "validate", "row", "-sc", "one", "-tc", "two", "-tbls", table),
                    *("--primary-keys", ",".join(key), "--hash", "*", "--format", "csv"),
                    env={"PSO_DV_CONN_HOME": folder},
                )
                if re.search(r"\bfail\b", done.stdout):
                    return Said.DIFFERENT
                return Said.EQUAL if done.ok else Said.CRASHED

            return _keyed(pairing, one)

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
    "reladiff": ("`reladiff`, each table with a primary key, `-c %`"
                 " (`pip install 'reladiff[postgresql]==0.6.0'`)", _row_differ, False),
    "data-diff": ("`data-diff`, the same way (`pip install 'data-diff[postgresql]==0.11.2'"
                  " 'dbt-core<1.8' 'pydantic<2'`)", _row_differ, False),
    "data-validation": ("Google's `validate row --hash '*'`, each table with a primary key"
                        " (`pip install google-pso-data-validator==8.10.1`)", _validator, False),
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
