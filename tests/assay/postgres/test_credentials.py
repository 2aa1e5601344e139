"""The verifier is the one PostgreSQL itself would make."""

from __future__ import annotations

import base64

import pytest

from assay.errors import ServerError
from assay.postgres.credentials import Credentials, scram_verifier
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, scalar
from assay.redact import Secret


def test_a_verifier_is_that_of_rfc_7677() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram_verifier("pencil", salt=salt, iterations=4096)
    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_credentials_do_not_show_themselves() -> None:
    credentials = Credentials.new()
    assert credentials.password.reveal() not in repr(credentials)
    assert "SCRAM" not in repr(credentials)


def test_passwords_are_random() -> None:
    assert Credentials.new().password != Credentials.new().password


@pytest.mark.servers
def test_the_servers_want_the_password(pool: PairPool) -> None:
    address = pool.server_pair().source.address()
    with connect(address) as connection:
        assert scalar(connection, "select 1") == 1
    wrong = address.as_role(address.user, Secret("wrong"))
    with pytest.raises(ServerError, match="password authentication failed"), connect(wrong):
        pass
