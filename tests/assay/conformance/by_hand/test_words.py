"""What was a run's own becomes a variable; everything else of a command stays as it was."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.conformance.by_hand.steps import Steps
from assay.conformance.by_hand.words import Words
from assay.names import RunId
from assay.postgres.address import Address
from assay.redact import Secret

NAME = "assay_0123abcd_1"


@dataclass
class Pair:
    database: str = NAME
    hosts: tuple[str, str] = ("127.0.0.1:5001", "127.0.0.1:5002")

    def address(self, side, viewer=None):
        host, _, port = self.hosts[side == "target"].partition(":")
        return Address(host, int(port), "postgres", Secret("pa ss"), NAME)


@pytest.fixture
def words():
    return Words(Steps(Pair(), RunId("0123abcd")), Path("/run/work"))


S, D = "postgresql://postgres@127.0.0.1:5001", "postgresql://postgres@127.0.0.1:5002"


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("--follow", "--follow"),
        ("", "''"),
        ("it's $HOME", shlex.quote("it's $HOME")),
        (f"{S}/{NAME}", '"${source}/${database}"'),
        (f"{D}/postgres?connect_timeout=5", "\"${target}\"'/postgres?connect_timeout=5'"),
        ("postgresql://postgres:pa%20ss@127.0.0.1:5001/postgres", '"${source_secret}"/postgres'),
        (f"{S}/{NAME}_other", '"${source}"/"${name}"_other'),
        (f"--exclude={NAME}.public.t", '--exclude="${name}".public.t'),
        ("/run/work/dir", '"${work}"/dir'),
        ("postgresql://me@db.example.com:5999/x", "postgresql://me@db.example.com:5999/x"),
        (f"pg_dump '{S}/{NAME}' | psql {D}/{NAME}",
         "'pg_dump '\"'\"''\"${source}/${database}\"''\"'\"' | psql '\"${target}/${database}\""),
    ],
)  # fmt: skip
def test_a_word(words, word, written):
    assert words.of(word) == written
    assert not words.spelled


def test_another_spelling_of_a_host_is_kept(words):
    spelled = f"postgresql://postgres@localhost:5001/{NAME}"
    assert words.of(spelled) == '"${source_localhost}/${database}"'
    assert words.spelled == {"source_localhost": '$(spelled "$source" localhost)'}


def test_two_hosts_with_one_port_are_told_apart():
    pair = Pair(hosts=("10.0.0.1:5432", "10.0.0.2:5432"))
    words = Words(Steps(pair, RunId("0123abcd")), Path("/run/work"))
    assert words.of("postgresql://postgres@10.0.0.2:5432/x") == '"${target}"/x'
    assert words.of("postgresql://postgres@10.0.0.3:5432/x").startswith("postgresql://")
