"""A defect has one cause in however many cases it shows, and two defects have two."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from assay.conformance.case import Expected
from assay.conformance.causes.authored import NOBODY, Authored
from assay.conformance.causes.cause_of import causes_of
from assay.conformance.causes.said import said
from assay.conformance.causes.wording import Situation, normalised
from assay.conformance.evidence import Barrier, Evidence, Stage
from assay.conformance.judge import judge
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.process import Execution
from assay.run.cause import Gravity, Origin
from assay.run.outcome import Outcome
from tests.assay.conformance.causes.messages import SERVER, Line
from tests.assay.conformance.causes.outputs import OUTPUTS

PREFIX = "2026-11-30 13:29:{0:02d}.100 UTC [{1}] 1 {2} ({3}) app={4} db=assay_1a2b3c4d_1 "


def log(*lines: Line, application: str = "seren", pid: int = 100) -> str:
    """A server's log with these errors."""
    text = ""
    for second, line in enumerate(lines):
        start = PREFIX.format(second, pid, line.sqlstate, line.process, application)
        parts = {"ERROR": line.message, "CONTEXT": line.context, "STATEMENT": line.statement}
        for level, body in parts.items():
            if body:
                text += f"{start}{level}:  " + body.replace("\n", "\n\t") + "\n"
    return text


def ran(output: str = "", *, code: int | None = 1, phase: str = "sync", **how) -> Execution:
    return Execution(("tool", phase), code, "", output, 2.5, phase=phase, **how)


def failed(output: str = "", **how) -> Stage:
    return Stage("live", executions=(ran(output, **how),))


def different(*findings: Finding, phase: str = "init", **more) -> Stage:
    return Stage(phase, comparison=Comparison(Equality.DIFFERENT, findings), **more)


def why(stage: Stage, logs, authored=NOBODY):
    """The first cause of a phase that was judged alone."""
    return next(iter(whys(stage, logs, authored)), None)


def whys(stage: Stage, logs, authored=NOBODY):
    """All its causes."""
    expected = (Expected(Outcome.FAITHFUL),)
    seen = Evidence("c", "live", "A case.", "tool", "1", "17:17", expected, stages=(stage,))
    return causes_of(judge(seen).phases[0], stage, logs, authored)


def signatures(pairs) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    by_defect, by_signature = defaultdict(set), defaultdict(set)
    for defect, signature in pairs:
        by_defect[defect].add(signature)
        by_signature[signature].add(defect)
    return by_defect, by_signature


def of_line(line: Line) -> str:
    authored = Authored.by(line.case) if line.case else NOBODY
    cause = why(failed("Error: it did not work\n"), {"target": log(line)}, authored)
    assert cause is not None
    assert cause.origin is Origin.SERVER_ERROR, line
    return cause.signature


def test_errors_of_servers_fall_into_their_defects():
    quoted = [line for line in SERVER if "already exists" not in line.message]
    assert len(SERVER) + len(OUTPUTS) >= 60
    assert_apart((line.defect, of_line(line)) for line in quoted)


def test_what_a_tool_repeats_is_its_cause_even_where_tools_often_go_on():
    exists = [line for line in SERVER if "already exists" in line.message]
    pairs = []
    for line in exists:
        authored = Authored.by(line.case) if line.case else NOBODY
        stage = failed(f"Error: db error: ERROR: {line.message}\n")
        pairs.append((line.defect, why(stage, {"target": log(line)}, authored).signature))
        assert why(failed("Error: disk full\n"), {"target": log(line)}).sample == "disk full"
    assert_apart(pairs)


def test_outputs_of_tools_fall_into_their_defects():
    assert_apart((o.defect, why(failed(o.text), {}).signature) for o in OUTPUTS)


def assert_apart(pairs) -> None:
    by_defect, by_signature = signatures(pairs)
    split = {defect: found for defect, found in by_defect.items() if len(found) > 1}
    merged = {signature: found for signature, found in by_signature.items() if len(found) > 1}
    assert not split
    assert not merged


def test_the_innermost_message_of_an_output_is_found():
    found = {output.text: said(output.text) for output in OUTPUTS}
    told = {text: (words.message, words.sqlstate) for text, words in found.items()}
    assert told == {output.text: (output.words, output.sqlstate) for output in OUTPUTS}


SYNC_OUTPUT = OUTPUTS[0].text


def test_why_is_the_servers_error_with_its_statement_and_the_tools_last_line():
    cause = why(failed(SYNC_OUTPUT), {"source": "", "target": log(SERVER[0])})
    assert cause.why == (
        'ERROR 42703: column "srsubstate" does not exist (statement: SELECT srsubstate FROM'
        " pg_stat_subscription WHERE subname = $1); Failed to query subscription status for"
        " 'seren_migration_sub_assay_1a2b3c4d_1'"
    )
    assert (cause.phase, cause.headline) == ("sync", "column srsubstate does not exist")


def test_why_says_nothing_twice():
    assert why(failed("ERROR: target is not empty\n"), {}).why == "target is not empty"


def test_ordinary_words_are_no_names():
    text = "Invalid connection URL format: cannot replace database name of table or don't"
    assert normalised(text, Situation(CASE)) == normalised(text) == text


def test_only_the_beginning_of_a_message_and_the_end_of_an_output_are_read():
    assert len(normalised("a" * 1_000_000)) <= 2000
    assert said("x" * 1_000_000 + "\nERROR: no\n").message == "no"
    assert len(said("ERROR: " + "x" * 1_000_000).message) <= 2000


def test_a_cause_shows_no_password():
    url = "postgresql://app:geheim@h/d"
    statement = f"CREATE SUBSCRIPTION s CONNECTION '{url}' PUBLICATION p"
    line = Line("", "08006", 'subscription "s" could not connect to the publisher', statement)
    stage = failed(f"Error: cannot reach {url}\n")
    for logs in ({"target": log(line)}, {}):
        cause = why(stage, logs)
        assert "geheim" not in f"{cause} {cause.why}"


def test_a_headline_is_short():
    assert len(why(failed("ERROR: " + "no " * 500), {}).headline) <= 200


def test_errors_of_the_suite_are_not_the_tools():
    for ours in ("assay/1a2b3c4d/case", "assay-oracle", "assay", "assay-self-test"):
        cause = why(failed("it broke\n"), {"source": log(SERVER[0], application=ours)})
        assert cause.origin is Origin.TOOL_MESSAGE
    tool = why(failed("it broke\n"), {"source": log(SERVER[0], application="assay_ref")})
    assert tool.origin is Origin.SERVER_ERROR


@pytest.mark.parametrize(
    ("sqlstate", "message"),
    [
        ("57P01", "terminating connection due to administrator command"),
        (
            "25P02",
            "current transaction is aborted, commands ignored until end of transaction block",
        ),
        ("08006", "could not receive data from client: Connection reset by peer"),
        ("08006", "connection to client lost"),
        ("57014", "canceling statement due to user request"),
        ("55006", 'replication slot "s" is active for PID 4711'),
    ],
)
def test_noise_is_no_cause(sqlstate, message):
    noise = Line("", sqlstate, message)
    cause = why(failed("it broke\n"), {"source": log(SERVER[0], noise)})
    assert cause.sqlstate == "42703"
    assert why(failed("it broke\n"), {"source": log(noise)}).sample == "it broke"


def test_an_active_slot_is_the_cause_where_the_tool_says_so():
    message = 'replication slot "s" is active for PID 4711'
    stage = failed(f"Error: db error: ERROR: {message}\n")
    assert why(stage, {"source": log(Line("", "55006", message))}).sqlstate == "55006"


def test_the_sources_error_is_inside_the_targets():
    inner = Line("", "42501", "permission denied for table orders", "COPY public.orders TO STDOUT",
                 process="walsender")  # fmt: skip
    outer = Line("", "XX000", 'could not start initial contents copy for table "public.orders":'
                 " ERROR:  permission denied for table orders",
                 process="logical replication tablesync worker")  # fmt: skip
    logs = {"source": log(inner), "target": log(SERVER[0], outer)}
    stuck = Stage("live", barrier=Barrier(crossed=False, seconds=30))
    for stage in (stuck, failed(f"Error: db error: ERROR: {outer.message}\n")):
        cause = why(stage, logs)
        assert (cause.sqlstate, cause.statement) == ("42501", "COPY public.orders TO STDOUT")


def test_who_waits_in_vain_was_stopped_by_a_worker():
    worker = next(line for line in SERVER if line.process.endswith("tablesync worker"))
    logs = {"target": log(worker, SERVER[0])}
    late = failed("Error: Timeout waiting for subscription 's' to sync after 300 seconds.\n")
    assert why(late, logs).sqlstate == "23505"
    assert why(failed("Error: no\n"), logs).sqlstate == "42703"
    assert why(failed(code=-15, timed_out=True), logs).sqlstate == "23505"


def test_pg_restore_goes_on_and_its_first_error_is_the_cause():
    first = Line("", "42704", 'type "public.citext" does not exist', "CREATE TABLE public.t ()")
    then = Line("", "42P01", 'relation "public.t" does not exist', "COPY public.t FROM stdin")
    output = "".join(
        f"pg_restore: error: could not execute query: ERROR:  {line.message}\n"
        for line in (first, then)
    )
    logs = {"target": log(first, then, application="pg_restore")}
    assert why(failed(output), logs).sqlstate == "42704"


def test_what_a_tool_overcame_before_it_ended_with_its_own_words_is_no_cause():
    tolerated = [
        Line("", "42710", 'role "postgres" already exists', "CREATE ROLE postgres;"),
        Line("", "42704", 'role "zed" does not exist', "GRANT a TO zed;"),
    ]
    output = "".join(f"psql:globals.sql:18: ERROR:  {line.message}\n" for line in tolerated)
    output += "Error: Invalid database name: 'My DB'\n\nCaused by:\n    Identifier 'My DB' is bad\n"
    cause = why(failed(output), {"target": log(*tolerated, application="psql")})
    assert (cause.origin, cause.sample) == (Origin.TOOL_MESSAGE, "Identifier 'My DB' is bad")


def test_what_a_tool_overcame_before_it_ran_into_our_time_limit_is_no_cause():
    exists = Line("", "42710", 'role "postgres" already exists', "CREATE ROLE postgres;")
    logs = {"target": log(exists, application="psql")}
    output = f"psql:globals.sql:14: ERROR:  {exists.message}\ndumping contents of table bulk\n"
    late = why(failed(output, code=-15, timed_out=True), logs)
    assert (late.origin, late.headline) == (Origin.TIME_LIMIT, "ended at our time limit")
    assert why(failed(output), logs).sqlstate == "42710"


def test_a_log_out_of_reach_is_said():
    logs = {"source": "(server log not readable: given by URL)\n", "target": ""}
    cause = why(failed(SYNC_OUTPUT), logs)
    assert (cause.unread, cause.origin) == (("source",), Origin.TOOL_MESSAGE)
    assert cause.headline == "column srsubstate does not exist"


def test_ends_without_an_error_are_causes():
    killed = why(failed("copying\n", code=-9), {})
    assert (killed.origin, killed.headline) == (Origin.SIGNAL, "killed by signal 9: copying")
    handled = why(failed("copying\n", code=-9), {"target": log(SERVER[0])})
    assert handled.origin is Origin.SIGNAL
    late = [why(failed("copied 1\n", code=-15, timed_out=True), {}) for _ in range(2)]
    assert {c.origin for c in late} == {Origin.TIME_LIMIT}
    assert late[0].headline == "ended at our time limit"
    assert why(failed(), {}).headline == "exit 1 without a word"
    stuck = Stage("live", barrier=Barrier(crossed=False, seconds=30))
    assert why(stuck, {}).headline == "no row crosses the stream, and nobody says why"


def test_what_is_right_or_unknown_has_no_cause():
    assert why(Stage("init", comparison=Comparison(Equality.EQUAL)), {}) is None
    assert why(Stage("init", comparison=Comparison(Equality.UNKNOWN)), {}) is None


ROW = Finding("row", "public.orders", "(1)", "price", "1.50", "1.5")
CASE = Authored.by("create table orders (id int primary key, price numeric(10,2), day date);")


def test_a_silent_defect_is_told_by_kind_type_and_phase():
    cause = why(different(ROW), {}, CASE)
    assert (cause.headline, cause.gravity) == ("values of type numeric differ", Gravity.ROWS_WRONG)
    assert cause.signature == "init|row|value|numeric"
    assert cause.why == "row public.orders [(1)] price: source 1.50, target 1.5"
    day = Finding("row", "public.orders", "(1)", "day", "2020-01-01", "2020-01-02")
    assert why(different(day), {}, CASE).signature == "init|row|value|date"
    assert why(different(day, phase="live"), {}, CASE).signature == "live|row|value|date"


@pytest.mark.parametrize(
    ("finding", "gravity", "headline"),
    [
        (Finding("row", "public.t", "(1)", None, "(1)", None), Gravity.ROWS_LOST, "rows are lost"),
        (Finding("multiplicity", "public.t", "('a')", None, "1", "2"), Gravity.ROWS_WRONG,
         "rows are doubled"),
        (Finding("multiplicity", "public.t", "('a')", None, "2", "1"), Gravity.ROWS_LOST,
         "rows without a key are lost"),
        (Finding("table", "public.t", source="table"), Gravity.ROWS_LOST, "table is missing"),
        (Finding("index", "public.t_i", source="x"), Gravity.OBJECTS_LOST, "index is missing"),
        (Finding("column", "public.t.c", None, "default", "1", "2"), Gravity.OBJECTS_LOST,
         "column (default) differs"),
        (Finding("acl", "public.t", None, "a=SELECT/b", "granted", None), Gravity.PRIVILEGES_LOST,
         "privilege is missing"),
        (Finding("large-object", "77", None, "acl a=SELECT*/b", "granted", None),
         Gravity.PRIVILEGES_LOST, "large object (privilege) is missing"),
        (Finding("slot", "s", target="s"), Gravity.DEBRIS, "slot is left over"),
        (Finding("table", "public.x", target="x"), Gravity.DEBRIS, "table is left over"),
        (Finding("role-setting", "r", None, "work_mem", "1", None), Gravity.SETTINGS_LOST,
         "role setting (work_mem) is missing"),
        (Finding("owner", "public.t", None, "table", "a", "b"), Gravity.OWNERS_LOST,
         "owner (table) differs"),
        (Finding("statement", "statement", source="success",
                 target="case.sql:12: permission denied for table t"), Gravity.OBJECTS_LOST,
         "a statement that must work fails: permission denied for table …"),
    ],
    ids=lambda value: value if type(value) is str else "",
)  # fmt: skip
def test_what_a_finding_means(finding, gravity, headline):
    cause = why(different(finding), {})
    assert (cause.gravity, cause.headline) == (gravity, headline)


def test_the_gravest_finding_is_the_cause():
    owner = Finding("owner", "public.t", None, "table", "a", "b")
    assert why(different(owner, ROW), {}).gravity is Gravity.ROWS_WRONG


def test_an_ignored_error_that_names_the_object_is_the_cause_of_its_loss():
    lost = Finding("index", "public.orders_price", source="x")
    ignored = Line("", "23505", 'could not create unique index "orders_price"',
                   "CREATE UNIQUE INDEX orders_price ON public.orders (price);")  # fmt: skip
    cause = why(different(lost), {"target": log(ignored)}, CASE)
    assert (cause.origin, cause.gravity) == (Origin.SERVER_ERROR, Gravity.OBJECTS_LOST)
    assert why(different(lost), {"target": log(SERVER[0])}).origin is Origin.FINDING


@pytest.mark.parametrize("secret", ["zebra-4711", "public.orders", "(1)"])
def test_what_a_case_planted_is_not_its_headline(secret):
    planted = Finding("row", "public.orders", "(1)", "price", "1", "zebra-4711")
    missed = different(planted, phase="verify", executions=(ran(code=0, phase="verify"),))
    unnamed = different(planted, phase="verify", executions=(ran("differs\n", phase="verify"),))
    for stage in (missed, unnamed):
        cause = why(stage, {}, CASE)
        assert secret not in cause.headline + cause.signature
    told = why(missed, {}, CASE)
    assert told.headline == (
        "says that both sides are equal, although values of type numeric differ"
    )
    assert told.gravity is Gravity.ROWS_WRONG
    assert why(unnamed, {}, CASE).gravity is Gravity.FAILED


def test_a_false_alarm_is_told_in_the_tools_words():
    stage = Stage("verify", executions=(ran("Error: table 'orders' differs\n", phase="verify"),),
                  comparison=Comparison(Equality.EQUAL))  # fmt: skip
    assert why(stage, {}).headline == "raises a false alarm: table … differs"


def test_a_verify_that_fails_gives_no_answer():
    stage = different(ROW, phase="verify", executions=(ran(SYNC_OUTPUT, phase="verify"),))
    cause = why(stage, {"target": log(SERVER[0])})
    assert (cause.origin, cause.phase) == (Origin.SERVER_ERROR, "verify")


def test_harm_to_the_source_is_the_worst_and_an_error_beside_it_another_cause():
    slot = Finding("slot", "s", target="s")
    harmed = Stage("init", comparison=Comparison(Equality.EQUAL), source_changes=(slot,))
    cause = why(harmed, {})
    assert cause.gravity is Gravity.SOURCE_HARMED
    assert cause.headline == "the source is changed: slot is left over"
    both = Stage("live", executions=(ran(SYNC_OUTPUT),), source_changes=(slot,))
    found = whys(both, {"target": log(SERVER[0])})
    assert [(c.gravity, c.sqlstate) for c in found] == [
        (Gravity.SOURCE_HARMED, None), (Gravity.FAILED, "42703"),
    ]  # fmt: skip
    silent = different(ROW, source_changes=(slot,))
    assert [c.gravity for c in whys(silent, {})] == [Gravity.SOURCE_HARMED, Gravity.ROWS_WRONG]
    writes = Stage("live", comparison=Comparison(Equality.EQUAL),
                   source_errors=('case.sql:9: cannot update table "t" because it does not have a'
                                  " replica identity and publishes updates",))  # fmt: skip
    assert "statements fail on the source: cannot update table …" in why(writes, {}).headline


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("100 rows, sha256 ab", "0 rows, sha256 cd", "rows are lost"),
        ("100 rows, sha256 ab", "100 rows, sha256 cd", "rows have other values"),
        ("100 rows, sha256 ab", "200 rows, sha256 cd", "rows are there that were not"),
    ],
)
def test_what_happened_to_the_rows_of_the_source_is_told_by_their_number(before, now, words):
    rows = Finding("row", "public.t", None, "rows", before, now, "source")
    stage = replace(different(), source_changes=(rows,))
    headlines = [cause.headline for cause in whys(stage, {})]
    assert headlines[0] == f"the source is changed: {words}"


def test_what_the_source_lost_is_told_once():
    lost = Finding("table", "public.t", source="table", side="source")
    stage = Stage("init", comparison=Comparison(Equality.EQUAL), source_changes=(lost,))
    assert [c.headline for c in whys(stage, {})] == ["the source is changed: table is missing"]


def test_rows_that_are_wrong_after_a_failure_are_a_cause_beside_it():
    doubled = Finding("multiplicity", "public.t", "('a')", None, "1", "2")
    missing = Finding("row", "public.u", "(1)", None, "(1)", None)
    debris = (left("table", "target", "public.t"),)
    stage = different(doubled, missing, executions=(ran("no\n", phase="init"),), debris=debris)
    told = [(c.phase, c.headline) for c in whys(stage, {})]
    assert told[:2] == [("init", "no"), ("init", "rows are doubled")]
    assert [c.headline for c in whys(different(doubled), {})] == ["rows are doubled"]


def left(kind: str, side: str, name: str = "x") -> Finding:
    return Finding(kind, name, target="there", side=side)


def test_what_a_failure_leaves_is_a_cause_for_each_machine_and_one_for_a_copy():
    debris = (left("publication", "source"), left("slot", "source"), left("table", "target"),
              left("type", "target"), left("slot", "source", "y"))  # fmt: skip
    stage = Stage("live", executions=(ran(SYNC_OUTPUT),), debris=debris)
    found = whys(stage, {"target": log(SERVER[0])})
    assert [c.headline for c in found] == [
        "column srsubstate does not exist",
        "fails and leaves a publication behind",
        "fails and leaves a slot behind",
        "fails and leaves a half-made copy behind",
    ]
    assert {(c.phase, c.gravity) for c in found[1:]} == {("sync", Gravity.DEBRIS)}


def test_what_a_failure_took_away_or_changed_on_the_source_is_no_debris():
    taken = Finding("table", "public.t", source="table", side="target")
    harmed = left("table", "source")
    stage = Stage("live", executions=(ran("no\n"),), debris=(taken, harmed))
    assert [c.headline for c in whys(stage, {})] == ["no"]


@pytest.mark.parametrize(
    ("seen", "headline"),
    [
        ("argv of pg_dump", "a password is shown in the arguments of pg_dump"),
        ("stdout of init", "a password is shown in what it prints"),
        ("stderr of validate", "a password is shown in what it prints"),
        ("tmp/log", "a password is shown in a file that it leaves"),
    ],
)
def test_where_a_password_was_seen_is_its_cause(seen, headline):
    stage = Stage("init", comparison=Comparison(Equality.EQUAL),
                  exposures=(Finding("secret", seen, target="shows the password"),))  # fmt: skip
    cause = why(stage, {})
    assert (cause.headline, cause.gravity) == (headline, Gravity.PRIVILEGES_LOST)


def test_a_statement_that_fails_follows_from_what_else_is_found():
    error = Finding("statement", "statement", source="success", target="c.sql:1: no password")
    role = Finding("role", "assay_app", None, "password", "scram-sha-256 verifier", None)
    owner = Finding("owner", "public.t", None, "table", "a", "b")
    assert why(different(error, role), {}).headline == "role (password) is missing"
    assert why(different(error, owner), {}).headline == "owner (table) differs"
    assert why(different(error), {}).headline.startswith("a statement that must work fails")


def test_privileges_that_are_lost_are_one_cause_whichever_comes_first():
    lost = [Finding("acl", "public.t", None, f"a={p}/b", "granted", None)
            for p in ("SELECT", "USAGE*")]  # fmt: skip
    assert len({why(different(one), {}).signature for one in lost}) == 1


def test_values_that_become_null_are_another_cause_than_values_that_differ():
    empty = Finding("row", "public.orders", "(1)", "note", "", "NULL")
    assert why(different(empty), {}, CASE).headline == "values of type text become NULL"


def test_a_row_without_a_key_that_has_another_value_is_not_lost():
    lost = Finding("multiplicity", "public.t", "('')", None, "1", "0")
    extra = Finding("multiplicity", "public.t", "(NULL)", None, "0", "1")
    assert why(different(lost, extra), {}).headline == "rows without a key have other values"
    elsewhere = replace(extra, object="public.u")
    assert why(different(lost, elsewhere), {}).headline == "rows without a key are lost"


def test_a_status_that_fails_has_the_cause_of_its_failure():
    broken = Stage("status", executions=(ran(SYNC_OUTPUT, phase="status"),), truth=("stopped",))
    cause = why(broken, {"target": log(SERVER[0])})
    assert (cause.phase, cause.headline) == ("status", "column srsubstate does not exist")
    known = replace(broken, said=("unreachable",))
    assert why(known, {}).headline == "says unreachable of a target that nothing reaches"


def asked(said: str, *truth: str):
    stage = Stage("status", executions=(ran(said, code=0, phase="status"),),
                  said=(said,), truth=truth)  # fmt: skip
    return why(stage, {})


def test_a_status_that_always_says_the_same_is_one_cause():
    always = [asked("streaming", *truth)
              for truth in (("stopped",), ("broken",), ("not_set_up", "half_set_up"))]  # fmt: skip
    assert len({cause.signature for cause in always}) == 1
    assert always[0].headline == "says streaming of a target that nothing reaches"
    assert "it is stopped" in always[0].sample
    assert asked("streaming", "lagging").headline == "says streaming of a stream that is lagging"
    assert asked("stopped", "streaming").headline == "says stopped of a stream that is streaming"
