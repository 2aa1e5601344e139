"""A tool described by a TOML file."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assay.errors import UsageError
from assay.postgres.address import Address
from assay.redact import Secret
from assay.replicators.base import (
    LOOKING,
    Call,
    Capability,
    Filters,
    HandOver,
    Phase,
    State,
    said,
)
from assay.replicators.drivers import manifest_faults
from assay.replicators.drivers.manifest import OWN, load
from assay.replicators.drivers.templates import LISTS, SINGLE
from assay.replicators.programs import search_path
from assay.replicators.registry import resolve

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "pg_dump-restore.toml"
SCHEMA = json.loads(manifest_faults.SCHEMA.read_text())
SOURCE = Address("h", 1, "me", Secret("one"), "app")
TARGET = Address("h", 2, "me", Secret("two"), "app")
WHOLE = """
name = "tool"
version = ["tool", "--version"]
capabilities = ["init", "live"]
env = { TOOL_HOME = "{workdir}/home" }
[phases.init]
argv = ["tool", "copy", "{source}", "--to={target_nopass}", "--only={include_tables}"]
follow_argv = ["--slot", "{database}_{attempt}"]
drop_existing_argv = ["--drop"]
[phases.sync]
argv = ["tool", "follow"]
background = true
timeout = 7
[exit_codes]
refused = [3]
[leftovers.source]
slot = ["tool_.*"]
"""


def manifest(folder: Path, text: str) -> Path:
    path = folder / "tool.toml"
    path.write_text(text)
    return path


def test_templates_are_filled_in(tmp_path):
    driver = load(manifest(tmp_path, WHOLE))
    call = Call(SOURCE, TARGET, Filters(include_tables=("app.a", "app.b")), workdir="/w")
    command = driver.command(Phase.INIT, call)
    assert command is not None
    assert command.argv == (
        "tool",
        "copy",
        "postgresql://me:one@h:1/app",
        "--to=postgresql://me@h:2/app",
        "--only=app.a,app.b",
    )
    assert command.env == {"TOOL_HOME": "/w/home"}
    assert command.passfile == ()


def test_a_word_whose_filter_is_empty_is_left_out(tmp_path):
    command = load(manifest(tmp_path, WHOLE)).command(Phase.INIT, Call(SOURCE, TARGET))
    assert command is not None
    assert not any("--only" in word for word in command.argv)


def test_words_for_following_and_dropping_are_added(tmp_path):
    call = Call(SOURCE, TARGET, follow=True, drop_existing=True)
    command = load(manifest(tmp_path, WHOLE)).command(Phase.INIT, call)
    assert command is not None
    assert command.argv[-3:] == ("--slot", "app_a", "--drop")


def test_the_rest_is_taken_as_it_stands(tmp_path):
    driver = load(manifest(tmp_path, WHOLE))
    stream = driver.command(Phase.SYNC, Call(SOURCE, TARGET))
    assert stream is not None
    assert (stream.background, stream.timeout) == (True, 7)
    assert driver.capabilities == {Capability.INIT, Capability.LIVE}
    assert driver.refused == {3}
    assert driver.leftovers.source == {"slot": ("tool_.*",)}
    assert driver.command(Phase.VERIFY, Call(SOURCE, TARGET)) is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "tool"', 'nmae = "tool"', "nmae: unknown key"),
        ("background", "backgruond", "phases.sync.backgruond: unknown key"),
        ("phases.sync", "phases.synch", "phases.synch: 'synch' is unknown"),
        ('"live"', '"lively"', "capabilities: 'lively' is unknown"),
        ("{source}", "{sauce}", "phases.init.argv: unknown placeholder {sauce}"),
        ("{workdir}/home", "{include_tables}", "env.TOOL_HOME: unknown placeholder"),
        ('"tool_.*"', '"tool_("', "leftovers.source.slot: 'tool_\\(' is no regular"),
        ("[3]", '["3"]', "exit_codes.refused: must be a number"),
        ("timeout = 7", "timeout = 0", "phases.sync.timeout: must be a number of seconds"),
        (
            'argv = ["tool", "follow"]',
            "argv = []",
            "phases.sync.argv: must be a list that names a program",
        ),
    ],
)
def test_what_a_manifest_must_not_say_is_named_with_file_and_key(tmp_path, old, new, named):
    assert old in WHOLE
    path = manifest(tmp_path, WHOLE.replace(old, new, 1))
    with pytest.raises(UsageError, match=named) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_every_fault_has_a_line_in_one_message(tmp_path):
    text = """
    capabilities = ["init", "lively", "live", "fast"]
    passfile = "yes"
    [phases.init]
    argv = ["tool", "{sauce}"]
    timeout = "long"
    stands_on = "sand"
    [phases.sync]
    [[status.states]]
    says = ["running"]
    [leftovers.source]
    slots = ["x("]
    """
    with pytest.raises(UsageError) as caught:
        load(manifest(tmp_path, text))
    lines = caught.value.evidence.splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "capabilities: 'lively' is unknown",
        "capabilities: 'fast' is unknown",
        "leftovers.source.slots: 'slots' is unknown",
        "leftovers.source.slots: 'x(' is no regular expression: "
        "missing ), unterminated subpattern at position 1",
        "passfile: must be true or false",
        "phases.init.argv: unknown placeholder {sauce}",
        "phases.init.stands_on: 'sand' is unknown",
        "phases.init.timeout: must be a number of seconds",
        "phases.sync.argv: is missing",
        "status.states: needs exit or pattern beside says",
        "status.states.says: 'running' is unknown",
    ]


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (Capability, SCHEMA["properties"]["capabilities"]["items"]),
        (Phase, SCHEMA["properties"]["phases"]["propertyNames"]),
        (State, SCHEMA["$defs"]["state"]),
    ],
)
def test_the_schema_names_what_there_is(kind, named):
    assert named["enum"] == [member.value for member in kind]


def test_the_schema_names_every_placeholder_and_ground():
    grounds = SCHEMA["$defs"]["phase"]["properties"]["stands_on"]["enum"]
    assert set(grounds) == {OWN, *HandOver}
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("program", ["./bin/tool", "bin/tool", "{manifest_dir}/bin/tool"])
def test_a_relative_program_begins_at_the_manifest(tmp_path, program):
    text = f'[phases.init]\nargv = ["{program}", "--conf={{manifest_dir}}/tool.conf", "x/y"]\n'
    command = load(manifest(tmp_path, text)).command(Phase.INIT, Call(SOURCE, TARGET))
    assert command is not None
    assert Path(command.argv[0]) == tmp_path / "bin" / "tool"
    assert command.argv[1:] == (f"--conf={tmp_path}/tool.conf", "x/y")


def test_phases_stand_on_what_the_manifest_says(tmp_path):
    plain = load(manifest(tmp_path, WHOLE))
    assert plain.stands_on == LOOKING
    text = WHOLE.replace("background = true", 'stands_on = "copied"')
    text += '[phases.status]\nargv = ["tool", "status"]\nstands_on = "own"\n'
    given = load(manifest(tmp_path, text)).stands_on
    assert given[Phase.SYNC] is HandOver.COPIED
    assert Phase.STATUS not in given
    assert Phase.VERIFY in given


def test_answers_of_status_are_read_by_the_manifests_rules(tmp_path):
    text = (
        WHOLE
        + """
    [[status.states]]
    says = ["lagging"]
    exit = [0]
    pattern = "behind [1-9]"
    [[status.states]]
    says = ["streaming"]
    exit = [0]
    """
    )
    rules = load(manifest(tmp_path, text)).status_states
    assert said(rules, 0, "behind 7 bytes") == {State.LAGGING}
    assert said(rules, 0, "behind 0 bytes") == {State.STREAMING}
    assert said(rules, 3, "") == frozenset()


def test_the_version_is_asked_with_the_path_of_the_phases(tmp_path):
    for folder, number in (("old", 1), ("new", 2)):
        program = tmp_path / folder / "ourtool"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho ourtool {number}\n")
        program.chmod(0o755)
    driver = load(manifest(tmp_path, WHOLE.replace('["tool", "--version"]', '["ourtool"]')))
    assert driver.version(search_path(str(tmp_path / "new"))) == "ourtool 2"
    assert driver.version(search_path(str(tmp_path / "old"))) == "ourtool 1"


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        resolve(str(tmp_path / "none.toml"))


def test_a_shell_variable_is_no_placeholder(tmp_path):
    text = '[phases.init]\nargv = ["sh", "-c", "echo ${home} {database}"]\n'
    command = load(manifest(tmp_path, text)).command(Phase.INIT, Call(SOURCE, TARGET))
    assert command is not None
    assert command.argv[-1] == "echo ${home} app"


def test_the_example_in_the_documents_is_a_driver():
    driver = resolve(str(EXAMPLE))
    assert (driver.name, driver.capabilities) == ("pg_dump-restore", {Capability.INIT})
    command = driver.command(Phase.INIT, Call(SOURCE, TARGET))
    assert command is not None
    assert command.passfile == ("h:1:*:me:one", "h:2:*:me:two")
    assert "one" not in " ".join(command.argv[3:])


def test_the_document_names_every_key_placeholder_capability_and_state():
    document = (EXAMPLE.parents[1] / "writing-a-driver.md").read_text()
    told = set(re.findall(r"[`*]([\w.]+|\{\w+\})(?=[`*.]| = )", document))
    names = {*SCHEMA["properties"], *SCHEMA["$defs"]["phase"]["properties"], *Capability, *State}
    assert not names - told
    assert not {f"{{{name}}}" for name in (*LISTS, *SINGLE)} - told
