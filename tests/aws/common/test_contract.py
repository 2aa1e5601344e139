"""The replicator's command line follows from the schema."""

from __future__ import annotations

import pytest

from jobcore import addresses, contract

SPEC = {
    "schema_version": "1.0",
    "command": "init",
    "source_url": "postgresql://h/a",
    "target_url": "postgresql://h/b",
    "filter": {"include_databases": ["a", "b"], "exclude_tables": ["a.t"]},
    "options": {"drop_existing": True, "enable_sync": False, "estimated_size_bytes": 1},
}
FILTERS = ("--include-databases", "a", "--include-databases", "b")
TABLES = ("--exclude-tables", "a.t")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("init", ("--local", "--yes", "--no-interactive", "--no-resume", *FILTERS, *TABLES,
                  "--drop-existing", "--no-sync")),
        ("validate", ("--no-interactive", *FILTERS, *TABLES)),
        ("sync", ("--no-interactive", *FILTERS, *TABLES)),
        ("status", FILTERS),
        ("verify", FILTERS),
    ],
)  # fmt: skip
def test_each_command_gets_the_flags_that_it_takes(command, words):
    argv = contract.argv({**SPEC, "command": command}, source="S", target="T")
    assert argv == (command, "--source", "S", "--target", "T", *words)


def test_defaults_add_no_flag():
    plain = {**SPEC, "filter": {}, "options": {"drop_existing": False, "enable_sync": True}}
    assert contract.argv(plain, source="S", target="T")[-1] == "--no-resume"


def test_every_state_leads_to_known_states_and_three_are_final():
    machine = contract.transitions()
    assert {to for following in machine.values() for to in following} <= set(machine)
    assert contract.terminal() == {"completed", "failed", "timeout"}


def test_a_name_that_leads_to_a_private_address_is_refused():
    private = addresses.ipaddress.ip_address("10.1.2.3")
    public = addresses.ipaddress.ip_address("8.8.8.8")
    with pytest.raises(addresses.RefusedAddress, match=r"10\.1\.2\.3"):
        addresses.checked("db.example.com", resolver=lambda _: (public, private))
    assert addresses.checked("db.example.com", resolver=lambda _: (public,)) == (public,)


@pytest.mark.parametrize(
    "text",
    ["::1", "::ffff:10.0.0.1", "fd00:ec2::254", "fe80::1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
def test_addresses_of_version_6_that_lead_inside_are_forbidden(text):
    assert addresses.forbidden(addresses.ipaddress.ip_address(text))
