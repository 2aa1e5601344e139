"""Source and target are one database under two spellings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.conformance.case import Expected
from assay.postgres.address import Viewer
from assay.run.outcome import Outcome

SETUP = """
create table precious (id int primary key, note text not null);
insert into precious select i, md5(i::text) from generate_series(1, 100) i;
"""


@pytest.mark.integration
@pytest.mark.case(
    "rs-same-database",
    "restart",
    phases=("init",),
    expected=(Expected(Outcome.REFUSED),),
    caught_by="lossy:same-database-accepted finds table public.precious",
)
def test_one_database_under_two_spellings_is_refused(judged_case):
    """A target that is the source under another host name is refused, the source stays whole."""
    with judged_case() as trial:
        trial.prepare(setup=SETUP)
        trial.bench.target = replace(
            trial.bench.pair.address("source", Viewer.TESTS), host="localhost"
        )
        trial.bench.drop_existing = (
            True  # the worst case: a tool that trusts the URL drops the source
        )
        trial.init()
