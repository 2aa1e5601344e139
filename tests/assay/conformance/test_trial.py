"""A trial's outcomes with tools whose behaviour is a line of shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from assay.conformance.bench import Bench, Patience
from assay.conformance.case import CaughtBy, parse
from assay.conformance.evidence import Trouble
from assay.conformance.judge import judge
from assay.conformance.trial import TROUBLE, Trial, run_phases
from assay.names import MARKER_TABLE, RunId, uniquify
from assay.oracle.words.kinds import Kind
from assay.postgres.address import Viewer
from assay.postgres.session import connect
from assay.replicators.base import (
    LOOKING,
    Capability,
    Command,
    HandOver,
    Leftovers,
    Phase,
    State,
    StatusRule,
)
from assay.run.outcome import Outcome
from fixtures.servers import POOLS

pytestmark = pytest.mark.servers
HEAD = "-- T.\n-- phases: {}\n-- caught-by: lossy:row-lost finds row public.t\n"
TABLE = "create table t (id int primary key, v text);\ninsert into t values (1, 'one');\n"
COPY = 'pg_dump -d "$S" | psql -q -X -d "$D" > "$TMPDIR/log"'


@dataclass
class Shell:
    """A tool with a line of shell for each phase; $S and $D are its two URLs."""

    lines: dict[Phase, str]
    capabilities: frozenset[Capability] = frozenset({Capability.INIT})
    leftovers: Leftovers = field(default_factory=Leftovers)
    refused: frozenset[int] = frozenset()
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: LOOKING)
    status_states: tuple[StatusRule, ...] = ()
    name: str = "shell"
    background: frozenset[Phase] = frozenset()

    def version(self, path=None):
        return "1"

    def command(self, phase, call):
        if phase not in self.lines:
            return None
        lines = (call.source.passfile_line(), call.target.passfile_line())
        env = {"S": call.source.url(password=False), "D": call.target.url(password=False)}
        return Command(("sh", "-c", self.lines[phase]), env, lines, phase in self.background,
                       call.timeout)  # fmt: skip


@pytest.fixture
def tried(pair, tmp_path, request):
    """Put a shell tool through a case text; the judgement and the evidence."""
    pool = request.config.stash[POOLS].pool(request.config.getoption("pg")[0])
    for kind in ("slot", "publication", "role"):
        pair.allow("source", kind, ".*")

    def put(text, tool, barrier=2.0, *, drive=run_phases, **changes):
        path = tmp_path / "so-test.sql"
        path.write_text(text)
        case = replace(parse(path), caught_by=CaughtBy("lossy:x"), **changes)
        run = RunId.new()
        for side in ("source", "target"):
            for role in case.roles:
                pair.record(side, "role", uniquify(role, run))
            for database in case.databases:
                pair.record(side, "database", database)
        patience = Patience(barrier=barrier, claim=0.5)
        bench = Bench(case, pair, tool, tmp_path / "work", run, patience)
        trial = Trial(bench, renew=lambda: pool.renew(pair))
        try:
            drive(trial)
        except TROUBLE as error:
            trial.fail(error)
        evidence = trial.finish()
        return judge(evidence), evidence

    return put


def told(judgement):
    """Every phase with its outcome, those on a copy of the suite's in brackets."""
    return [f"({p.phase} {p.outcome})" if p.assisted else f"{p.phase} {p.outcome}"
            for p in judgement.phases]  # fmt: skip


def init(line, **more):
    return Shell({Phase.INIT: line}, **more)


ONE = HEAD.format("init") + TABLE


def test_a_faithful_copy(tried):
    judgement, evidence = tried(ONE, init(COPY))
    assert told(judgement) == ["init FAITHFUL"]
    assert judgement.expected
    assert judgement.gravest.proof == "bytes"
    assert evidence.stages[0].comparison.compared["rows"] >= 1


def test_exit_zero_without_a_copy(tried):
    judgement, _ = tried(ONE, init("true"))
    assert judgement.gravest.outcome is Outcome.SILENT_WRONG
    assert any(f.kind == Kind.TABLE and f.object == "public.t" for f in judgement.findings)


def test_a_refusal_needs_an_unchanged_target(tried):
    judgement, _ = tried(ONE, init("echo no >&2; exit 3"))
    (phase,) = judgement.phases
    assert (phase.outcome, phase.why) == (Outcome.REFUSED, "init: exit 3: no")


def test_a_failure_that_leaves_a_table_is_dirty(tried):
    line = 'psql -q -X -d "$D" -c "create table half (id int)"; exit 1'
    judgement, _ = tried(ONE, init(line))
    assert judgement.gravest.outcome is Outcome.FAILED_DIRTY
    assert any(f.object == "public.half" for f in judgement.findings)


def test_the_deadline_is_a_loud_failure(tried):
    judgement, _ = tried(ONE, init("sleep 60"), timeout=0.5)
    assert judgement.gravest.outcome is Outcome.FAILED_LOUD


def test_a_publication_left_on_the_source_is_harm_unless_declared(tried):
    line = COPY + '; psql -q -X -d "$S" -c "create publication mine"'
    judgement, _ = tried(ONE, init(line))
    assert judgement.gravest.harmed_source
    assert not judgement.expected
    assert any(f.kind == Kind.PUBLICATION and f.object == "mine" for f in judgement.findings)


@pytest.mark.parametrize("query", ["select false", "select null::bool", "select true where false"])
def test_a_premise_that_is_not_true_makes_the_case_unknown_before_the_tool_runs(tried, query):
    judgement, evidence = tried(ONE + f"-- @premise\n{query};\nselect true;\n", init(COPY))
    assert judgement.gravest.outcome is Outcome.UNKNOWN
    assert query in judgement.gravest.why
    assert [answer.held for answer in evidence.premises] == [False, True]
    assert not evidence.stages


def test_set_up_that_fails_names_file_and_line(tried):
    judgement, _ = tried(ONE + "select nonsense;\n", init(COPY))
    assert judgement.gravest.outcome is Outcome.UNKNOWN
    assert "so-test.sql:6" in judgement.gravest.why


def test_what_must_hold_and_succeed_at_the_end_is_looked_at(tried):
    text = (
        ONE + "-- @holds\nselect count(*) = 2 from t;\n-- @after\ninsert into t values (1, 'x');\n"
    )
    judgement, evidence = tried(text, init(COPY))
    assert judgement.gravest.outcome is Outcome.SILENT_WRONG
    assert {f.kind for f in judgement.findings} == {Kind.STATEMENT}
    assert "so-test.sql:9" in evidence.stages[0].statement_errors[0]


LIVE = HEAD.format("init, live") + TABLE + "-- @live\ninsert into t values (2, 'two');\n"
FOLLOWS = frozenset({Capability.INIT, Capability.LIVE})


def test_a_stream_that_carries_nothing_fails_loudly_with_what_is_stuck(tried):
    tool = Shell({Phase.INIT: COPY, Phase.SYNC: "true"}, FOLLOWS)
    judgement, evidence = tried(LIVE, tool)
    assert told(judgement) == ["init FAITHFUL", "live FAILED_LOUD"]
    assert "source slots: 0" in evidence.stages[-1].barrier.stuck


DOUBLING = """
psql -q -X -d "$S" -c "create publication p for all tables"
psql -q -X -d "$D" -c "create subscription s connection '$U' publication p with (slot_name = 's$$')"
"""


@pytest.fixture
def copies_twice(pair):
    """A dump, and a stream that begins with a copy of its own: no row is meant to be there."""
    pair.allow("target", "subscription", ".*")
    pair.allow("target", "origin", ".*")
    url = pair.address("source", Viewer.REPLICATOR).url()
    lines = {Phase.INIT: COPY, Phase.SYNC: f"U='{url}'" + DOUBLING}
    declared = Leftovers(source={"publication": (".*",), "slot": (".*",)},
                         target={"subscription": (".*",), "origin": (".*",)})  # fmt: skip
    yield Shell(lines, FOLLOWS, leftovers=declared)
    with connect(pair.target) as session:
        session.execute(b"drop subscription s")


def test_rows_copied_twice_are_reported_and_not_a_barrier_of_ours(tried, copies_twice):
    judgement, evidence = tried(LIVE.replace(" primary key", ""), copies_twice, barrier=30)
    assert evidence.stages[-1].barrier.crossed, evidence.stages[-1].barrier
    assert (judgement.gravest.outcome, judgement.gravest.phase) == (Outcome.SILENT_WRONG, "live")
    assert [(f.kind, f.object) for f in judgement.findings] == [(Kind.MULTIPLICITY, "public.t")]


def test_a_copy_that_meets_a_key_is_the_tools_failure_on_the_cases_own_table(tried, copies_twice):
    judgement, evidence = tried(LIVE, copies_twice, barrier=6)
    assert (judgement.gravest.outcome, judgement.gravest.phase) == (Outcome.FAILED_LOUD, "live")
    assert judgement.gravest.why.startswith(
        "the first copy of public.t (state d of subscription s, errors: "
    )
    assert MARKER_TABLE not in judgement.gravest.why
    assert 'duplicate key value violates unique constraint "t_pkey"' in evidence.logs["target"]
    assert f'constraint "{MARKER_TABLE}' not in evidence.logs["target"]


def test_a_stream_that_claims_to_be_done_is_compared_anyway(tried):
    lines = {Phase.INIT: COPY, Phase.SYNC: "true", Phase.CAUGHT_UP: "true"}
    judgement, _ = tried(LIVE, Shell(lines, FOLLOWS))
    assert told(judgement) == ["init FAITHFUL", "live SILENT_WRONG"]
    assert any(f.object == "public.t" and f.key for f in judgement.findings)


STANDS = "while :; do sleep 0.1; done"  # and carries nothing


def test_a_right_copy_is_not_to_blame_for_the_stream_that_begins_with_it(tried):
    tool = Shell({Phase.INIT: f"{COPY}; {STANDS}"}, FOLLOWS, background=frozenset({Phase.INIT}))
    judgement, evidence = tried(LIVE, tool, barrier=4.0)
    assert told(judgement) == ["init FAITHFUL", "live FAILED_LOUD"]
    assert judgement.phases[0].proof == "bytes"
    assert judgement.gravest.phase == "live"
    assert [stage.barrier.crossed for stage in evidence.stages] == [False, False]


@pytest.mark.parametrize("line", [STANDS, f"{COPY}; psql -X -d $D -c 'drop view w'; {STANDS}"])
def test_a_copy_that_is_not_right_is_where_such_a_stream_stalls(tried, line):
    tool = Shell({Phase.INIT: line}, FOLLOWS, background=frozenset({Phase.INIT}))
    text = LIVE.replace("-- @live", "create view w as select 1;\n-- @live")
    judgement, _ = tried(text, tool)
    assert told(judgement) == ["init FAILED_LOUD", "live NOT_REACHED"]


def test_what_the_case_itself_writes_before_such_a_stream_carries_is_no_harm(tried):
    def drive(trial):
        trial.prepare()
        with connect(trial.bench.pair.source) as session:
            session.execute(b"insert into t values (3, 'open')")
        trial.init(compare=False)
        trial.follow()

    tool = Shell({Phase.INIT: f"{COPY}; {STANDS}"}, FOLLOWS, background=frozenset({Phase.INIT}))
    judgement, _ = tried(LIVE, tool, drive=drive)
    assert told(judgement) == ["init FAITHFUL", "live FAILED_LOUD"]
    assert not any(phase.harmed_source for phase in judgement.phases)


def test_a_stream_that_dies_is_the_tools_failure_with_its_exit(tried):
    tool = Shell({Phase.INIT: COPY, Phase.SYNC: "echo lost >&2; exit 7"}, FOLLOWS,
                 background=frozenset({Phase.SYNC}))  # fmt: skip
    judgement, _ = tried(LIVE, tool)
    assert told(judgement)[0] == "init FAITHFUL"
    assert judgement.gravest.phase == "live"
    assert "exit 7: lost" in judgement.gravest.why


AGAIN = "on conflict do nothing"


def following(before="true"):
    """A stream of a tool that does something to the source when it begins."""
    copies = f'psql -q -X -d "$D" -c "insert into assay_marker values (99, 99) {AGAIN}"'
    loop = f"{before}; while :; do {copies}; sleep 0.1; done"
    return Shell({Phase.INIT: COPY, Phase.SYNC: loop}, FOLLOWS, background=frozenset({Phase.SYNC}))


def live(*statements):
    return LIVE.replace("insert into t values (2, 'two');", "\n".join(statements))


@pytest.mark.parametrize(
    ("harm", "statement"),
    [
        ("alter table t drop v", "update t set v = 'x';"),
        ("create publication p for all tables", "delete from bag;"),
    ],
)
def test_a_live_statement_that_the_tool_made_fail_is_harm_done_to_the_source(
    tried, harm, statement
):
    tool = following(f'psql -q -X -d "$S" -c "{harm}"')
    text = live("select 1;", statement).replace(TABLE, TABLE + "create table bag ();\n")
    judgement, evidence = tried(text.replace("bag ()", "bag as select 1"), tool)
    assert judgement.gravest.harmed_source
    assert "so-test.sql:9" in evidence.stages[-1].source_errors[0]


@pytest.mark.parametrize(
    "statement",
    ["insert into nowhere values (1);", "select nonsense from t;", "insert t values (2);"],
)
def test_a_live_statement_that_never_was_right_is_an_error_of_the_case(tried, statement):
    judgement, evidence = tried(live("select 1;", statement), following())
    assert (judgement.gravest.outcome, judgement.gravest.harmed_source) == (Outcome.UNKNOWN, False)
    assert "The case's @live statements are wrong by themselves." in evidence.trouble.what
    assert "so-test.sql:8" in evidence.trouble.what


def test_a_live_statement_that_does_not_parse_is_one_even_where_the_source_was_harmed(tried):
    tool = following('psql -q -X -d "$S" -c "alter table t drop v"')
    judgement, evidence = tried(live("insert t values (2);"), tool)
    assert judgement.gravest.outcome is Outcome.UNKNOWN
    assert "so-test.sql:7" in evidence.trouble.what


@pytest.mark.parametrize("section", ["after", "holds"])
def test_a_final_statement_that_does_not_parse_is_an_error_of_the_case(tried, section):
    judgement, evidence = tried(ONE + f"-- @{section}\nselekt 1;\n", init(COPY))
    assert judgement.gravest.outcome is Outcome.UNKNOWN
    assert f"The case's @{section} statements are wrong by themselves." in evidence.trouble.what
    assert "so-test.sql:7" in evidence.trouble.what


def test_a_statement_inside_a_function_that_does_not_parse_may_be_the_tools_doing(tried):
    function = "create function f() returns void language plpgsql as 'begin execute 5; end';\n"
    judgement, evidence = tried(ONE + function + "-- @after\nselect f();\n", init(COPY))
    assert judgement.gravest.outcome is Outcome.SILENT_WRONG
    assert "so-test.sql:8" in evidence.stages[0].statement_errors[0]


def test_a_tool_that_cannot_follow_is_judged_on_the_snapshot_and_that_is_said(tried):
    judgement, evidence = tried(LIVE, init(COPY))
    assert told(judgement) == ["init FAITHFUL"]
    assert evidence.left_out == ("live",)


def test_verify_is_judged_by_what_the_oracle_knows(tried):
    text = HEAD.format("init, verify") + TABLE + "-- @plant\nupdate t set v = 'x';\n"
    capable = frozenset({Capability.INIT, Capability.VERIFY})
    liar = Shell({Phase.INIT: COPY, Phase.VERIFY: "true"}, capable)
    judgement, _ = tried(text, liar)
    assert told(judgement) == ["init FAITHFUL", "verify SILENT_WRONG"]


def test_what_must_hold_at_the_end_is_the_copys_where_an_answer_comes_last(tried):
    text = HEAD.format("init, verify") + TABLE + "-- @holds\nselect count(*) = 2 from t;\n"
    tool = Shell({Phase.INIT: COPY, Phase.VERIFY: "true"}, CAPABLE)
    judgement, _ = tried(text, tool)
    assert told(judgement) == ["init SILENT_WRONG", "verify FAITHFUL"]


VERIFIED = HEAD.format("init, verify") + TABLE + "-- @plant\nupdate t set v = 'x';\n"
CAPABLE = frozenset({Capability.INIT, Capability.VERIFY})
LEAVES_A_TABLE = 'psql -q -X -d "$D" -c "create table half (id int)"; exit 1'


def test_a_verify_that_repairs_the_target_is_seen(tried):
    tool = Shell({Phase.INIT: COPY,
                  Phase.VERIFY: """psql -q -X -d "$D" -c "update t set v = 'one'" """},
                 CAPABLE)  # fmt: skip
    judgement, _ = tried(VERIFIED, tool)
    assert told(judgement) == ["init FAITHFUL", "verify SILENT_WRONG"]
    assert judgement.phases[1].findings[0].object == "public.t"


@pytest.mark.parametrize("phase", [Phase.VALIDATE, Phase.STATUS])
def test_harm_done_by_a_command_that_only_answers_is_its_own(tried, phase):
    text = HEAD.format("init, status" if phase is Phase.STATUS else "validate, init") + TABLE
    ruin = """psql -q -X -d "$S" -c "alter table t add gone int" """
    rules = (StatusRule(frozenset({State.NOT_SET_UP})),)
    capable = frozenset({Capability.INIT, Capability(phase.value)})
    tool = Shell({Phase.INIT: COPY, phase: ruin}, capable, status_states=rules)
    judgement, _ = tried(text, tool)
    assert [p.phase for p in judgement.phases if p.harmed_source] == [phase.value]


SAYS_STREAMING = (StatusRule(frozenset({State.STREAMING}), pattern="^on"),
                  StatusRule(frozenset({State.NOT_SET_UP}), pattern="none"))  # fmt: skip
WATCHED = frozenset({Capability.INIT, Capability.LIVE, Capability.CUTOVER, Capability.STATUS})


def test_status_after_a_cutover_that_failed_is_not_reached(tried):
    lines = {Phase.INIT: COPY, Phase.CUTOVER: "exit 1", Phase.STATUS: "echo on"}
    tool = Shell(lines, WATCHED, status_states=SAYS_STREAMING)
    judgement, _ = tried(ONE.replace("phases: init", "phases: init, cutover, status"), tool)
    assert told(judgement) == ["init FAITHFUL", "cutover REFUSED", "status NOT_REACHED"]


def test_status_is_asked_what_is_true_of_the_copy_that_was_made_for_it(tried):
    def drive(trial):
        trial.prepare()
        trial.init()
        trial.follow()
        trial.status(State.STREAMING)

    text = LIVE.replace("init, live", "init, live, status")
    lines = {Phase.INIT: COPY, Phase.SYNC: "exit 1", Phase.STATUS: "echo none"}
    tool = Shell(lines, WATCHED, status_states=SAYS_STREAMING)
    judgement, _ = tried(text, tool, drive=drive)
    assert told(judgement) == ["init FAITHFUL", "live REFUSED", "(status FAITHFUL)"]


@pytest.mark.parametrize(
    ("line", "came"),
    [("exit 1", ["init REFUSED", "verify NOT_REACHED"]),
     ("true", ["init SILENT_WRONG", "verify UNKNOWN"])],
)  # fmt: skip
def test_a_phase_that_the_case_never_asks_for_is_said(tried, line, came):
    def drive(trial):
        trial.prepare()
        trial.init()

    tool = Shell({Phase.INIT: line, Phase.VERIFY: "true"}, CAPABLE)
    judgement, _ = tried(VERIFIED, tool, drive=drive)
    assert told(judgement) == came


def test_verify_of_a_tool_whose_copy_fails_is_judged_on_a_copy_of_ours(tried):
    honest = Shell({Phase.INIT: LEAVES_A_TABLE, Phase.VERIFY: "echo t 1; exit 1"}, CAPABLE)
    judgement, evidence = tried(VERIFIED, honest)
    assert told(judgement) == ["init FAILED_DIRTY", "(verify FAITHFUL)"]
    assert [stage.anew for stage in evidence.stages] == [False, True]
    objects = {finding.object for finding in evidence.stages[1].comparison.findings}
    assert objects == {"public.t"}, "what init left is gone, what was planted is there"


def test_servers_that_the_tool_spoilt_are_replaced_for_a_copy_of_ours(tried, pair):
    spoils = """psql -q -X -d "${D%/*}/postgres" -c "create table left_here ()"; exit 1"""
    tool = Shell({Phase.INIT: spoils, Phase.VERIFY: "echo t 1; exit 1"}, CAPABLE)
    before = pair.server_pair
    pair.allow("target", "postgres.relation", "left_here")
    judgement, evidence = tried(VERIFIED, tool)
    assert told(judgement)[1] == "(verify FAITHFUL)"
    assert pair.server_pair is not before
    assert str(before.source.address().port) not in evidence.reproduction


LIAR = Shell({Phase.INIT: "exit 1", Phase.VERIFY: "true"}, CAPABLE)


def test_a_lie_on_a_copy_of_ours_makes_the_case_red(tried):
    judgement, _ = tried(VERIFIED, LIAR)
    assert told(judgement) == ["init REFUSED", "(verify SILENT_WRONG)"]
    assert [phase.expected for phase in judgement.phases] == [False, False]


def test_nothing_is_asked_after_a_refusal_that_the_case_asks_for(tried):
    judgement, evidence = tried(VERIFIED + "-- @expect\n-- REFUSED\n-- FAITHFUL\n", LIAR)
    assert told(judgement) == ["init REFUSED"]
    assert judgement.expected
    assert evidence.unreached == ()


def test_roles_and_further_databases_are_made_again_for_a_copy_of_ours(tried):
    text = VERIFIED.replace("create table t", "create role assay_reader;\ncreate table t")
    text = text.replace("-- @plant", '-- @setup database "More"\ncreate table m ();\n-- @plant')
    tool = Shell({Phase.INIT: "kill -9 $$", Phase.VERIFY: "echo t 1; exit 1"}, CAPABLE)
    judgement, evidence = tried(text, tool)
    assert told(judgement) == ["init FAILED_LOUD", "(verify FAITHFUL)"]
    assert evidence.stages[1].comparison.compared["databases"] == 2


ALL = (
    HEAD.format("init, live, verify, cutover")
    + TABLE
    + "-- @live\ninsert into t values (2, 'two');\n"
)
EVERYTHING = frozenset({*CAPABLE, Capability.LIVE, Capability.CUTOVER})


def test_a_stream_that_never_starts_leaves_copy_and_verify_their_outcomes(tried):
    lines = {
        Phase.INIT: COPY,
        Phase.SYNC: "echo column does not exist >&2; exit 101",
        Phase.CUTOVER: "true",
        Phase.VERIFY: "true",
    }
    tool = Shell(lines, EVERYTHING, refused=frozenset({1}))
    judgement, evidence = tried(ALL, tool)
    assert told(judgement) == [
        "init FAITHFUL", "live FAILED_LOUD", "(verify FAITHFUL)", "cutover NOT_REACHED",
    ]  # fmt: skip
    live, cutover = judgement.phases[1], judgement.phases[3]
    assert live.why == "sync: exit 101: column does not exist"
    assert cutover.why == "live failed, and cutover needs the tool's own stream"
    assert cutover.expected
    (verify,) = [stage for stage in evidence.stages if stage.phase == "verify"]
    assert verify.comparison.compared["rows"] >= 1


def test_rows_that_a_failing_stream_doubles_are_reported(tried):
    bag = TABLE.replace(" primary key", "")
    double = 'psql -q -X -d "$D" -c "insert into t select * from t" && exit 1'
    tool = Shell({Phase.INIT: COPY, Phase.SYNC: double}, FOLLOWS)
    judgement, _ = tried(LIVE.replace(TABLE, bag), tool)
    assert told(judgement) == ["init FAITHFUL", "live FAILED_DIRTY"]
    live = judgement.phases[1]
    assert "data present and wrong: multiplicity public.t" in live.why
    assert [(f.source, f.target) for f in live.findings if f.object == "public.t"] == [("1", "2")]


def test_a_table_that_a_failing_copy_leaves_half_is_reported(tried):
    half = f"{COPY}; psql -q -X -d \"$D\" -c 'delete from t where id > 1'; exit 1"
    text = ONE + "insert into t values (2, 'two'), (3, 'three');\n"
    judgement, evidence = tried(text, init(half))
    assert told(judgement) == ["init FAILED_DIRTY"]
    assert evidence.stages[0].begun == ("public.t",)
    rows = [f.key for f in judgement.findings if f.kind == Kind.ROW and f.source]
    assert len(rows) == 2


def test_a_stream_that_cannot_stand_on_another_copy_is_not_reached(tried):
    tool = Shell({Phase.INIT: "exit 1", Phase.SYNC: "true"}, FOLLOWS)
    judgement, _ = tried(LIVE, tool)
    assert told(judgement) == ["init REFUSED", "live NOT_REACHED"]
    assert "shell cannot stand on a copy that it did not make" in judgement.phases[1].why


def test_what_is_planted_in_a_wrong_copy_is_planted_in_one_of_the_suites(tried):
    text = HEAD.format("init, verify") + TABLE + "-- @plant\nupdate t set v = 'x' where id = 1;\n"
    claims = frozenset({Capability.INIT, Capability.VERIFY})
    tool = Shell({Phase.INIT: "true", Phase.VERIFY: "true"}, claims)
    judgement, _ = tried(text, tool)
    assert told(judgement) == ["init SILENT_WRONG", "(verify SILENT_WRONG)"]


def test_a_stream_that_can_is_judged_and_so_is_its_cutover(tried):
    keeps = f'psql -q -X -d "$D" -c "insert into assay_marker values (99, 99) {AGAIN}"'
    brings = 'psql -q -X -d "$D" -c "insert into t values (2, \'two\')"'
    lines = {
        Phase.INIT: "exit 1",
        Phase.SYNC: f"{brings}; while :; do {keeps}; sleep 0.1; done",
        Phase.CUTOVER: "exit 9",
    }
    follows = frozenset({*FOLLOWS, Capability.CUTOVER})
    tool = Shell(lines, follows, stands_on={**LOOKING, Phase.SYNC: HandOver.COPIED},
                 background=frozenset({Phase.SYNC}))  # fmt: skip
    judgement, evidence = tried(LIVE.replace("init, live", "init, live, cutover"), tool)
    phases = [(p.phase, p.assisted) for p in judgement.phases]
    assert phases == [("init", False), ("live", True), ("cutover", True)]
    assert [stage.anew for stage in evidence.stages] == [False, True, False]
    assert judgement.phases[2].why.startswith("cutover: exit 9")


def test_trouble_between_phases_leaves_what_was_judged_and_belongs_to_the_next(tried):
    def drive(trial):
        trial.prepare()
        trial.init()
        raise OSError("disk full")

    tool = Shell({Phase.INIT: COPY, Phase.SYNC: "true"}, FOLLOWS)
    judgement, evidence = tried(LIVE, tool, drive=drive)
    assert told(judgement) == ["init FAITHFUL", "live UNKNOWN"]
    assert evidence.trouble == Trouble("live", "OSError: disk full")


def test_trouble_after_the_last_phase_leaves_it_as_it_was(tried):
    def drive(trial):
        run_phases(trial)
        raise OSError("disk full")

    judgement, _ = tried(ONE, init(COPY), drive=drive)
    assert told(judgement) == ["init FAITHFUL", "end UNKNOWN"]
    assert not judgement.expected


def test_what_a_tool_said_before_trouble_of_ours_is_kept(tried):
    text = VERIFIED.replace("update t", "update nowhere")
    tool = Shell({Phase.INIT: COPY, Phase.VERIFY: "true"}, CAPABLE)

    def drive(trial):
        trial.prepare()
        trial.init()
        with trial.stage("verify") as stage:
            stage.call(Phase.VERIFY)
            stage.plant()

    judgement, evidence = tried(text, tool, drive=drive)
    assert told(judgement) == ["init FAITHFUL", "verify UNKNOWN"]
    assert [call.phase for call in evidence.stages[1].executions] == ["verify"]


def test_a_second_copy_is_judged_by_its_own_name(tried):
    text = ONE.replace("phases: init", "phases: init, init-again")
    judgement, _ = tried(text, init(f"{COPY}; test ! -e $HOME/done || exit 3; touch $HOME/done"))
    assert [p.phase for p in judgement.phases] == ["init", "init-again"]
    assert judgement.phases[0].outcome is Outcome.FAITHFUL
    assert judgement.phases[1].outcome is not Outcome.FAITHFUL


def test_a_phase_that_the_tool_does_not_claim_is_not_asked(tried):
    def drive(trial):
        trial.prepare()
        trial.validate()
        trial.init()

    judgement, _ = tried(ONE, init(COPY), drive=drive)
    assert told(judgement) == ["init FAITHFUL"]
