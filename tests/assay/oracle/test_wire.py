"""Both sides' bytes: equal, different, in pieces, with an end that is never mistaken."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from assay.errors import ServerError
from assay.oracle import wire
from assay.oracle.side import open_side
from assay.oracle.wire import Part, readable, same

END = b"c\0\0\0\x04C" + struct.pack(">I", 11) + b"COPY %d\0" + b"Z\0\0\0\x05T"


@pytest.fixture
def sides(world):
    """Both sides at rest, each with a table."""
    world.on_both("create table t (id int, v text)")
    world.on_both("insert into t select n, repeat('ä', n % 300) from generate_series(1, 9000) n")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        yield source, target


def asked(*wheres):
    """The same query of both sides for each condition."""
    return [(f"select * from public.t where {one}",) * 2 for one in wheres]


@pytest.mark.servers
def test_the_same_rows_are_told_by_their_number(sides):
    assert all(map(readable, sides))
    told = list(same(sides, asked("true", "id < 10", "false", "id = 7", "id > 300")))
    assert told == [Part(9000, 0), Part(9, 0), Part(0, 0), Part(1, 0), Part(8700, 0)]
    assert [side.rows("select 1 as n") for side in sides] == [[{"n": 1}]] * 2  # as before


@pytest.mark.servers
@pytest.mark.parametrize("other", ["id <> 4500", "id <> 9000", "id <> 1", "false", "id < 8999"])
def test_what_differs_is_told_and_what_follows_is_compared_all_the_same(sides, other):
    every = "select * from public.t"
    odd = f"select * from public.t where {other}"
    told = list(same(sides, [(every, odd), (every, every), (odd, every), (odd, odd)]))
    assert [one is None for one in told] == [True, False, True, False]


@pytest.mark.servers
@pytest.mark.parametrize("read", [1, 2, 7, 64, 1000])
def test_messages_may_come_in_any_pieces(sides, monkeypatch, read):
    monkeypatch.setattr(wire, "_READ", read)
    queries = [*asked("id < 40"), ("select 1", "select 2"), *asked("id between 250 and 260")]
    assert list(same(sides, queries)) == [Part(39, 0), None, Part(11, 0)]


@pytest.mark.servers
@pytest.mark.parametrize("read", [5, 100, 1 << 17])
def test_rows_that_are_no_text_are_counted(world, monkeypatch, read):
    monkeypatch.setattr(wire, "_READ", read)
    world.on_both(
        """create table t (id int, v text);
        create cast (bytea as text) without function;
        insert into t select n, repeat('x', n) from generate_series(100, 300) n;
        insert into t select n, '\\x78e978'::bytea::text from generate_series(1, 3) n;
        insert into t select n, repeat('ö', n) from generate_series(100, 300) n;
        insert into t values (0, '\\xe9'::bytea::text); drop cast (bytea as text)"""
    )
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        assert list(same((source, target), asked("true", "id > 99"))) == [
            Part(406, 4),
            Part(402, 0),
        ]


@pytest.mark.servers
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_what_a_server_says_instead_of_rows_is_an_error(world, number):
    queries = [("select 1", "select 1")] * 4
    queries[number] = ("select 1", "select 1 / (n - 5000) from generate_series(1, 9000) n")
    with (
        pytest.raises(ServerError, match=r"The target's COPY failed: division by zero"),
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        list(same((source, target), queries))


def streams(monkeypatch, source, target):
    """Two sides whose servers send these bytes and are gone then."""
    made = []
    for sent in (source, target):
        ours, theirs = socket.socketpair()
        threading.Thread(target=_send, args=(theirs, sent), daemon=True).start()
        made.append(wire._Stream("source" if not made else "target", ours))
    queue = list(made)
    monkeypatch.setattr(wire._Stream, "of", lambda _side: queue.pop(0))
    monkeypatch.setattr(wire._Stream, "send", lambda *_: None)
    return made


def _send(own, sent):
    own.sendall(sent)
    own.close()


def row(payload):
    return b"d" + struct.pack(">I", len(payload) + 4) + payload


def begin(columns=1):
    return b"H" + struct.pack(">IBH", 7 + 2 * columns, 0, columns) + b"\0\0" * columns


@pytest.mark.parametrize(
    "payload",
    [
        b"c" * 99 + b"\n",
        b"C" * (0x63 - 4) + b"\n",
        b"Z" * 0x5A00 + b"\n",
        b"COPY 1" * 50 + b"\n",
        b"VERROR" * 100 + b"\n",
    ],
)
def test_no_row_looks_like_an_end(monkeypatch, payload):
    sent = begin() + row(payload) * 3 + END % 3
    streams(monkeypatch, sent, sent)
    assert list(same((None, None), [("", "")])) == [Part(3, 0)]


def test_a_setting_that_changes_meanwhile_is_no_end_missed(monkeypatch):
    told = b"S" + struct.pack(">I", 22) + b"in_hot_standby\0off"[:18]
    plain = begin() + row(b"1\n") + END % 1
    done, ready = END[:-6] % 1, END[-6:]
    changed = begin() + row(b"1\n") + done + told + ready
    for source, target, seen in ((plain, changed, None), (changed, changed, Part(1, 0))):
        streams(monkeypatch, source, target)
        assert list(same((None, None), [("", "")])) == [seen]


def test_a_connection_that_ends_is_an_error(monkeypatch):
    sent = begin() + row(b"1\n")
    streams(monkeypatch, sent, sent)
    with pytest.raises(ServerError, match="The source's COPY failed: It closed the connection"):
        list(same((None, None), [("", "")]))
