"""A case tried with a tool, and its script run afterwards on a pair of its own."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assay.commands.reproduce import on_pair
from assay.conformance.bench import Bench, Patience
from assay.conformance.case import CaughtBy, parse
from assay.conformance.evidence import Evidence
from assay.conformance.judge import judge
from assay.conformance.trial import Trial, run_phases
from assay.names import RunId
from assay.replicators.registry import resolve
from fixtures.conformance import _python_case
from fixtures.options import ROOT
from fixtures.servers import POOLS

FOLDER = ROOT / "integration"
SQL = {path.stem: path for path in sorted((FOLDER / "cases").rglob("*.sql"))}


@dataclass
class _Node:
    """As much of a pytest item as a case's mark is read from."""

    obj: object
    path: Path

    nodeid = "by hand"

    def get_closest_marker(self, name):
        return next((mark for mark in self.obj.pytestmark if mark.name == name), None)


def _written_in_python():
    found = {}
    for stem in ("test_secrets", "test_snapshot", "test_same_database"):
        path = FOLDER / f"{stem}.py"
        for name, test in vars(importlib.import_module(f"integration.{stem}")).items():
            if name.startswith("test_"):
                case = _python_case(_Node(test, path))
                found[case.id] = (case, test)
    return found


PYTHON = _written_in_python()
CASES = (*SQL, *PYTHON)


def control_of(name: str) -> str:
    """The control that has to fail a case."""
    return (
        PYTHON[name][0].caught_by.control if name in PYTHON else parse(SQL[name]).caught_by.control
    )


@dataclass
class Said:
    """How a script ended and what it printed."""

    code: int
    text: str

    @property
    def last(self) -> str:
        return self.text.strip().splitlines()[-1]


@dataclass
class ByHand:
    """Tries cases and runs scripts, one pair after the other."""

    pool: object
    folder: Path
    capfd: object

    def demand_loopback(self) -> None:
        """A server in a container is not where this machine calls itself localhost."""
        provider = self.pool.server_pair().source.provider
        if provider == "docker":
            pytest.skip("NOT RUN: localhost is not where a container's server is")

    def tried(self, name: str, tool: str | object) -> Evidence:
        driver = resolve(tool) if isinstance(tool, str) else tool
        case = PYTHON[name][0] if name in PYTHON else parse(SQL[name])
        with self.pool.lease(name) as pair:
            allow(pair)
            bench = Bench(case, pair, driver, self.folder / "work", RunId.new(),
                          patience=Patience(barrier=20))  # fmt: skip
            trial = Trial(bench)
            if name in PYTHON:
                PYTHON[name][1](lambda: _given(trial))
            else:
                run_phases(trial)
            return trial.finish()

    def text(self, text: str, tool: object) -> Evidence:
        """The evidence of a case that is written down here."""
        path = self.folder / "so-here.sql"
        path.write_text(text)
        case = replace(parse(path), caught_by=CaughtBy("lossy:x"))
        with self.pool.lease("here") as pair:
            allow(pair)
            bench = Bench(case, pair, tool, self.folder / "work", RunId.new(),
                          patience=Patience(barrier=2, claim=0.5))  # fmt: skip
            trial = Trial(bench)
            run_phases(trial)
            return trial.finish()

    def run(self, script: str) -> Said:
        self.capfd.readouterr()
        with self.pool.lease("by hand") as pair:
            allow(pair)
            code = on_pair(script, pair)
        out, err = self.capfd.readouterr()
        return Said(int(code), out + err)


@contextmanager
def _given(trial):
    yield trial


def allow(pair):
    for side in ("source", "target"):
        for kind in ("role", "database", "slot", "publication", "subscription", "origin"):
            pair.allow(side, kind, ".*")


def is_red(evidence: Evidence) -> bool:
    return not judge(evidence).expected


@pytest.fixture
def by_hand(request, tmp_path, capfd) -> ByHand:
    """On the pool of this process."""
    config = request.config
    return ByHand(config.stash[POOLS].pool(config.getoption("pg")[0]), tmp_path, capfd)
