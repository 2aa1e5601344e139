"""How the worker calls the tool: passwords handed over, addresses checked and pinned."""

from __future__ import annotations

import ipaddress
import json
import socket
import stat

import pytest

from jobcore import addresses
from worker.replicator import Replicator, Unusable

SPEC = {
    "command": "init",
    "source_url": "postgresql://us%40er:p%3Aw@source.example.com:5432/db?sslmode=require",
    "target_url": "postgres://user@target.example.com/db",
    "filter": {"include_databases": ["db"]},
    "options": {"enable_sync": False},
}
PUBLIC = (ipaddress.ip_address("203.0.112.7"), ipaddress.ip_address("2a00::7"))


@pytest.fixture
def tool(tmp_path):
    """A tool that is described so, in an image."""

    def made(**described):
        given = {"argv": ["tool"], "passwords": "passfile", "pin": "hostaddr", **described}
        (tmp_path / "replicator.json").write_text(json.dumps(given))
        return Replicator.of(tmp_path)

    return made


@pytest.fixture
def names(monkeypatch):
    """What every name resolves to, and how often each was asked for; nobody answers."""
    asked = []

    def lookup(host, *_, **__):
        asked.append(host)
        return [(0, 0, 0, "", (str(address), 0)) for address in names.found]

    def connect(address, **_):
        if address[0] not in names.listening:
            raise ConnectionRefusedError

        return socket.socket()

    names.found, names.listening, names.asked = PUBLIC, set(), asked
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
    monkeypatch.setattr("worker.replicator.socket.create_connection", connect)
    return names


def test_a_passfile_takes_the_password_out_of_the_url_and_hostaddr_pins(tool, names, tmp_path):
    call = tool().prepare(SPEC, private=tmp_path, guarded=True)
    assert call.argv[:6] == (
        "tool", "init", "--source",
        "postgresql://us%40er@source.example.com:5432/db?sslmode=require&hostaddr=203.0.112.7",
        "--target", "postgres://user@target.example.com/db?hostaddr=203.0.112.7",
    )  # fmt: skip
    passfile = tmp_path / "passfile"
    assert call.environment["PGPASSFILE"] == str(passfile)
    assert passfile.read_text().splitlines()[0] == r"source.example.com:5432:*:us@er:p\:w"
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
    assert names.asked == ["source.example.com", "target.example.com"]  # once each


def test_a_tool_that_takes_urls_only_gets_them_and_a_hosts_file(tool, names, tmp_path):
    call = tool(passwords="urls", pin="hosts").prepare(SPEC, private=tmp_path, guarded=True)
    assert call.argv[3] == SPEC["source_url"]
    assert "PGPASSFILE" not in call.environment
    lines = (tmp_path / "hosts").read_text().splitlines()
    assert lines[:2] == ["203.0.112.7 source.example.com", "203.0.112.7 target.example.com"]
    assert call.environment["REPLICATOR_HOSTS"] == str(tmp_path / "hosts")


def test_the_first_address_that_takes_a_connection_is_the_one(tool, names, tmp_path):
    names.listening = {"2a00::7"}
    call = tool().prepare(SPEC, private=tmp_path, guarded=True)
    assert call.argv[3].endswith("&hostaddr=2a00::7")


@pytest.mark.parametrize("bad", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1", "::1"])
def test_one_private_address_among_public_ones_refuses_the_job(tool, names, tmp_path, bad):
    names.found = (*PUBLIC, ipaddress.ip_address(bad))
    with pytest.raises(Unusable, match=f"source_url: host source.example.com leads to {bad}"):
        tool().prepare(SPEC, private=tmp_path, guarded=True)
    tool().prepare(SPEC, private=tmp_path, guarded=False)


def test_a_name_without_address_is_the_cause(tool, tmp_path, monkeypatch):
    def nobody(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", nobody)
    with pytest.raises(Unusable, match=r"source_url: host source.example.com does not resolve"):
        tool().prepare(SPEC, private=tmp_path, guarded=False)


def test_a_password_with_a_line_break_is_refused_rather_than_cut(tool, names, tmp_path):
    spec = {**SPEC, "source_url": "postgresql://u:a%0Ab@source.example.com/db"}
    with pytest.raises(Unusable, match="line break"):
        tool().prepare(spec, private=tmp_path, guarded=True)


def test_the_tool_gets_no_credentials_of_ours(tool, names, tmp_path, monkeypatch):
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "secret")
    call = tool(environment={"RUST_LOG": "info"}).prepare(SPEC, private=tmp_path, guarded=True)
    assert "secret" not in str(call)
    assert call.environment["RUST_LOG"] == "info"


@pytest.mark.parametrize("described", [{"passwords": "argv"}, {"pin": "none"}])
def test_a_description_that_means_nothing_is_refused(tool, described):
    with pytest.raises(ValueError, match=r"replicator\.json"):
        tool(**described)
