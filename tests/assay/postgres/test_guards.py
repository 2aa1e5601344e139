"""Guards are pure decisions: what is refused, and for which reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.errors import Refused, UsageError
from assay.postgres import conninfo, guards
from assay.postgres.guards import Content, ForeignLease, Grant, ServerFacts

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LEASE = ForeignLease(
    run_id="0a1b2c3d",
    owner="me",
    host="here",
    created_at=NOW - timedelta(hours=1),
    expires_at=NOW + timedelta(hours=1),
    nonce="n1",
    accepts_content=False,
)
SETTINGS = {
    "wal_level": "logical",
    "max_replication_slots": "10",
    "max_wal_senders": "10",
    "max_slot_wal_keep_size": "1024",
    "max_logical_replication_workers": "4",
    "max_worker_processes": "8",
}
GOOD = ServerFacts(
    system_identifier="1",
    in_recovery=False,
    content=Content(),
    lease=LEASE,
    settings=SETTINGS,
)
GRANT = Grant("1", "n1")


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("db.example.com", ["203.0.113.7"]),
        ("both.example.com", ["127.0.0.1", "203.0.113.7"]),
        ("v6.example.com", ["2001:db8::1"]),
        ("lan", ["192.168.1.20"]),
        ("container", ["172.17.0.2"]),
        ("link-local", ["fe80::1%eth0"]),
        ("0.0.0.0", ["0.0.0.0"]),
        ("nowhere", []),
        ("prod", ["127.0.0.1"]),
        ("db.prod.internal", ["127.0.0.1"]),
        ("orders-production.local", ["127.0.0.1"]),
        ("x.eu-west-1.rds.amazonaws.com", ["127.0.0.1"]),
        ("ep-cool-1.eu-central-1.aws.neon.tech", ["127.0.0.1"]),
        ("db.abc.supabase.co", ["127.0.0.1"]),
        ("x.postgres.database.azure.com", ["127.0.0.1"]),
    ],
)
def test_a_host_that_is_not_near_is_refused(host: str, addresses: list[str]) -> None:
    with pytest.raises(Refused, match="S3"):
        guards.check_host(host, addresses=addresses)


@pytest.mark.parametrize("host", ["x.rds.amazonaws.com", "prod"])
def test_the_deny_list_binds_even_an_allowed_host(host: str) -> None:
    with pytest.raises(Refused, match="deny list"):
        guards.check_host(host, addresses=["203.0.113.7"], allowed=(host,))


def test_the_allowed_host_is_an_exact_name() -> None:
    guards.check_host("db.example.com", addresses=["203.0.113.7"], allowed=("db.example.com",))
    with pytest.raises(Refused):
        guards.check_host("db2.example.com", addresses=["203.0.113.8"], allowed=("db.example.com",))


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["127.0.0.1", "::1"]),
        ("/var/run/postgresql", []),
        ("container", ["172.17.0.2"]),
        ("product-db", ["127.0.0.1"]),
    ],
)
def test_a_host_that_is_near_is_accepted(host: str, addresses: list[str]) -> None:
    guards.check_host(host, addresses=addresses, networks=["172.17.0.0/16"])


def test_a_configuration_that_is_not_production_lifts_the_deny_list() -> None:
    guards.check_host("prod", addresses=["127.0.0.1"], production=False)


@pytest.mark.parametrize("name", ["PGHOSTADDR", "PGSERVICE"])
def test_an_environment_that_redirects_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=name):
        guards.check_environment({name: "x"})


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u@localhost/db", ("localhost",)),
        ("postgresql://u@/db?host=db.example.com", ("db.example.com",)),
        ("postgresql://u@localhost/db?host=db.example.com", ("db.example.com",)),
        ("postgresql://u@localhost/db?hostaddr=203.0.113.7", ("localhost", "203.0.113.7")),
        ("host=a.example.com dbname=x", ("a.example.com",)),
        ("postgresql://u@/db?host=/run/sockets", ("/run/sockets",)),
    ],
)
def test_every_host_that_a_url_means_is_found(url: str, hosts: tuple[str, ...]) -> None:
    assert conninfo.parse(url).hosts == hosts


def test_the_numeric_address_is_where_a_url_leads() -> None:
    location = conninfo.parse("postgresql://u:p%40ss@localhost:6000/db?hostaddr=203.0.113.7")
    assert (location.address.host, location.address.port) == ("203.0.113.7", 6000)
    assert location.address.password.reveal() == "p@ss"


def test_a_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")
    assert conninfo.parse("postgresql://u@localhost/x").address.password.reveal() == "geheim"
    assert conninfo.parse("postgresql://u:p@localhost/x").address.password.reveal() == "p"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://u@localhost/db?service=other", Refused),
        ("service=other", Refused),
        ("postgresql://u@a,b/db", UsageError),
        ("postgresql:///db", UsageError),
        ("postgresql://u@localhost/db?sslmode=require", UsageError),
        ("postgresql://u@localhost/db?options=-csearch_path%3Dx", UsageError),
        ("not a url", UsageError),
    ],
)
def test_a_url_whose_server_is_not_certain_is_refused(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        conninfo.parse(url)


def test_two_urls_of_one_server_are_refused() -> None:
    with pytest.raises(Refused, match="S4"):
        guards.check_identity(GOOD, replace(GOOD, in_recovery=True))
    guards.check_identity(GOOD, replace(GOOD, system_identifier="2"))


@pytest.mark.parametrize(
    ("facts", "grant"),
    [
        (replace(GOOD, lease=None), GRANT),
        (GOOD, None),
        (GOOD, Grant("2", "n1")),
        (GOOD, Grant("1", "somebody else's")),
        (replace(GOOD, lease=replace(LEASE, expires_at=NOW)), GRANT),
    ],
    ids=["none", "not from here", "other server", "foreign", "expired"],
)
def test_a_server_without_a_valid_lease_is_refused(facts: ServerFacts, grant: Grant | None) -> None:
    with pytest.raises(Refused, match=r"S1.*\n.*system identifier 1|S1"):
        guards.check_lease(facts, grant=grant, now=NOW)


def test_a_valid_lease_is_accepted() -> None:
    guards.check_lease(GOOD, grant=GRANT, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"in_recovery": True},
        {"content": Content(subscriptions=("theirs",))},
        {"content": Content(slots=("theirs",))},
    ],
)
def test_a_server_that_others_depend_on_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="S6"):
        guards.check_preflight(replace(GOOD, **change))


def test_a_role_without_all_rights_is_refused() -> None:
    guards.check_rights("postgres", superuser=True)
    with pytest.raises(Refused, match="superuser"):
        guards.check_rights("app", superuser=False)


def test_a_source_whose_disk_a_slot_could_fill_is_refused() -> None:
    with pytest.raises(Refused, match="max_slot_wal_keep_size"):
        guards.check_settings(with_settings(max_slot_wal_keep_size="-1"), GOOD)


@pytest.mark.parametrize(
    "content",
    [
        Content(databases=("shop",)),
        Content(relations=("postgres: public.t",)),
        Content(roles=("app",)),
    ],
)
def test_a_target_that_is_not_empty_is_refused(content: Content) -> None:
    with pytest.raises(Refused, match="S2"):
        guards.check_target(replace(GOOD, content=content))
    accepting = replace(LEASE, accepts_content=True)
    guards.check_target(replace(GOOD, content=content, lease=accepting))


@pytest.mark.parametrize(
    "name", ["shop", "assay", "assay_", "assay_x_1", "assay_0a1b2c3d", 'assay_0a1b2c3d_x"; drop']
)
def test_a_name_without_the_prefix_of_a_run_is_never_dropped(name: str) -> None:
    with pytest.raises(Refused, match="S2"):
        guards.check_name(name)


def test_a_name_with_the_prefix_of_a_run_may_be_dropped() -> None:
    guards.check_name("assay_0a1b2c3d_7")


def with_settings(**changes: str) -> ServerFacts:
    return replace(GOOD, settings={**SETTINGS, **changes})


def test_all_settings_that_are_not_enough_are_told_at_once_with_what_sets_them() -> None:
    guards.check_settings(GOOD, with_settings(wal_level="replica"))
    with pytest.raises(Refused, match="S6") as caught:
        guards.check_settings(
            with_settings(wal_level="replica", max_wal_senders="0"),
            with_settings(max_worker_processes="2"),
        )
    assert [line.partition(";")[0] for line in caught.value.evidence.splitlines()] == [
        "source: wal_level is replica",
        "source: max_wal_senders is 0",
        "target: max_worker_processes is 2",
    ]
    assert "on the source: alter system set wal_level = 'logical'" in caught.value.remedy
    assert "on the target: alter system set max_worker_processes = '8'" in caught.value.remedy


def test_every_setting_that_is_needed_is_in_the_document() -> None:
    text = (Path(__file__).parents[3] / "docs" / "servers.md").read_text()
    for side, settings in guards.NEEDED.items():
        for one in settings:
            least = one.word or one.advised or one.least
            assert f"| {side} | `{one.name}` | {least} |" in text, one.name
