"""What the drivers of our own programs ask for."""

import pytest

from assay.postgres.address import Address
from assay.redact import Secret
from assay.replicators.base import Call, Filters, Phase
from assay.replicators.drivers.controls import Control
from assay.replicators.drivers.reference import Reference, filters

SOURCE = Address("127.0.0.1", 5001, "me", Secret("pass word:1"), "app")
TARGET = Address("127.0.0.1", 5002, "me", Secret("other"), "app")
CALL = Call(SOURCE, TARGET, Filters(include_databases=("app",)))
PHASES = [Phase.VALIDATE, Phase.INIT, Phase.SYNC, Phase.STATUS, Phase.VERIFY, Phase.CUTOVER]


def argv(phase: Phase, call: Call = CALL) -> tuple[str, ...]:
    command = Reference().command(phase, call)
    assert command is not None
    return command.argv


@pytest.mark.parametrize("phase", PHASES)
def test_passwords_travel_in_the_passfile_alone(phase):
    command = Reference().command(phase, CALL)
    assert command is not None
    assert command.passfile == (
        r"127.0.0.1:5001:*:me:pass word\:1",
        "127.0.0.1:5002:*:me:other",
    )
    assert "pass" not in " ".join(command.argv[4:])
    assert "other" not in " ".join(command.argv[4:])
    assert not any(word in str(command.env) for word in ("pass word", "other"))


def test_a_stream_to_come_keeps_the_slot_of_the_snapshot():
    assert "--keep-slot" not in argv(Phase.INIT)
    following = Call(SOURCE, TARGET, follow=True)
    assert argv(Phase.INIT, following)[-2:] == ("--no-sync", "--keep-slot")


def test_the_target_is_replaced_only_where_the_call_says_so():
    assert "--drop-existing" not in argv(Phase.INIT)
    assert "--drop-existing" in argv(Phase.INIT, Call(SOURCE, TARGET, drop_existing=True))


def test_database_filters_are_quoted_and_table_items_are_left_alone():
    given = Filters(include_databases=('a"b,c',), exclude_tables=('app."x.y".t', "app.u"))
    assert filters(given) == (
        "--include-databases",
        '"a""b,c"',
        "--exclude-tables",
        'app."x.y".t',
        "--exclude-tables",
        "app.u",
    )


def test_only_controls_do_something_before_the_comparison():
    assert Reference().command(Phase.CAUGHT_UP, CALL) is None
    damage = Control("lossy:row-lost").command(Phase.CAUGHT_UP, CALL)
    assert damage is not None
    assert "caught_up" in damage.argv
    assert Reference().command(Phase.STOP, CALL) is None
