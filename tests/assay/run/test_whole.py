"""Parts put together: in any order and any steps the same, and nothing that does not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.report.merged import stamped
from assay.run import record
from assay.run.events import ItemFailed, Merged, Server
from assay.run.outcome import Verdict
from assay.run.whole import Whole, parts_of
from tests.assay.run.made import SELF_TEST, judged, phase, skipped
from tests.assay.run.parts import LIST, part

FEW = settings(deadline=None, max_examples=40, database=None)
OUTCOMES = ("FAITHFUL", "FAITHFUL", "FAITHFUL", "SILENT_WRONG", "FAILED_LOUD", "UNKNOWN")


def merge(*journals):
    """The journal of the whole, from journals of parts or of merged parts."""
    moments, parts = {}, []
    for journal in journals:
        at = 2 if isinstance(journal[1][1], Merged) else 0
        for one in parts_of([event for _, event in journal]):
            moments[one.start.run] = [m for m, _ in journal[at : at + len(one.events)]]
            at += len(one.events)
            parts.append(one)
    return stamped(Whole.of(parts), moments)


def timed(events, hour=0):
    return [(f"2026-01-02T{hour:02}:00:{n:02}.000Z", event) for n, event in enumerate(events)]


def of(*journals):
    """The run of these parts, merged at once."""
    return record.from_events([event for _, event in merge(*map(timed, journals))])


@st.composite
def journals(draw):
    """What a run left: of each place one that ended, and starts that were killed, or neither."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    names = iter("abcdefghijklmno")
    whole = tuple(tuple(next(names) for _ in range(size)) for size in sizes)
    found, run = [], 0
    for index, own in enumerate(whole, start=1):
        starts = [None] * draw(st.integers(0, 2)) + [0] * draw(st.integers(0, 1))
        for code in starts:
            run += 1
            cases = [judged(name, draw(st.sampled_from(OUTCOMES)), nodeid=name) for name in own]
            events = [SELF_TEST, *(cases if code == 0 else cases[: draw(st.integers(0, 3))])]
            hour = draw(st.integers(0, 23))
            found.append(
                timed(part(index, *events, run=f"{run:08x}", ended=code, parts=whole), hour)
            )
    return found


def in_steps(draw, left):
    """Merge in a drawn order, two or three at a time, until one is left."""
    left = draw(st.permutations(left))
    while len(left) > 1:
        number = draw(st.integers(2, 3))
        left = draw(st.permutations([merge(*left[:number]), *left[number:]]))
    return merge(*left)


@FEW
@given(journals().filter(bool), st.data())
def test_neither_order_nor_steps_matter(found, data):
    assert in_steps(data.draw, found) == merge(*found)


@FEW
@given(journals().filter(bool), st.data())
def test_what_does_not_fit_is_refused_in_any_order_and_steps(found, data):
    odd = data.draw(st.sampled_from(found))
    start = replace(odd[0][1], run="ffffffff", seed=8)
    with pytest.raises(UsageError, match="another seed"):
        in_steps(data.draw, [*found, [(odd[0][0], start), *odd[1:]]])


@FEW
@given(journals().filter(bool))
def test_a_pass_has_every_part_and_every_case(found):
    run = record.from_events([event for _, event in merge(*found)])
    parts = [parts_of([event for _, event in journal])[0] for journal in found]
    whole = parts[0].shard.parts
    ended = {one.shard.index for one in parts if one.end}
    if run.conclusion.verdict is Verdict.PASS:
        assert ended == set(range(1, len(whole) + 1))
        assert {case.case for case in run.judged} == {name for own in whole for name in own}
    wrong = [o for p in parts if p.end for c in p.judged for o in c.phases if o.wrong]
    assert (run.conclusion.verdict is Verdict.FAIL) or not wrong
    assert len({case.nodeid for case in run.judged}) == len(run.judged)


def test_all_parts_make_a_pass():
    run = of(part(2), part(3), part(1))
    assert run.conclusion.line == "PASS, 5 judged, 0 known gaps, 0 skipped, 3 of 3 shards"
    assert [case.case for case in run.judged] == ["a", "b", "c", "d", "e"]


def test_a_lost_part_is_named_with_its_items():
    run = of(part(1), part(2))
    assert run.conclusion.verdict is Verdict.UNKNOWN
    assert run.conclusion.reasons == ("shard 3/3 is lost: 2 items (d, e) not run",)
    assert run.conclusion.line.endswith("1 error, 2 of 3 shards")


def test_what_is_wrong_stays_wrong_beside_a_lost_part():
    wrong = judged("c", "SILENT_WRONG", nodeid="c")
    run = of(part(1), part(2, SELF_TEST, wrong, ended=1))
    assert run.conclusion.verdict is Verdict.FAIL
    assert "shard 3/3 is lost: 2 items (d, e) not run" in run.conclusion.reasons


def test_a_part_alone_says_that_it_is_one():
    run = record.from_events(part(2))
    assert run.conclusion.line == "PASS, 1 judged, 0 known gaps, 0 skipped, shard 2/3"


def test_a_killed_part_is_named():
    run = of(part(1), part(2), part(3, SELF_TEST, ended=None))
    assert run.conclusion.verdict is Verdict.UNKNOWN
    assert run.conclusion.reasons == (
        "shard 3/3 (run 00000003) did not come to its end",
        "shard 3/3 (run 00000003) tells nothing of 2 items (d, e)",
    )


@pytest.mark.parametrize("code", [2, 3, 4, 137])
def test_an_interrupted_part_is_named(code):
    run = of(part(1), part(2), part(3, ended=code))
    told = f"shard 3/3 (run 00000003) ended with pytest's exit code {code}"
    assert run.conclusion.reasons == (told,)


@pytest.mark.parametrize("name", ["00000000", "000000f3"])
def test_a_part_that_ran_again_speaks_instead_of_the_killed_one(name):
    first = part(3, SELF_TEST, judged("d", nodeid="d"), run=name, ended=None)
    run = of(part(1), first, part(2), part(3))
    assert run.conclusion.verdict is Verdict.PASS
    assert [case.case for case in run.judged] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    "before",
    [judged("d", "SILENT_WRONG", nodeid="d"), judged("d", phase(harmed_source=True), nodeid="d")],
)
def test_what_the_killed_one_saw_otherwise_is_not_forgotten(before):
    first = part(3, SELF_TEST, before, run="000000f3", ended=None)
    run = of(part(1), first, part(2), part(3))
    assert run.conclusion.verdict is Verdict.UNKNOWN
    (told,) = run.conclusion.reasons
    assert told.endswith("in shard 3/3 (run 000000f3), and not so in run 00000003")


def test_every_part_has_its_own_self_test():
    run = of(part(1), part(2, judged("c", nodeid="c")), part(3))
    assert run.conclusion.verdict is Verdict.UNKNOWN
    told = "shard 2/3 (run 00000002): no self-test planted any damage"
    assert run.conclusion.reasons == (told,)


def test_an_item_of_which_nothing_is_told_is_named():
    lacking = part(3, SELF_TEST, judged("d", nodeid="d"))
    told = "shard 3/3 (run 00000003) tells nothing of 1 item (e)"
    assert of(part(1), part(2), lacking).conclusion.reasons == (told,)
    assert record.from_events(lacking).conclusion.reasons == (told,)


def test_a_skip_and_an_error_tell_of_an_item():
    told = (SELF_TEST, skipped("d"), ItemFailed("e", "setup", "no server"))
    run = of(part(1), part(2), part(3, *told))
    assert run.conclusion.reasons == ("error in setup of e: no server",)


def servers(version="17.10", provider="wheel"):
    return tuple(Server(role, version, provider, "17:17") for role in ("source", "target"))


def instead(**given):
    """The second part, whose only case is told with other values."""
    return part(2, SELF_TEST, judged("c", nodeid="c", **given))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (part(2, commit="c2"), "another commit"),
        (part(2, code="k2"), "another code"),
        (part(2, digest="d2"), "another list of items"),
        (part(2, parts=(("a", "b"), ("c",), ("e", "d"))), "another deal of items"),
        (part(2, parts=(*LIST, ("f",))), "another number of shards"),
        (part(2, inputs={"x": "1"}), "another set of names"),
        (part(2, started={"seed": 8}), "another seed"),
        (part(2, started={"assay": "0.2"}), "another version of assay"),
        (part(2, started={"options": {"replicator": ["seren:/other"]}}), "option replicator"),
        (part(2, started={"options": {}}), "another set of names"),
        (instead(version="2.5.2"), "another version of seren"),
        (instead(servers=servers("17.11")), "another source server of the pair 17:17"),
        (instead(servers=servers(provider="docker")), "another source server"),
        (part(1, run="0000000f"), "Two runs have done shard 1/3"),
        (part(1), "Run 00000001 is given twice"),
        (part(2, SELF_TEST, judged("a", nodeid="a")), "not its own"),
        (part(2, SELF_TEST, skipped("a")), "not its own"),
        (part(4, SELF_TEST), "no such part"),
        ([part(2)[0], *part(2)[2:]], "no part of a whole"),
    ],
)  # fmt: skip
def test_what_is_no_part_of_the_same_run_is_refused(other, told):
    with pytest.raises(UsageError, match=told):
        of(part(1), other)


def test_other_contents_of_a_named_file_are_refused():
    one, other = part(1, inputs={"--baseline x": "1"}), part(2, inputs={"--baseline x": "2"})
    with pytest.raises(UsageError, match="another content of --baseline x"):
        of(one, other)


def test_a_merged_part_does_not_count_twice():
    both = merge(timed(part(1)), timed(part(2)))
    with pytest.raises(UsageError, match="given twice"):
        merge(both, merge(timed(part(2)), timed(part(3))))


def test_a_merged_journal_that_lost_events_is_damaged():
    whole = [event for _, event in merge(timed(part(1)), timed(part(2)))]
    with pytest.raises(UsageError, match="damaged"):
        record.from_events(whole[:-2])


def test_the_whole_is_told_as_one_run():
    argv = ("-m", "integration", "--shard", "2/3", "--report-dir=x", "--shard-times=t")
    later = {"started": "2026-01-02T04:04:05.678Z", "argv": argv}
    run = of(part(2, started=later), part(3, started={"argv": argv}), part(1, started=later))
    assert run.start.argv == ("-m", "integration", "--shard-times=t")
    assert run.start.started == "2026-01-02T03:04:05.678Z"
    assert run.end.seconds == 3602.0


def test_its_first_moment_and_its_last_are_those_of_all_parts():
    moments = [moment for moment, _ in merge(timed(part(1), 5), timed(part(2), 1), timed(part(3)))]
    assert moments[0] == moments[1] == "2026-01-02T00:00:00.000Z"
    assert moments[-1] == max(moments) == "2026-01-02T05:00:05.000Z"
