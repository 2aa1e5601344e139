"""Shards handed out by a real scheduler: a worker that is killed midway loses nothing silently."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from assay import cli
from assay.clock import wait_until
from assay.run import journal, record
from assay.run.outcome import Verdict
from fixtures.options import ROOT
from tests.deploy.slurm import cluster

pytestmark = [pytest.mark.slurm, pytest.mark.servers, pytest.mark.timeout(300)]
SCRIPT = ROOT / "deploy" / "slurm" / "shard.sh"
SOME = "dt-numeric or dt-enum or dt-interval or id-quote"
PYTEST = Path(sys.executable).with_name("pytest")
LONG = 120.0  # seconds for two shards on a busy machine


def merged(results, target):
    """The run that is merged from what lies in the folder now, and the command's exit code."""
    folders = sorted(path for path in results.iterdir() if path.is_dir())
    code = cli.main(["merge", *map(str, folders), "-o", str(target)])
    return record.load(target), code


def ended(folder):
    """Whether a journal has its end."""
    path = folder / journal.NAME
    return path.is_file() and '"event": "run-finished"' in path.read_text()


def judged(folder):
    """How many cases a journal tells of."""
    path = folder / journal.NAME
    lines = path.read_text().split("\n")[:-1] if path.is_file() else []
    return sum(json.loads(line)["event"] == "case-judged" for line in lines)


def test_a_killed_workers_shard_is_unknown_until_it_has_run_again(tmp_path):
    results = tmp_path / "results"
    env = {"SHARDS": "2", "RESULTS": str(results), "PYTEST": str(PYTEST)}
    words = ("-m", "integration", "-p", "no:cacheprovider", "--pg-provider=wheel", "-k", SOME)
    with cluster(tmp_path / "slurm", ["one", "two"]) as slurm:
        slurm.submit(SCRIPT, *words, options=["--array=1-2", "--requeue"], cwd=ROOT, env=env)
        victim = results / "2-0"
        wait_until(lambda: judged(victim) == 1, what="the first case", timeout=LONG)
        dead = slurm.place(2)
        slurm.kill(dead)
        (other,) = results.glob("1-*")
        wait_until(lambda: ended(other), what="the other shard", timeout=LONG)
        run, code = merged(results, tmp_path / "early")
        assert (run.conclusion.verdict, code) == (Verdict.UNKNOWN, 2)
        named = f"shard 2/2 (run {record.load(victim).start.run})"
        assert f"{named} did not come to its end" in run.conclusion.reasons
        slurm.call("scontrol", "update", f"nodename={dead}", "state=down", "reason=killed")
        wait_until(lambda: not slurm.tasks(), what="the second start", timeout=LONG)
    assert sorted(path.name for path in results.iterdir()) == ["1-0", "2-0", "2-1"]
    run, code = merged(results, tmp_path / "all")
    assert (run.conclusion.verdict, code) == (Verdict.PASS, 0)
    assert run.conclusion.line.endswith("2 of 2 shards")
    assert len(run.judged) == sum(map(len, run.parts[0].shard.parts)) > 4


def test_a_cluster_leaves_no_process(tmp_path):
    with cluster(tmp_path, ["one"]) as slurm:
        assert slurm.idle() == 1
    assert not slurm.left()
