"""Whether this checkout is slower: the statistics on generated timings, and what is measured."""

from __future__ import annotations

import json
import random

import pytest

from assay.errors import SetupError
from benchmarks import against_base
from benchmarks.against_base import BEFORE, EXITS, PLANTED_IN, Subject, document, measured, planted
from benchmarks.ratios import Judged, Speed, conclude, enough, judge, tail


def timings(dice, *, ratio=1.0, noise=0.03, pairs=15, wild=0.1):
    """Pairs of timings: a machine that drifts, noise of each one's own, now and then a wild one."""
    made, drift = [], 1.0
    for _ in range(pairs):
        drift *= dice.lognormvariate(0, 0.2)
        base, this = (
            drift * one * dice.lognormvariate(0, noise) * (3 if dice.random() < wild else 1)
            for one in (1.0, ratio)
        )
        made.append((base, this))
    return made


def shares(seed, times=1000, **given):
    dice = random.Random(seed)
    found = [conclude(judge({"x": timings(dice, **given)})) for _ in range(times)]
    return {speed: found.count(speed) / times for speed in Speed}


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.3])
def test_equal_code_raises_no_alarm_beyond_the_level(noise):
    assert shares(1, noise=noise)[Speed.SLOWER] <= 0.01


def test_at_the_very_edge_of_noise_alarms_keep_to_the_level():
    assert shares(2, times=4000, ratio=1.03, wild=0)[Speed.SLOWER] <= 0.01


def test_with_many_measures_alarms_still_keep_to_the_level():
    dice = random.Random(3)
    found = [
        conclude(judge({str(n): timings(dice, ratio=1.03, wild=0) for n in range(4)}))
        for _ in range(1000)
    ]
    assert found.count(Speed.SLOWER) <= 10 + 6


@pytest.mark.parametrize(("ratio", "least"), [(1.10, 0.95), (1.25, 0.99), (2.0, 0.99)])
def test_a_slowdown_is_seen(ratio, least):
    assert shares(4, ratio=ratio, noise=0.02, wild=0.02)[Speed.SLOWER] >= least


def test_a_slowdown_is_hardly_ever_called_as_fast():
    for noise in (0.01, 0.05, 0.3):
        assert shares(5, ratio=1.10, noise=noise)[Speed.AS_FAST] <= 0.01


def test_equal_code_on_a_steady_machine_is_as_fast():
    assert shares(6, noise=0.02, wild=0.02)[Speed.AS_FAST] >= 0.99


def test_on_a_wild_machine_there_is_no_verdict():
    assert shares(7, noise=0.5)[Speed.NOT_ENOUGH] >= 0.8


@pytest.mark.parametrize(("pairs", "speed"), [(6, Speed.NOT_ENOUGH), (7, Speed.SLOWER)])
def test_too_few_pairs_can_show_nothing_however_clear_they_are(pairs, speed):
    (judged,) = judge({"x": [(1.0, 2.0)] * pairs})
    assert judged.speed is speed
    assert ("fewer than 7 pairs can show nothing" in str(judged)) == (pairs < 7)
    assert enough(0.01) == 7


def test_nothing_measured_is_no_verdict():
    assert conclude(judge({})) is Speed.NOT_ENOUGH
    assert conclude(judge({"x": []})) is Speed.NOT_ENOUGH


def test_what_lies_between_noise_and_limit_is_slower():
    assert Judged("x", (1.05,) * 15, 0.01).speed is Speed.SLOWER


def test_one_slower_measure_is_enough_and_one_doubtful_one_too_much():
    fast, slow, thin = ({"x": [(1, ratio)] * n} for ratio, n in ((1, 9), (2, 9), (1, 3)))
    both = {"a": fast["x"], "b": slow["x"]}
    assert conclude(judge(both)) is Speed.SLOWER
    assert conclude(judge({"a": fast["x"], "b": thin["x"]})) is Speed.NOT_ENOUGH
    assert conclude(judge({"a": fast["x"], "b": fast["x"]})) is Speed.AS_FAST


def test_the_tail_of_throws_is_the_binomial_one():
    assert tail(0, 5) == 1
    assert tail(7, 7) == 1 / 128
    assert tail(13, 15) == (105 + 15 + 1) / 2**15


def test_both_take_turns_and_the_first_pair_only_warms_up(tmp_path):
    base, this = tmp_path / "base", tmp_path / "this"
    order = []
    pairs = measured(Subject("x", lambda at: order.append(at.name)), base, this, 3)
    assert order == ["this", "base", "base", "this", "this", "base", "base", "this"]
    assert {name: len(found) for name, found in pairs.items()} == {"x, processor": 3, "x, wall": 3}


def test_timings_are_those_of_the_right_checkout(tmp_path):
    base, this = tmp_path / "base", tmp_path / "this"
    work = {"base": 0.001, "this": 0.03}

    def run(at):
        against_base.execute(
            ["sleep", str(work[at.name])], env={"PATH": "/usr/bin:/bin"}, timeout=9
        )

    (pairs,) = measured(Subject("x", run), base, this, 3, ["wall"]).values()
    assert sorted(this - base for base, this in pairs)[1] > 0.01


def test_a_checkout_is_not_held_against_itself(tmp_path):
    with pytest.raises(SetupError):
        measured(Subject("x", print), tmp_path, tmp_path, 1)


def test_the_plant_has_its_place_and_is_in_the_copy_alone():
    with planted("HEAD", 10) as tree:
        text = (tree / PLANTED_IN).read_text()
        assert "sum(os.times()[:4]) * 0.1" in text
        compile(text, PLANTED_IN, "exec")
    own = (against_base.ROOT / PLANTED_IN).read_text()
    assert own.count(BEFORE) == 1
    assert "process_time" not in own


def test_the_exit_code_and_the_document_say_the_verdict():
    pairs = {"x": [(1.0, 2.0)] * 9}
    told = json.loads(document(judge(pairs), pairs, "abc"))
    assert (told["verdict"], told["base"], told["measures"][0]["speed"]) == (
        "slower",
        "abc",
        "slower",
    )
    assert [int(EXITS[speed]) for speed in (Speed.AS_FAST, Speed.SLOWER, Speed.NOT_ENOUGH)] == [
        0,
        1,
        2,
    ]
