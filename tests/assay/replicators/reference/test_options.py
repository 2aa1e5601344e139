"""The reference's command line."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from assay.errors import UsageError
from assay.replicators.reference import tools
from assay.replicators.reference.options import Item, parse, plain, quoted, split_items

URLS = ("--source", "postgresql://me@a:1/app", "--target", "postgresql://me@b:2/app")


@pytest.fixture
def passfile(tmp_path: Path) -> Path:
    path = tmp_path / "passfile"
    path.write_text("a:1:*:me:one\nb:2:*:me:two\n")
    path.chmod(0o600)
    return path


def test_passwords_come_from_the_passfile(passfile):
    options = parse(["init", *URLS, "--passfile", str(passfile)])
    assert options.source.password.reveal() == "one"
    assert options.target.password.reveal() == "two"


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@a:1/app", "postgresql://me@a:1/app?password=secret"]
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError, match="--passfile FILE") as caught:
        parse(["init", "--source", url, "--target", "postgresql://me@b/app"])
    assert "secret" not in str(caught.value)


def test_a_passfile_that_others_can_read_is_refused(passfile):
    passfile.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        parse(["init", *URLS, "--passfile", str(passfile)])


def test_parts_of_a_url_are_decoded():
    given = ("--source", "postgresql://us%20er@a:1/db%2Fz%22", *URLS[2:])
    options = parse(["status", *given])
    assert (options.source.user, options.source.database) == ("us er", 'db/z"')


def test_filters_repeat_and_split_at_commas_outside_quotes():
    options = parse(["init", *URLS, "--include-databases", 'a,"b,c"', "--include-databases", 'd"e'])
    assert options.include_databases == ("a", "b,c", 'd"e')


def test_a_table_item_has_two_or_three_parts():
    options = parse(["init", *URLS, "--exclude-tables", 'app.t,app."a.b"."c""d",app.S.T'])
    assert options.exclude_tables == (
        Item("app", "public", "t"),
        Item("app", "a.b", 'c"d'),
        Item("app", "S", "T"),
    )


@pytest.mark.parametrize("item", ["t", "a.b.c.d", "app..t", "app."])
def test_any_other_number_of_parts_is_a_usage_error(item):
    with pytest.raises(UsageError, match=r"database\.schema\.table"):
        parse(["init", *URLS, "--exclude-tables", item])


@pytest.mark.parametrize(
    "given",
    [
        ("init", "--include-databases", "a", "--exclude-databases", "b"),
        ("init", "--include-tables", "a.b", "--exclude-tables", "a.c"),
        ("init", "--keep-slot"),
    ],
)
def test_options_that_contradict_each_other_are_usage_errors(given):
    with pytest.raises(UsageError):
        parse([given[0], *URLS, *given[1:]])


@pytest.mark.parametrize(
    "given", [("status", "--drop-existing"), ("init", "--force"), ("cutover", "--no-sync")]
)
def test_options_of_other_commands_end_with_exit_code_2(given, capsys):
    with pytest.raises(SystemExit) as caught:
        parse([given[0], *URLS, *given[1:]])
    assert caught.value.code == 2
    assert given[1] in capsys.readouterr().err


@pytest.mark.parametrize("name", ["plain", 'a"b', '"', 'x"y"', "a,b.c", '""', "My DB"])
def test_quoted_names_are_read_back(name):
    assert plain(quoted(name)) == name
    assert split_items(f"{quoted(name)},next", ",") == [quoted(name), "next"]


def test_init_follows_unless_told_otherwise():
    assert parse(["init", *URLS]).follows
    assert parse(["init", *URLS, "--no-sync", "--keep-slot"]).follows
    assert not parse(["init", *URLS, "--no-sync"]).follows


def test_parameters_of_a_url_are_obeyed_everywhere(passfile):
    url = "postgresql://me@a:1/app?sslmode=disable&hostaddr=203.0.113.7"
    options = parse(["init", "--source", url, *URLS[2:], "--passfile", str(passfile)])
    told = conninfo_to_dict(tools.conninfo(options.source))
    assert (told["host"], told["hostaddr"], told["sslmode"]) == ("a", "203.0.113.7", "disable")
    assert told["application_name"] == "assay_ref"
    peer = tools.conninfo(options.source, password="x", application_name=None)
    assert "application_name" not in conninfo_to_dict(peer)


@pytest.mark.parametrize("name", ["host", "options", "service", "passfile", "nonsense"])
def test_a_parameter_that_would_lead_elsewhere_is_refused(name):
    with pytest.raises(UsageError, match=f"a parameter '{name}' that is not supported"):
        parse(["init", "--source", f"postgresql://me@a/app?{name}=x", *URLS[2:]])
