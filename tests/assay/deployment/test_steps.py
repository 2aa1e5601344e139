"""The steps' engine: what is made once, what is made again, who is in the way, what is undone."""

from __future__ import annotations

import json
import os
import signal
import sys

import pytest

from assay import environment
from assay.clock import wait_until
from assay.deployment import steps
from assay.deployment.steps import Outcome, Step, StepError
from assay.errors import Refused, UsageError
from assay.process import start


class Site:
    """Two things to make: what they depend on, what was made, what no longer holds."""

    def __init__(self):
        self.inputs = {"wall": 1, "roof": 1}
        self.made = []
        self.undone = []
        self.spoilt = ""
        self.fails = ""

    def ladder(self):
        return [self.step("wall"), self.step("roof"), Step("look", "a look", self.look)]

    def step(self, name):
        return Step(
            name,
            f"a {name}",
            lambda *_: self.make(name),
            inputs=lambda _where, results: {
                "mine": self.inputs[name],
                "below": [dict(one.made) for one in results.values()],
            },
            holds=lambda _where, _known: self.spoilt if name == "wall" else "",
            undo=lambda _where, known: self.undo(known),
        )

    def make(self, name):
        if self.fails == name:
            raise StepError(f"no {name}")
        self.made.append(name)
        return {"name": name, "of": self.inputs[name]}

    def look(self, *_):
        self.made.append("look")
        return {}

    def undo(self, known):
        if self.fails == known.step:
            raise StepError(f"{known.step} stays")
        self.undone.append(known.step)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def climb(site, tmp_path):
    """Climbs; the names of what was made then, and what was said."""

    def climbed(**named):
        site.made, said = [], []
        steps.climb(site.ladder(), site, tmp_path, progress=said.append, **named)
        return site.made, said

    return climbed


def test_a_result_is_used_again_and_a_step_without_inputs_is_made_every_time(climb):
    assert climb()[0] == ["wall", "roof", "look"]
    assert climb()[0] == ["look"]


def test_what_was_used_again_says_so_and_each_step_is_announced(climb, site, tmp_path):
    said = climb()[1]
    assert [line for line in said if line in ("wall: a wall", "roof: a roof")] == said[:2]
    assert any(line.startswith("wall: as made ") for line in climb()[1])
    results = steps.climb(site.ladder(), site, tmp_path)
    assert {name: one.reused for name, one in results.items()} == {
        "wall": True, "roof": True, "look": False}  # fmt: skip


def test_a_step_is_made_again_when_its_inputs_change_and_so_is_what_follows(climb, site):
    climb()
    site.inputs["roof"] = 2
    assert climb()[0] == ["roof", "look"]
    site.inputs["wall"] = 2
    assert climb()[0] == ["wall", "roof", "look"]


def test_a_result_that_no_longer_holds_is_made_again(climb, site):
    climb()
    site.spoilt = "it fell down"
    assert climb()[0] == ["wall", "look"]


def test_a_failure_is_kept_and_said_the_next_time(climb, site, tmp_path):
    site.fails = "roof"
    with pytest.raises(StepError, match="no roof"):
        climb()
    assert steps.read(tmp_path, "roof").outcome is Outcome.FAILED
    site.fails = ""
    made, said = climb()
    assert made == ["roof", "look"]
    assert any("roof: it failed" in line and "StepError: no roof" in line for line in said)


def test_it_ends_where_it_is_told_to(climb, tmp_path):
    assert climb(until="wall")[0] == ["wall"]
    assert steps.read(tmp_path, "roof") is None


def test_what_lies_before_the_beginning_must_be_there(climb, site):
    with pytest.raises(UsageError, match="wall cannot be left out") as refused:
        climb(begin="roof")
    assert "--from wall" in refused.value.remedy
    climb()
    assert climb(begin="roof")[0] == ["look"]
    site.inputs["wall"] = 2
    with pytest.raises(UsageError, match="made from has changed"):
        climb(begin="roof")


def test_names_that_are_none_and_the_wrong_order_are_refused(climb):
    with pytest.raises(UsageError, match="no step 'floor'"):
        climb(until="floor")
    with pytest.raises(UsageError, match="look comes after wall"):
        climb(begin="look", until="wall")


def test_all_that_was_begun_is_undone_the_last_first(climb, site, tmp_path):
    climb()
    steps.descend(site.ladder(), site, tmp_path)
    assert site.undone == ["roof", "wall"]
    steps.descend(site.ladder(), site, tmp_path)
    assert site.undone == ["roof", "wall"]


def test_undoing_goes_on_past_a_failure_and_says_what_is_left(climb, site, tmp_path):
    climb()
    site.fails = "roof"
    with pytest.raises(StepError, match="roof stays"):
        steps.descend(site.ladder(), site, tmp_path)
    assert site.undone == ["wall"]
    site.fails = ""
    steps.descend(site.ladder(), site, tmp_path)
    assert site.undone == ["wall", "roof"]


def test_that_all_was_undone_stands_in_the_journal(climb, site, tmp_path):
    climb()
    site.fails = "roof"
    with pytest.raises(StepError):
        steps.descend(site.ladder(), site, tmp_path)
    site.fails = ""
    steps.descend(site.ladder(), site, tmp_path)
    steps.descend(site.ladder(), site, tmp_path)  # of nothing nothing is told
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    gone = [(one["outcome"], one["why"][:4]) for one in lines if one["step"] == steps.DESTROYED]
    assert gone == [("failed", "roof"), ("done", "")]


def test_a_step_that_was_killed_is_seen_and_undone(climb, site, tmp_path):
    killed = (
        "import os, signal, sys; from assay.deployment.steps import Step, climb;"
        "from pathlib import Path;"
        "make = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "climb([Step('wall', 'a wall', make, inputs=lambda *_: {})], None, Path(sys.argv[1]))"
    )
    running = start([sys.executable, "-c", killed, str(tmp_path)], env=environment.inherited())
    wait_until(lambda: not running.alive(), what="its end", timeout=30)
    assert running.finish(timed_out=False).exit == -signal.SIGKILL
    assert steps.read(tmp_path, "wall").outcome is Outcome.BEGUN
    _, said = climb(until="wall")
    assert any("it was begun" in line and "did not come to its end" in line for line in said)


def test_one_process_at_a_time_and_the_other_is_named(climb, tmp_path):
    place = tmp_path / "not" / "there"
    with steps.held(place), pytest.raises(Refused, match=f"process {os.getpid()}"), \
            steps.held(place):  # fmt: skip
        pass
    assert place.stat().st_mode & 0o777 == 0o700
    with steps.held(place):  # it is free again
        pass


def test_the_journal_holds_every_beginning_and_end(climb, site, tmp_path):
    climb()
    site.inputs["roof"] = 2
    climb()
    lines = [json.loads(line) for line in (tmp_path / steps.JOURNAL).read_text().splitlines()]
    told = [(line["step"], line["outcome"]) for line in lines if line["step"] == "roof"]
    assert told == [("roof", "begun"), ("roof", "done")] * 2


def test_a_digest_of_files_follows_names_and_bytes(tmp_path):
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a").write_text("1")
    first = steps.tree_digest(folder)
    (folder / "b.zip").write_text("2")
    assert steps.tree_digest(folder, but=(".zip",)) == first
    (folder / "a").rename(folder / "c")
    assert steps.tree_digest(folder, but=(".zip",)) != first


def test_a_digest_of_a_file_is_of_its_bytes(tmp_path):
    file = tmp_path / "a"
    file.write_text("1")
    first = steps.tree_digest(file)
    file.write_text("2")
    assert steps.tree_digest(file) != first
