"""Both sides' bytes: equal, different, in pieces, with an end that is never mistaken."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from assay.oracle.large import wire
from assay.oracle.large.wire import has_readable_socket, same_bytes
from assay.oracle.session.side import open_side
from assay.oracle.words.failed import ReadFailed

WORD = "0123456789abcdef" * 2
SAID = b"T\0\0\0\x06\0\0D\0\0\0\x2a\0\x01\0\0\0\x20" + WORD.encode() + b"C\0\0\0\x0dSELECT 1\0"
READY = b"Z\0\0\0\x05T"
COPIED = b"c\0\0\0\x04C" + struct.pack(">I", 11) + b"COPY %d\0"
BUFFER = 1 << 18
END = COPIED + SAID + READY


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
    assert all(map(has_readable_socket, sides))
    told = list(same_bytes(sides, asked("true", "id < 10", "false", "id = 7", "id > 300"), BUFFER))
    assert told == [9000, 9, 0, 1, 8700]
    assert [side.rows("select 1 as n") for side in sides] == [[{"n": 1}]] * 2  # as before


@pytest.mark.servers
@pytest.mark.parametrize("other", ["id <> 4500", "id <> 9000", "id <> 1", "false", "id < 8999"])
def test_what_differs_is_told_and_what_follows_is_compared_all_the_same(sides, other):
    every = "select * from public.t"
    odd = f"select * from public.t where {other}"
    told = list(same_bytes(sides, [(every, odd), (every, every), (odd, every), (odd, odd)], BUFFER))
    assert [one is None for one in told] == [True, False, True, False]


@pytest.mark.servers
@pytest.mark.parametrize("read", [1, 2, 7, 64, 1000])
def test_messages_may_come_in_any_pieces(sides, read):
    queries = [*asked("id < 40"), ("select 1", "select 2"), *asked("id between 250 and 260")]
    assert list(same_bytes(sides, queries, read)) == [39, None, 11]


@pytest.mark.servers
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_what_a_server_says_instead_of_rows_is_an_error(world, number):
    queries = [("select 1", "select 1")] * 4
    queries[number] = ("select 1", "select 1 / (n - 5000) from generate_series(1, 9000) n")
    with (
        pytest.raises(ReadFailed, match="division by zero") as failed,
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        list(same_bytes((source, target), queries, BUFFER))
    assert (failed.value.side, failed.value.condition) == ("target", "22012")


@pytest.mark.servers
@pytest.mark.parametrize("first", [True, False])
def test_both_sessions_can_be_asked_again_after_one_has_failed(sides, first):
    pair = ("select 1 / 0", "select repeat('x', 1000) from generate_series(1, 20000)")
    with pytest.raises(ReadFailed, match="division by zero"):
        list(same_bytes(sides, [pair if first else pair[::-1]], BUFFER))
    for side in sides:
        side.connection.rollback()
        assert side.rows("select 1 as n") == [{"n": 1}]


def streams(monkeypatch, source, target):
    """Two sides whose servers send these bytes and are gone then."""
    made = []
    for sent in (source, target):
        ours, theirs = socket.socketpair()
        threading.Thread(target=_send, args=(theirs, sent), daemon=True).start()
        made.append((("source", "target")[len(made)], ours))
    queue = list(made)
    real = wire._Stream
    monkeypatch.setattr(wire._Stream, "of", lambda _side, size: real(*queue.pop(0), size))
    monkeypatch.setattr(wire.secrets, "token_hex", lambda _size: WORD)


def _send(own, sent):
    own.recv(1000)  # the question
    own.sendall(sent)
    own.close()


def row(payload):
    return b"d" + struct.pack(">I", len(payload) + 4) + payload


def begin(columns=1):
    return b"H" + struct.pack(">IBH", 7 + 2 * columns, 1, columns) + b"\0\x01" * columns


@pytest.mark.parametrize("read", [1, 3, 100, 1 << 18])
@pytest.mark.parametrize(
    "payload",
    [
        b"c" * 99,
        END.replace(WORD.encode(), WORD[::-1].encode()) % 5,
        COPIED % 7 + READY,
        READY * 1000,
        b"Z\0\0\0\x05E",
        b"VERROR\0C22012\0Mno error\0\0Z\0\0\0\x05E",
    ],
)
def test_no_row_looks_like_an_end(monkeypatch, payload, read):
    sent = begin() + row(payload) * 3 + END % 3
    streams(monkeypatch, sent, sent)
    assert list(same_bytes((None, None), [("", "")], read)) == [3]


def test_a_setting_that_changes_meanwhile_is_no_end_missed(monkeypatch):
    told = b"S" + struct.pack(">I", 22) + b"in_hot_standby\0off"[:18]
    plain = begin() + row(b"1") + END % 1
    changed = begin() + row(b"1") + COPIED % 1 + told + SAID + told + READY
    for source, target, seen in ((plain, changed, None), (changed, changed, 1)):
        streams(monkeypatch, source, target)
        assert list(same_bytes((None, None), [("", "")], BUFFER)) == [seen]


def test_a_connection_that_ends_is_an_error(monkeypatch):
    sent = begin() + row(b"1")
    streams(monkeypatch, sent, sent)
    with pytest.raises(ReadFailed, match="It closed the connection") as failed:
        list(same_bytes((None, None), [("", "")], BUFFER))
    assert failed.value.side == "source"
