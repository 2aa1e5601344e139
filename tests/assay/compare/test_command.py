"""`assay compare`: exit codes, JSON, no password in argv, and no EQUAL without a self-test."""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import assay.report
from assay import cli
from assay.compare import command
from assay.compare.run import run
from assay.errors import ServerError, UsageError
from assay.oracle.content import Content
from assay.oracle.self_test import run as self_test
from assay.oracle.words.route import Route
from assay.postgres.address import Address

SCHEMA = json.loads(
    (Path(assay.report.__file__).parent / "schemas" / "comparison.schema.json").read_text()
)


def parse(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["compare", *argv])


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:secret@localhost/x",
        "host=localhost password=secret dbname=x",
        "postgresql://localhost/x?password=secret",
    ],
)
def test_a_password_on_the_command_line_is_refused_with_a_remedy(text):
    with pytest.raises(UsageError, match="PGPASSFILE") as caught:
        run(parse(text, "dbname=x"))
    assert "secret" not in str(caught.value)


def test_a_malformed_connection_string_is_wrong_use():
    with pytest.raises(UsageError, match="malformed"):
        run(parse("postgresql://[", "dbname=x"))


def test_a_sample_of_a_moving_pair_is_wrong_use():
    with pytest.raises(UsageError, match="exclude each other"):
        run(parse("dbname=x", "dbname=y", "--live", "--sample=1"))


def test_a_server_that_does_not_answer_could_not_be_told(capsys):
    nowhere = "host=127.0.0.1 port=1 user=nobody dbname=x"
    assert run(parse(nowhere, nowhere, "--json")) == 2
    out = capsys.readouterr().out
    jsonschema.validate(json.loads(out), SCHEMA)
    assert json.loads(out)["equality"] == "UNKNOWN"


def test_a_server_that_does_not_answer_is_told_by_its_side(capsys):
    nowhere = "host=127.0.0.1 port=1 user=nobody dbname=x"
    assert run(parse(nowhere, nowhere)) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line[:12] for line in lines[:4]] == [
        "UNKNOWN: cou", "  not told  ", "  evidence  ", "  to fix    "]  # fmt: skip
    assert "source does not answer" in lines[1]


@pytest.fixture
def lease(pair):
    """Fresh databases for the self-test, on the servers that we have."""
    name = f"{pair.database}_self"

    @contextmanager
    def throw_away(_spec: str):
        source, target = (pair.create_database(side, name) for side in ("source", "target"))
        yield argparse.Namespace(source=source, target=target)

    return throw_away


@contextmanager
def nothing_to_start(_spec: str):
    raise ServerError("no server can be started here")
    yield


@pytest.fixture
def passfile(pair, tmp_path, monkeypatch):
    """A password file for both servers."""
    path = tmp_path / "passfile"
    path.touch(mode=0o600)
    path.write_text(f"{pair.source.passfile_line()}\n{pair.target.passfile_line()}\n")
    monkeypatch.setenv("PGPASSFILE", str(path))


def conninfo(address: Address) -> str:
    return f"host={address.host} port={address.port} user={address.user} dbname={address.database}"


@pytest.mark.servers
@pytest.mark.usefixtures("passfile")
class TestOnServers:
    """The whole command."""

    def run(self, world, *options, lease=None) -> int:
        arguments = parse(conninfo(world.source), conninfo(world.target), *options)
        return run(arguments, lease=lease)

    def test_equal_is_0_and_the_self_test_is_said(self, world, lease, capsys):
        world.on_both("create table t (id int primary key)")
        assert self.run(world, lease=lease) == 0
        captured = capsys.readouterr()
        assert captured.out.startswith("EQUAL: ")
        assert "planted damages found" in captured.out
        assert captured.err.startswith("connecting\n")

    def test_different_is_1_and_the_finding_shown(self, world, lease, capsys):
        world.on_both("create table t (id int primary key, v text)")
        world.on_target("insert into t values (1, 'new')")
        assert self.run(world, lease=lease) == 1
        assert "row [1]: extra on the target: (1,new)" in capsys.readouterr().out

    def test_equal_without_a_self_test_could_not_be_told(self, world, capsys):
        world.on_both("create table t (id int primary key)")
        assert self.run(world, lease=nothing_to_start) == 2
        assert "no server can be started here" in capsys.readouterr().out

    def test_equal_by_a_way_that_the_self_test_did_not_go_could_not_be_told(
        self, world, lease, capsys, monkeypatch
    ):
        real = self_test.run_self_test

        def without_small(*addresses, **words):
            done = real(*addresses, **words)
            return replace(done, went=tuple(one for one in done.went if one is not Route.TOGETHER))

        monkeypatch.setattr("assay.compare.run.run_self_test", without_small)
        world.on_both("create table t (id int primary key)")
        assert self.run(world, lease=lease) == 2
        out = capsys.readouterr().out
        assert "the self-test did not go through rows of many small tables at once" in out

    @pytest.mark.parametrize(
        ("options", "routes"),
        [
            ((), {Route.DUMP, Route.GLOBALS, Route.STRETCHES, Route.BUCKETS, Route.KEYLESS}),
            (("--no-dump", "--exact"), {Route.BINARY}),
            (("--no-dump", "--live", "--data-only"), {Route.LIVE}),
        ],
    )
    def test_the_self_test_goes_the_ways_that_the_run_may_go(
        self, world, lease, capsys, options, routes
    ):
        world.on_both("create table t (id int primary key)")
        assert self.run(world, "--json", *options, lease=lease) == 0
        told = json.loads(capsys.readouterr().out)
        assert routes <= set(told["self_test"]["went"])
        assert set(told["used"]) <= set(told["self_test"]["went"])

    def test_a_database_is_not_compared_with_itself(self, world, capsys):
        world.on_source("create table t (id int primary key)")
        world.target = world.source
        assert self.run(world, "--no-self-test") == 2
        assert "the same database of the same server" in capsys.readouterr().out

    def test_what_was_not_named_is_said_to_be_left_out(self, world, capsys):
        world.on_both("create table a (id int); create table b (id int)")
        assert self.run(world, "--no-self-test", "--table", "public.b") == 0
        assert "  left out  what does not belong to the named" in capsys.readouterr().out

    def test_equal_is_0_where_no_self_test_was_wanted(self, world, capsys):
        world.on_both("create table t (id int primary key)")
        assert self.run(world, "--no-self-test", lease=nothing_to_start) == 0
        assert "self-test not made" in capsys.readouterr().out

    def test_different_needs_no_self_test(self, world):
        world.on_source("create table t (id int primary key)")
        assert self.run(world, lease=nothing_to_start) == 1

    def test_json_is_what_its_schema_says(self, world, lease, capsys):
        world.on_both("create table t (id int primary key, v text)")
        world.on_target("insert into t values (1, 'new')")
        assert self.run(world, "--json", lease=lease) == 1
        whole = json.loads(capsys.readouterr().out)
        jsonschema.validate(whole, SCHEMA)
        assert whole["self_test"]["planted"] == whole["self_test"]["detected"]

    def test_all_lists_every_finding(self, world, capsys):
        world.on_both("create table t (id int primary key)")
        world.on_target("insert into t select generate_series(1, 150)")
        assert self.run(world, "--no-self-test") == 1
        assert "50 more differences" in capsys.readouterr().out
        self.run(world, "--no-self-test", "--all", "--json")
        assert len(json.loads(capsys.readouterr().out)["findings"]) == 150

    def test_tables_can_be_chosen(self, world):
        world.on_both("create table a (id int); create table b (id int)")
        world.on_target("insert into b values (1)")
        assert self.run(world, "--no-self-test", "--exclude", "public.b") == 0
        assert self.run(world, "--no-self-test", "--table", "public.b") == 1
        assert self.run(world, "--no-self-test", "--exclude-table-data", "public.b") == 0

    @pytest.mark.parametrize("option", ["--table", "--exclude", "--exclude-table-data", "--schema"])
    def test_a_name_that_is_nowhere_is_wrong_use(self, world, option):
        world.on_both("create table a (id int)")
        with pytest.raises(UsageError, match="Nothing on either side is called nowhere"):
            self.run(world, "--no-self-test", option, "nowhere.*")

    def test_parts_exclude_each_other(self, world, capsys):
        with pytest.raises(SystemExit):
            self.run(world, "--schema-only", "--data-only")
        assert "not allowed with" in capsys.readouterr().err

    def test_parts_cost_and_redaction_are_options(self, world, capsys):
        world.on_both("create schema app; create table app.t (id int primary key, v text)")
        world.on_target("insert into app.t values (1, 'a secret'); create schema more")
        options = ("--schema=app", "--data-only", "--redact", "--lock-timeout=2s", "--no-self-test")
        assert self.run(world, *options) == 1
        out = capsys.readouterr().out
        assert "a secret" not in out
        assert "waits for locks after 2s" in out
        assert "more" not in out

    def test_a_moving_pair_is_looked_at_again(self, world, capsys):
        world.on_both("create table t (id int primary key, v text)")
        world.on_target("insert into t values (1, 'a secret')")
        options = ("--live", "--looks=2", "--pause=0", "--redact", "--no-self-test")
        assert self.run(world, *options) == 1
        captured = capsys.readouterr()
        assert "0 of 1 that differed at first were in flight" in captured.out
        assert "a secret" not in captured.out

    def test_a_page_is_written(self, world, tmp_path):
        world.on_both("create table t (id int primary key, v text)")
        world.on_source("insert into t values (1, 'one <b>word</b> here')")
        world.on_target("insert into t values (1, 'one <b>thing</b> here')")
        page = tmp_path / "page.html"
        assert self.run(world, "--no-self-test", "--html", str(page)) == 1
        text = page.read_text()
        assert '<mark class="source">word</mark>' in text
        assert '<mark class="target">thing</mark>' in text
        assert "one &lt;b&gt;" in text

    def test_a_service_names_a_server(self, world, tmp_path, monkeypatch):
        world.on_both("create table a (id int)")
        lines = conninfo(world.source).replace(" ", "\n")
        (tmp_path / "services").write_text(f"[shop]\n{lines}\n")
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
        arguments = parse("service=shop", conninfo(world.target), "--no-self-test")
        assert run(arguments) == 0

    def test_statements_are_written_and_not_run(self, world, capsys):
        world.on_both("create table t (id int primary key, v text)")
        world.on_source("insert into t values (1, 'a')")
        assert self.run(world, "--no-self-test", "--sql") == 1
        script = capsys.readouterr().out
        assert script.startswith("-- DIFFERENT")
        assert self.run(world, "--no-self-test", "--quiet") == 1
        world.on_target(script)
        assert self.run(world, "--no-self-test") == 0

    def test_quiet_says_the_verdict_alone(self, world, capsys):
        world.on_both("create table t (id int primary key)")
        world.on_target("insert into t values (1)")
        assert self.run(world, "--no-self-test", "--quiet") == 1
        captured = capsys.readouterr()
        assert captured.out == "DIFFERENT: the target is not the source\n"
        assert captured.err == ""

    def test_a_file_is_written_instead(self, world, tmp_path, capsys):
        world.on_both("create table t (id int primary key)")
        path = tmp_path / "answer"
        assert self.run(world, "--no-self-test", "-o", str(path)) == 0
        assert capsys.readouterr().out == ""
        assert path.read_text().startswith("EQUAL")

    def test_what_was_narrowed_is_said(self, world, capsys):
        world.on_both("create table t (id int primary key, v text, w text)")
        world.on_target("insert into t values (1, 'x', 'y')")
        options = ("--where", "public.t=id > 1", "--ignore-column", "public.t.w",
                   "--exclude", "public.no*", "--key", "public.t=id", "--jobs", "1")  # fmt: skip
        world.on_both("create table no (id int)")
        assert self.run(world, "--no-self-test", *options) == 0
        out = capsys.readouterr().out
        assert out.startswith("EQUAL: the target is the source, but for what is left out\n")
        for said in (
            "rows of public.t but those where id > 1",
            "the column public.t.w",
            "relations: public.no",
            "the key of public.t: its rows are told apart by id",
        ):
            assert out.count(f"  left out  {said}\n") == 1  # fmt: skip
        with pytest.raises(UsageError, match="has no column z on the source"):
            self.run(world, "--no-self-test", "--key", "public.t=z")

    def test_many_pairs_have_one_summary_and_the_worst_exit(self, world, tmp_path, capsys):
        world.on_both("create table t (id int primary key)")
        equal = f"'{conninfo(world.source)}' '{conninfo(world.target)}'"
        nowhere = "'host=127.0.0.1 port=1 user=nobody dbname=x'"
        path = tmp_path / "pairs"
        path.write_text(f"{equal}\n{nowhere} {nowhere}\n")
        asked = ("--from", str(path), "--no-self-test", "--no-dump")
        assert run(parse(*asked)) == 2
        out = capsys.readouterr().out
        assert out.startswith("2 pairs: 1 EQUAL, 1 UNKNOWN\n  compared  ")
        world.on_target("insert into t values (1)")
        assert run(parse(*asked, "--json")) == 1
        whole = json.loads(capsys.readouterr().out)
        assert whole["equality"] == "DIFFERENT"
        assert [one["equality"] for one in whole["pairs"]] == ["DIFFERENT", "UNKNOWN"]
        for one in whole["pairs"]:
            jsonschema.validate(one, SCHEMA)

    def test_a_cluster_is_compared_database_by_database(self, world, pair, capsys):
        world.on_both("create table t (id int primary key)")
        pair.create_database("source", f"{pair.database}_alone")
        arguments = parse(conninfo(world.source), conninfo(world.target), "--cluster", "--no-dump",
                          "--no-self-test", "--no-roles", "--json")  # fmt: skip
        assert run(arguments) == 1
        pairs = json.loads(capsys.readouterr().out)["pairs"]
        found = {one["source"].split("dbname=")[-1]: one for one in pairs}
        alone = next(one for name, one in found.items() if f"{pair.database}_alone" in name)
        assert [(f["kind"], f["target"]) for f in alone["findings"]] == [("database", None)]
        ours = [one for one in pairs if one["source"].endswith(f"/{pair.database}")]
        assert [one["equality"] for one in ours] == ["EQUAL"]

    def test_an_empty_database_of_a_cluster_equals_an_empty_one(self, world, pair, capsys):
        for side in ("source", "target"):
            pair.create_database(side, f"{pair.database}_empty")
        named = [conninfo(world.source), conninfo(world.target), "--cluster", "--no-dump"]
        whole = [*named, "--no-self-test", "--json"]
        assert run(parse(*whole)) == 0
        pairs = json.loads(capsys.readouterr().out)["pairs"]
        assert {one["equality"] for one in pairs} == {"EQUAL"}
        assert run(parse(*whole, "--no-roles")) == 2  # nothing at all was compared

    def test_ctrl_c_says_what_was_seen_so_far(self, world, capsys, monkeypatch):
        world.on_both("create table a (id int primary key); create table b (id int primary key)")
        world.on_target("insert into a values (1); insert into b values (1)")
        plain = Content._compare_rows

        def interrupted(self, chosen):
            if chosen.source.name == "public.b":
                raise KeyboardInterrupt
            plain(self, chosen)

        monkeypatch.setattr(Content, "_compare_rows", interrupted)
        line = [conninfo(world.source), conninfo(world.target), "--no-self-test", "--no-dump"]
        assert cli.main(["compare", *line]) == 130
        captured = capsys.readouterr()
        assert captured.out.startswith("DIFFERENT")
        assert "interrupted at: rows of public.b (2 of 2)" in captured.out
        assert "row [1]: extra on the target" in captured.out
        last = captured.err.splitlines()[-1]
        assert last.startswith("interrupted: 1 difference found in ")
        assert last.endswith(", 1 relations; the rest was not looked at")

    def test_ctrl_c_shows_no_value_that_was_not_to_be_shown(self, world, capsys, monkeypatch):
        world.on_both("create table a (id int, v text); create table b (id int primary key)")
        world.on_target("insert into a values (1, 'a secret'); insert into b values (1)")
        plain = Content._compare_rows

        def interrupted(self, chosen):
            if chosen.source.name == "public.b":
                raise KeyboardInterrupt
            plain(self, chosen)

        monkeypatch.setattr(Content, "_compare_rows", interrupted)
        options = ("--no-self-test", "--no-dump", "--live", "--redact", "--where",
                   "public.a=v <> 'a value'")  # fmt: skip
        with pytest.raises(KeyboardInterrupt):
            self.run(world, *options)
        out = capsys.readouterr().out
        assert "multiplicity" in out
        assert "rows of public.a but those where a condition holds" in out
        assert "a secret" not in out
        assert "a value" not in out

    def test_ctrl_c_while_the_self_test_runs_keeps_what_was_seen(
        self, world, lease, capsys, monkeypatch
    ):
        world.on_both("create table t (id int primary key)")

        def interrupted(*_addresses, **_words):
            raise KeyboardInterrupt

        monkeypatch.setattr("assay.compare.run.run_self_test", interrupted)
        with pytest.raises(KeyboardInterrupt, match=r"no difference found in .* 1 relations"):
            self.run(world, "--no-dump", lease=lease)
        out = capsys.readouterr().out
        assert out.startswith("UNKNOWN")
        assert "interrupted before the self-test had ended" in out
