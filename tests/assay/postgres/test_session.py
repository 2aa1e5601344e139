"""Sessions are pinned: what did not take is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.errors import ServerError
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, pin, resolved, scalar

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("statement_timeout", "120s", "2min"),
        ("work_mem", "2048kB", "2MB"),
        ("datestyle", "ISO, YMD", "ISO, YMD"),
        ("extra_float_digits", "3", "3"),
    ],
)
def test_a_setting_takes_whatever_its_spelling(
    pool: PairPool, name: str, value: str, shown: str
) -> None:
    with connect(pool.server_pair().source.address(), settings={name: value}) as connection:
        assert scalar(connection, f"show {name}") == shown


def test_a_setting_that_did_not_take_is_an_error(pool: PairPool) -> None:
    with (
        connect(pool.server_pair().source.address()) as connection,
        pytest.raises(ServerError, match="did not take"),
    ):
        pin(connection, {"datestyle": "iso"})  # shown as ISO, MDY


def test_a_setting_that_does_not_exist_is_an_error(pool: PairPool) -> None:
    with (
        connect(pool.server_pair().source.address()) as connection,
        pytest.raises(ServerError, match="does not exist"),
    ):
        pin(connection, {"no_such_setting": "1"})


def test_every_session_has_limits_and_a_name(pool: PairPool) -> None:
    address = pool.server_pair().source.address()
    with connect(address, application="assay/me") as connection:
        assert scalar(connection, "show statement_timeout") == "2min"
        assert scalar(connection, "show lock_timeout") == "30s"
        assert scalar(connection, "show idle_in_transaction_session_timeout") == "3min"
        assert scalar(connection, "show application_name") == "assay/me"


def test_a_database_cannot_override_what_is_pinned(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        pair.allow("source", "setting", ".*")
        with connect(pair.source) as connection:
            connection.execute(
                f"alter database {pair.database} set extra_float_digits = -5".encode()
            )
        with connect(pair.source, settings={"extra_float_digits": "1"}) as connection:
            assert scalar(connection, "show extra_float_digits") == "1"


def test_the_environment_cannot_redirect_a_session(
    pool: PairPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "203.0.113.7")
    with connect(pool.server_pair().source.address(), timeout=2) as connection:
        assert scalar(connection, "select 1") == 1


def test_an_address_holds_no_option_that_was_not_given(pool: PairPool) -> None:
    """Programs of 14 and 15 refuse sslcertmode, which libpq fills in since 16."""
    url = pool.server_pair().source.address().url()
    with resolved(url) as (plain, _), resolved(f"{url}?sslmode=disable") as (given, _):
        assert plain.options == ()
        assert given.options == (("sslmode", "disable"),)


def test_an_address_leads_where_its_session_went(
    pool: PairPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = pool.server_pair().source.address()
    monkeypatch.setenv("PGHOSTADDR", server.host)
    with resolved(replace(server, host="nowhere.invalid").url()) as (address, _):
        monkeypatch.delenv("PGHOSTADDR")
        with connect(address) as connection:
            assert connection.info.hostaddr == server.host
