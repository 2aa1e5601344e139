"""Snapshot cases that need a second session at a chosen moment."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assay.clock import wait_until
from assay.errors import TimedOut
from assay.postgres.address import Address
from assay.postgres.session import connect, scalar

SETUP = """
create table account (id int primary key, note text not null);
insert into account select i, 'before' from generate_series(1, 100) i;
"""
# The same for a shell: what the slots are is seen from inside a transaction as well.
BY_HAND = """begin;
{late};
do $$ begin for _ in 1..30 loop
  exit when exists (select from pg_replication_slots);
  perform pg_sleep(0.1);
end loop; end $$;
commit;"""


@contextmanager
def committed_once_a_slot_exists(source: Address, statement: str) -> Iterator[None]:
    """A write transaction open from now on; it commits when a slot is seen, or after 3 seconds."""
    with connect(source, autocommit=False) as writer:
        writer.execute(statement.encode())

        def commit() -> None:
            # A tool without a slot: the transaction still ends during its snapshot.
            with connect(source) as observer, contextlib.suppress(TimedOut):
                wait_until(
                    lambda: scalar(observer, "select count(*) from pg_replication_slots"),
                    what="a replication slot",
                    timeout=3,
                )
            writer.commit()

        committer = threading.Thread(target=commit)
        committer.start()
        try:
            yield
        finally:
            committer.join()


@pytest.mark.integration
@pytest.mark.case(
    "sn-long-tx-before",
    "snapshot",
    phases=("init", "live"),
    requires=("live",),
    caught_by="lossy:row-lost finds row public.account",
)
def test_transaction_open_before_the_start_arrives_once(judged_case):
    """A write transaction open before init, committed after the slot exists, arrives once."""
    with judged_case() as trial:
        trial.prepare(setup=SETUP)
        late = "insert into account select i, 'open' from generate_series(101, 200) i"
        trial.bench.steps.meanwhile("gap", BY_HAND.format(late=late), "source")
        with committed_once_a_slot_exists(trial.bench.pair.source, late):
            trial.init(compare=not trial.bench.follows)
        trial.follow()
