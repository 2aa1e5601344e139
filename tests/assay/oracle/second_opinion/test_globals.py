"""What reaches beyond a database: what the catalogs or pg_dumpall sees alone is a difference."""

from __future__ import annotations

from collections import Counter

import pytest

from assay.names import RunId
from assay.oracle.second_opinion import globals as beyond
from assay.oracle.second_opinion.globals import globals_tell
from assay.oracle.words.finding import Equality, Finding
from assay.oracle.words.scope import Declared, Scope
from assay.postgres.session import connect

EVERYTHING = Scope()
MD5 = f"md5{'0' * 31}"  # a verifier without a salt, but its last digit


@pytest.fixture
def made(world, pair):
    """A role and a tablespace by one name on both servers, gone afterwards."""
    name = RunId.new().name("beyond")
    for side in ("source", "target"):
        pair.record(side, "role", name)
        for kind in ("membership", "parameter", "setting", "tablespace", "comment"):
            pair.allow(side, kind, ".*")
    world.on_both(
        f"create role {name} login password '{MD5}1'; grant pg_monitor to {name};"
        f"alter role {name} set work_mem = '9MB'; grant set on parameter log_statement to {name}"
    )
    for address in (world.source, world.target):
        with connect(address, settings={"allow_in_place_tablespaces": "on"}) as connection:
            connection.execute(f"create tablespace {name} location ''".encode())
    world.on_both(f"alter tablespace {name} set (seq_page_cost = 3); create table t (id int)")
    yield name
    for address in (world.source, world.target):
        with connect(address) as connection:
            connection.execute(f"drop tablespace if exists {name}".encode())
    world.on_both(f"revoke all on parameter log_statement from {name}")


@pytest.mark.servers
def test_globals_that_are_equal_are_agreed_upon(world, pair, made):
    seen = world.compare(EVERYTHING, tools=pair.server_pair.tools)
    assert (seen.equality, seen.why) == (Equality.EQUAL, None)


DAMAGE = {
    "alter role {0} createdb": "role {0} createdb: source false, target true",
    f"alter role {{0}} password '{MD5}2'": "role {0} password",
    "revoke pg_monitor from {0}": "role-membership pg_monitor",
    "alter role {0} set work_mem = '8MB'": "role-setting {0} work_mem: source 9MB, target 8MB",
    "grant alter system on parameter log_statement to {0}": "acl parameter log_statement",
    "alter tablespace {0} set (seq_page_cost = 4)": "tablespace {0} options seq_page_cost",
    "alter tablespace {0} owner to {0}": "tablespace {0} owner: source postgres, target {0}",
    "grant create on tablespace {0} to public": "tablespace {0} acl",
    "comment on tablespace {0} is 'here'": "tablespace {0} comment: source (absent), target here",
}


@pytest.mark.servers
@pytest.mark.parametrize("sql", [*DAMAGE, "drop tablespace"])
def test_globals_that_differ_are_found_by_both(world, pair, made, sql):
    if sql == "drop tablespace":
        with connect(world.target) as connection:
            connection.execute(f"drop tablespace {made}".encode())
    else:
        world.on_target(sql.format(made))
    seen = world.compare(EVERYTHING, tools=pair.server_pair.tools)
    assert (seen.equality, seen.why) == (Equality.DIFFERENT, None)
    assert str(seen.findings[0]).startswith(DAMAGE.get(sql, "tablespace {0}").format(made))


@pytest.mark.servers
@pytest.mark.parametrize(
    ("rule", "sql"),
    [("roles", "alter role {0} createdb"), ("tablespaces", "alter tablespace {0} owner to {0}")],
)
def test_what_no_rule_looks_at_is_found_by_pg_dumpall(world, pair, made, rule, sql):
    world.on_target(sql.format(made))
    tools = pair.server_pair.tools
    seen = world.compare(EVERYTHING, tools=tools, without=frozenset({rule}))
    assert (seen.equality, seen.doubts) == (Equality.DIFFERENT, ())
    assert {finding.kind for finding in seen.findings} == {"dump"}
    assert all(made in finding.object for finding in seen.findings)
    # Who leaves roles out is not asked about them.
    assert world.compare(tools=tools).equality is Equality.EQUAL


@pytest.mark.servers
def test_a_role_that_is_made_on_both_servers_meanwhile_is_no_difference(
    world, pair, made, monkeypatch
):
    real, asked = beyond._dump, []

    def dump(address, side, **words):
        before = real(address, side, **words)
        asked.append(side.name)
        late = asked.count(side.name) == 1 and side.name == "target"
        return before[:-1] if late else before  # the target was asked before it was made there

    monkeypatch.setattr(beyond, "_dump", dump)
    assert world.compare(EVERYTHING, tools=pair.server_pair.tools).equality is Equality.EQUAL
    assert len(asked) == 4


@pytest.mark.servers
def test_a_named_role_brings_its_tablespaces_and_no_others(world, made):
    world.on_target(f"alter tablespace {made} set (seq_page_cost = 4)")
    named = Scope(roles=(made,))
    assert world.compare(named).equality is Equality.EQUAL  # it is another's
    world.on_both(f"alter tablespace {made} owner to {made}")
    found = [finding.object for finding in world.compare(named).findings]
    assert found == [made]


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding("role", "a", column="createdb", source="false", target="true"), True),
        (Finding("role-membership", "a"), True),
        (Finding("role-setting", "a", column="work_mem", source="1"), True),
        (Finding("role-setting", "a", column="work_mem (in database)", source="1"), False),
        (Finding("role-setting", "ALL", column="work_mem", source="1"), False),
        (Finding("tablespace", "a"), True),
        (Finding("acl", "parameter work_mem", column="x=SET/y"), True),
        (Finding("acl", "table public.t", column="x=SELECT/y"), False),
        (Finding("table", "public.t"), False),
    ],
)
def test_what_pg_dumpall_writes_is_known(finding, expected):
    assert globals_tell(finding) is expected


@pytest.mark.parametrize(
    "scope",
    [Scope(roles=()), Scope(roles=("a",)), Scope(schemas=("public",)), Scope(parts="data"),
     Scope(include_tables=("public.t",)),
     Scope(declared=Declared(target={"role": ("x",)}))],
)  # fmt: skip
def test_a_part_of_the_globals_is_not_held_against_all_of_them(scope):
    assert not beyond.globals_take_part((), scope)


def test_a_server_s_own_password_and_places_are_no_difference():
    def said(secret, own, place):
        return Counter(
            beyond._statements(
                f"--\n-- Roles\n--\n\\restrict {place}\nSET x = y;\nCREATE ROLE a;\n"
                f"ALTER ROLE a WITH LOGIN PASSWORD '{secret}';\n"
                f"ALTER ROLE postgres WITH SUPERUSER PASSWORD '{own}';\n"
                f"CREATE TABLESPACE a OWNER postgres LOCATION '/{place}';\n",
                bootstrap="postgres",
                common=17,
            )
        )

    assert said("x", "y", "z") == said("x", "other", "elsewhere")
    (differing,) = said("x", "y", "z") - said("z", "y", "z")
    assert differing.name == "ALTER ROLE a"
    assert "'x'" not in differing.text
    assert len(said("x", "y", "z")) == 4


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("", "INHERIT TRUE GRANTED BY postgres", True),
        ("ADMIN OPTION", "ADMIN OPTION, INHERIT TRUE GRANTED BY c", True),
        ("", "INHERIT FALSE GRANTED BY postgres", False),
        ("", "INHERIT TRUE, SET FALSE GRANTED BY postgres", False),
        ("", "ADMIN OPTION, INHERIT TRUE GRANTED BY postgres", False),
    ],
)
def test_a_membership_beside_an_old_server_is_what_that_one_knows(old, new, alike):
    with_options = f"GRANT a TO b WITH {new};"
    plain = f"GRANT a TO b WITH {old};" if old else "GRANT a TO b;"
    texts = [
        list(beyond._statements(text, bootstrap="p", common=common))
        for text, common in ((plain, 15), (with_options, 15), (plain, 16), (with_options, 16))
    ]
    assert (texts[0] == texts[1]) is alike
    assert texts[2] != texts[3]
