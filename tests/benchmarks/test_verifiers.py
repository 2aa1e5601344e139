"""The kill matrix: what a tool's answer counts as, and what the page makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.postgres.address import Address
from assay.redact import Secret
from benchmarks import verifiers
from benchmarks.corpus import load
from benchmarks.detection import bench
from benchmarks.peers import PEERS, Said, known
from benchmarks.verifiers import Trial, report, stored, trials, write

HERE = Address("127.0.0.1", 1, "me", Secret("x"), "db")
KEYED = ("app.t", ["id"])
KEYLESS = ("app.n", [])


@dataclass
class Given:
    """A pairing whose tables are made up."""

    listed: list[tuple[str, list[str]]]
    source: Address = HERE
    target: Address = HERE
    roles: tuple[str, ...] = field(default=())

    def tables(self) -> list[tuple[str, list[str]]]:
        return self.listed


def program(folder: Path, script: str) -> str:
    """A tool that does what the script says."""
    path = folder / "tool"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("tool", "script", "said"),
    [
        ("reladiff", "echo '+ (1,)'", Said.DIFFERENT),
        ("reladiff", "true", Said.EQUAL),
        ("reladiff", "echo ERROR >&2", Said.CRASHED),
        ("reladiff", "exit 1", Said.CRASHED),
        ("data-validation", "echo a,fail,b", Said.DIFFERENT),
        ("data-validation", "echo a,success,b", Said.EQUAL),
        ("data-validation", "exit 1", Said.CRASHED),
        ("data-validation", 'test -f "$PSO_DV_CONN_HOME/two.connection.json"', Said.EQUAL),
        ("pgcopydb", "echo 'ERROR app.t has checksum a on source, b on target'", Said.DIFFERENT),
        ("pgcopydb", "echo 'FATAL Schemas on source and target database differ'; exit 12",
         Said.DIFFERENT),
        ("pgcopydb", "true", Said.EQUAL),
        ("pgcopydb", "echo 'ERROR no catalogs'; exit 12", Said.CRASHED),
        ("seren-replicator", "true", Said.EQUAL),
        ("seren-replicator", "echo 'checksum mismatch'; exit 1", Said.DIFFERENT),
        ("seren-replicator", "echo panicked; exit 101", Said.CRASHED),
    ],
)  # fmt: skip
def test_what_a_tool_says(tmp_path, tool, script, said):
    _, make, _ = PEERS[tool]
    assert make(program(tmp_path, script))(Given([KEYED])) is said


@pytest.mark.parametrize("tool", ["reladiff", "data-validation"])
def test_a_tool_that_needs_a_key_is_unable_without_one(tmp_path, tool):
    ask = PEERS[tool][1](program(tmp_path, "echo +; echo fail"))
    assert ask(Given([KEYLESS])) is Said.UNABLE
    assert ask(Given([KEYLESS, KEYED])) is Said.DIFFERENT


@pytest.mark.parametrize(
    ("of_u", "said"), [("echo +", Said.DIFFERENT), ("exit 1", Said.CRASHED), ("true", Said.EQUAL)]
)
def test_one_table_that_differs_outweighs_those_that_do_not(tmp_path, of_u, said):
    tool = program(tmp_path, f'case "$2" in app.u) {of_u};; esac')
    tables = [KEYED, ("app.u", ["id"]), ("app.v", ["id"])]
    assert PEERS["reladiff"][1](tool)(Given(tables)) is said


def trial(tool: str, mutant: str | None, said: Said, category: str = "integers") -> Trial:
    return Trial(tool, category, mutant, said)


def test_the_page_counts_what_was_found_what_crashed_and_false_alarms():
    page = report(
        [
            trial("assay", "a", Said.DIFFERENT), trial("assay", "b", Said.EQUAL),
            trial("assay", None, Said.EQUAL), trial("reladiff", "a", Said.CRASHED),
            trial("reladiff", "b", Said.UNABLE), trial("reladiff", None, Said.CRASHED),
        ]
    )  # fmt: skip
    assert "| class | assay | reladiff |" in page
    assert "| integers | 1/2 | 0/2 c1 u1 |" in page
    assert "| **all mutants** | **1/2** | **0/2 c1 u1** |" in page
    assert "| **false alarms** | **0/1** | **1/1** |" in page
    assert "Not measured: pgcopydb, data-diff, data-validation, seren-replicator." in page


def test_what_is_measured_again_replaces_its_class_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(verifiers, "RESULTS", tmp_path / "r.json")
    monkeypatch.setattr(verifiers, "REPORT", tmp_path / "r.md")
    old = trial("assay", "a", Said.EQUAL)
    other = trial("assay", "a", Said.EQUAL, category="floats")
    peer = trial("reladiff", "a", Said.EQUAL)
    write([old, other, peer])
    new = trial("assay", "a", Said.DIFFERENT)
    assert stored([new]) == [other, peer, new]
    rows = json.loads((tmp_path / "r.json").read_text())
    classes = {**rows["classes"], "floats": "another"}
    (tmp_path / "r.json").write_text(json.dumps({**rows, "classes": classes}))
    assert stored([new]) == [peer, new]


def test_what_is_committed_was_measured_on_this_corpus():
    results = json.loads(verifiers.RESULTS.read_text())
    assert results["classes"] == {one.name: one.fingerprint for one in load()}
    ours = {category for tool, category, *_ in results["trials"] if tool == "assay"}
    assert ours == set(results["classes"])


@pytest.mark.servers
def test_ours_and_those_by_hand_on_a_class(pair):
    (category,) = (one for one in load() if one.name == "changed-rows")
    with bench(pair, category) as made:
        said = list(trials(made, category, known([])))
    equal = {one.tool: one.said for one in said if one.mutant is None}
    assert equal["assay"] is equal["row counts"] is equal["md5"] is Said.EQUAL
    assert {one.said for one in said if one.tool == "assay" and one.mutant} == {Said.DIFFERENT}
    assert {one.said for one in said if one.tool == "row counts"} == {Said.EQUAL}


@pytest.mark.servers
def test_who_compares_rows_alone_is_not_asked_about_a_schema(pair):
    (category,) = (one for one in load() if one.name == "statistics")
    with bench(pair, category) as made:
        said = list(trials(made, category, known([])))
    assert {one.tool for one in said} == {"assay", "pg_dump diff"}
