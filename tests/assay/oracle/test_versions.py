"""From one major version to the next: equal is equal, and what differs is seen, of every type."""

from __future__ import annotations

import pytest

from assay.oracle.compare import compare
from assay.oracle.question import LARGE, Question
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres.pool import PairPool
from assay.postgres.session import connect
from tests.assay.oracle.typed_values import VALUES

pytestmark = pytest.mark.servers
DAMAGED = 1_000_000  # keys from there on: one row for each type


@pytest.fixture(scope="module", params=["16:17", "17:18"])
def pool(request):
    """Servers of two versions."""
    with PairPool(request.param, provider="wheel") as pool:
        yield pool


@pytest.fixture
def typed(pool):
    """Both sides with a column for each type, and a row for each value; the types."""
    with pool.lease("versions") as pair:
        types = [one for one in VALUES if one != "xml" or "libxml" in pair.server_pair.features]
        columns = ", ".join(f"c{n} {type_}" for n, type_ in enumerate(types))
        for address in (pair.source, pair.target):
            with connect(address) as connection:
                connection.execute(f"create table t (id int primary key, {columns})".encode())
                for n, type_ in enumerate(types):
                    for m, value in enumerate(VALUES[type_]):
                        _insert(connection, 1000 * n + m, n, value)
        yield pair, types


def _insert(connection, key, column, value):
    quoted = value.replace("'", "''")
    connection.execute(f"insert into t (id, c{column}) values ({key}, '{quoted}')".encode())


@pytest.mark.parametrize("way", ["merged", "digested", "sent"])
def test_every_type_is_compared_across_versions(typed, way):
    pair, types = typed
    large = LARGE if way == "merged" else 0
    question = Question(Scope(roles=()), keep=None, large=large, exact=way == "sent")
    seen = compare(pair.source, pair.target, question)
    assert (seen.equality, seen.findings, seen.why) == (Equality.EQUAL, (), None)
    assert seen.compared["rows"] == sum(len(VALUES[one]) for one in types)
    for side, number in (("source", 0), ("target", 1)):
        with connect(pair.address(side)) as connection:
            for n, type_ in enumerate(types):
                _insert(connection, DAMAGED + n, n, VALUES[type_][number])
    seen = compare(pair.source, pair.target, question)
    assert [(one.key, one.column) for one in seen.findings] == [
        (str(DAMAGED + n), f"c{n}") for n in range(len(types))
    ]
