"""Scripts of tools that fail, stall, leave something or harm the source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.environment import inherited
from assay.process import execute
from assay.replicators.base import Capability, Phase
from tests.assay.conformance.test_trial import COPY, LIVE, ONE, Shell, init

pytestmark = pytest.mark.servers


def test_a_refusal_is_seen_when_the_command_fails_again(by_hand):
    evidence = by_hand.text(ONE, init("echo no >&2; exit 3"))
    said = by_hand.run(evidence.reproduction)
    assert said.last == "SEEN AGAIN: 2 of 2"
    assert "\nno\n" in said.text


def test_a_status_that_cannot_answer_is_seen_when_it_fails_again(by_hand):
    text = ONE.replace("phases: init", "phases: init, status")
    claims = frozenset({Capability.INIT, Capability.STATUS})
    lines = {Phase.INIT: COPY, Phase.STATUS: "echo no such column >&2; exit 4"}
    script = by_hand.text(text, Shell(lines, claims)).reproduction
    said = by_hand.run(script)
    assert (said.code, said.last) == (1, "SEEN AGAIN: 1 of 1")
    assert "again: status ends with 4" in said.text
    mended = by_hand.run(script.replace("; exit 4'", "; exit 0'"))
    assert (mended.code, mended.last) == (0, "NOT SEEN: none of 1")


def test_what_is_left_of_a_failure_is_looked_at_on_its_side_before_and_after(by_hand):
    line = 'psql -q -X -d "$D" -c "create table half (id int)"; exit 1'
    evidence = by_hand.text(ONE, init(line))
    (left,) = [f for f in evidence.stages[0].debris if f.object == "public.half"]
    assert str(left) == "table public.half on the target: before (absent), now table"
    said = by_hand.run(evidence.reproduction)
    assert said.last == "SEEN AGAIN: 4 of 4"
    before, now = said.text.split("before:")[1].split("now:")
    assert "(0 rows)" in before
    assert "{id}" in now


def test_an_owner_without_any_privilege_is_not_the_default(by_hand):
    text = f"{ONE}revoke all on t from current_user;\n"
    copy = COPY.replace("pg_dump", "pg_dump --no-privileges")
    said = by_hand.run(by_hand.text(text, init(copy)).reproduction)
    assert said.last == "SEEN AGAIN: 1 of 1"
    source, target = said.text.split("source:")[1].split("target:")
    assert ("{}" in source, "NULL" in target) == (True, True)


def test_harm_done_to_the_source_is_held_against_what_it_was(by_hand):
    line = COPY + '; psql -q -X -d "$S" -c "delete from t"; psql -q -X -d "$D" -c "delete from t"'
    evidence = by_hand.text(ONE, init(line))
    (harm,) = evidence.stages[0].source_changes
    assert (harm.kind, harm.side) == ("row", "source")
    said = by_hand.run(evidence.reproduction)
    assert said.last == "SEEN AGAIN: 1 of 1"


def test_a_query_that_must_be_true_is_asked_again(by_hand):
    evidence = by_hand.text(ONE + "-- @holds\nselect count(*) = 2 from t;\n", init(COPY))
    assert by_hand.run(evidence.reproduction).last == "SEEN AGAIN: 1 of 1"


def test_a_stream_that_stands_still_is_seen_again(by_hand):
    follows = frozenset({Capability.INIT, Capability.LIVE})
    slot = """psql -q -X -o "$TMPDIR/slot" -d "$S" -c "select pg_create_logical_replication_slot('s', 'pgoutput')" """  # noqa: E501
    evidence = by_hand.text(LIVE, Shell({Phase.INIT: COPY, Phase.SYNC: slot}, follows))
    assert "wait_for_stream stalled" in evidence.reproduction
    said = by_hand.run(evidence.reproduction)
    assert "again: the stream stands still" in said.text, said.text


def test_a_tool_that_ends_otherwise_than_then_proves_nothing(by_hand):
    evidence = by_hand.text(ONE, init("true"))
    said = by_hand.run(evidence.reproduction.replace("sh -c true", "sh -c 'exit 9'"))
    assert said.code == 2
    assert "COULD NOT TELL: init ended with 9 here, and then with exit 0" in said.text


def test_a_premise_that_is_not_true_proves_nothing(by_hand):
    evidence = by_hand.text(ONE + "-- @premise\nselect count(*) = 1 from t;\n", init("true"))
    said = by_hand.run(evidence.reproduction.replace("= 1 from t;", "= 5 from t;"))
    assert said.code == 2
    assert "a premise is not true" in said.text


def test_a_password_that_a_tool_wants_in_its_url_comes_from_the_passfile(by_hand):
    by_hand.demand_loopback()

    class WithPassword(Shell):
        def command(self, phase, call):
            command = super().command(phase, call)
            if command is None:
                return None
            elsewhere = replace(call.source, host="localhost").url()
            urls = {"S": call.source.url(), "D": call.target.url(), "E": elsewhere}
            return type(command)(command.argv, urls, (), command.background, command.timeout)

    tool = WithPassword({Phase.INIT: COPY + '; psql -q -X -d "$D" -c "delete from t"'})
    evidence = by_hand.text(ONE, tool)
    assert "***" not in evidence.reproduction
    assert 'S="${source_secret}/${database}"' in evidence.reproduction
    assert 'E="${source_localhost_secret}/${database}"' in evidence.reproduction
    assert 'source_localhost_secret=$(spelled "$source_secret" localhost)' in evidence.reproduction
    assert by_hand.run(evidence.reproduction).last == "SEEN AGAIN: 1 of 1"


@pytest.mark.shellcheck
def test_a_script_is_clean_shell(by_hand, tmp_path):
    path = tmp_path / "by-hand.sh"
    path.write_text(by_hand.tried("cu-no-leftover-source", "schema-only").reproduction)
    done = execute(["shellcheck", str(path)], env=inherited(), timeout=60)
    assert done.ok, done.output


def test_a_script_refuses_two_databases_of_two_names(by_hand):
    script = by_hand.text(ONE, init("true")).reproduction
    elsewhere = script.replace('open "$2"', 'open "${2%/*}/postgres"')
    said = by_hand.run(elsewhere)
    assert said.code == 2
    assert "the two databases have two names" in said.text


def test_what_no_short_query_tells_is_asked_of_assay_compare(by_hand):
    text = ONE + "comment on table t is 'here';\n"
    lost = COPY + '; psql -q -X -d "$D" -c "comment on table t is \'there\'"'
    said = by_hand.run(by_hand.text(text, init(lost)).reproduction)
    assert said.last == "SEEN AGAIN: 1 of 1", said.text
    assert '"source": "here"' in said.text
    # Another difference is not this one.
    script = by_hand.text(text, init(lost)).reproduction
    mended = script.replace("there", "here").replace("# setup", "# setup\nextra=1")
    mended = mended.replace(
        "tool init", 'psql -q -d "$target/$database" -c "create table u ()"\ntool init'
    )
    said = by_hand.run(mended)
    assert (said.code, said.last) == (0, "NOT SEEN: none of 1"), said.text
