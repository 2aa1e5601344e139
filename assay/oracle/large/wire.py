"""Rows of both sides compared as the bytes that the servers send, many of them at once.

A binary COPY's messages are the same where its rows are. So both streams are read from their
sockets and compared as they come: a client library hands rows over one by one, and for two sides
that takes longer than to write them. Where the streams differ, the part in question is left to a
closer look.

Bytes of a row can look like anything, the end of a COPY too. So a second statement says a word
that no row can hold, as it is made up after the snapshot: what ends with that is at its end.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

from assay import clock
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.failed import ReadFailed
from assay.oracle.words.scope import SideName

_PAUSE = 0.001  # seconds in which more comes: to wake up for each 8 kB that is sent costs more
_TAIL = 4096  # bytes that are remembered: an end or an error may come in two pieces
_AWAKE = 1.0  # seconds until an interrupt is noticed, and an error
_ENCRYPTED = "select encrypted from pg_stat_gssapi where pid = pg_backend_pid()"
# A server says no more after them before it is asked again.
_READY, _FAILED = b"Z\x00\x00\x00\x05T", b"Z\x00\x00\x00\x05E"
_COPIED = re.compile(rb"COPY (\d+)\x00")
_ERROR = re.compile(rb"V(?:ERROR|FATAL|PANIC)\x00C([^\x00]*)\x00M([^\x00]*)\x00")


def has_readable_socket(side: Side) -> bool:
    """Whether a side's messages can be read from its socket: not where they are encrypted."""
    if side.connection.pgconn.ssl_in_use:
        return False
    return side.ask(_ENCRYPTED) != [(True,)]


def same_bytes(
    sides: Both[Side], queries: Sequence[tuple[str, str]], size: int
) -> Iterator[int | None]:
    """For each pair of queries, the number of rows if both sides' COPY of it gives the same bytes.

    None where they differ; `size` bytes are compared at once. Nobody else may use the sessions
    meanwhile. ReadFailed says what a server says instead.
    """
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(closing(_Stream.of(side, size))) for side in sides)
        for source, target in queries:
            word = secrets.token_hex(16)
            ours.send(source, word)
            theirs.send(target, word)
            try:
                same = _compare(ours, theirs)
            except ReadFailed:
                for stream in (ours, theirs):
                    stream.drain()
                raise
            yield same


def _compare(ours: _Stream, theirs: _Stream) -> int | None:
    while True:
        ours.clear()
        theirs.clear()
        ours.read(ours.size)
        while theirs.filled < ours.filled and theirs.rows is None:
            theirs.read(ours.filled)
        if ours.some() != theirs.view[: theirs.filled]:
            ours.rest()
            theirs.rest()
            return None
        if ours.rows is not None:
            return ours.rows


@dataclass(slots=True)
class _Stream:
    """What one side sends, past its client library, into a buffer that is used again.

    `rows` is known when the COPY has ended.
    """

    side: SideName
    socket: socket.socket
    size: int
    word: bytes = b""
    rows: int | None = None
    filled: int = 0  # bytes of the buffer
    tail: bytes = b""
    failed: bool = False
    buffer: bytearray = field(init=False)
    view: memoryview = field(init=False)

    def __post_init__(self) -> None:
        self.buffer = bytearray(self.size)
        self.view = memoryview(self.buffer)

    @classmethod
    def of(cls, side: Side, size: int) -> _Stream:
        """The stream of a session that is at rest."""
        own = socket.socket(fileno=os.dup(side.connection.pgconn.socket))
        own.settimeout(_AWAKE)
        return cls(side.name, own, size)

    def close(self) -> None:
        """Leave the connection to its library again."""
        self.socket.close()

    def send(self, query: str, word: str) -> None:
        """Ask for a COPY, and for a word behind it, as a simple query."""
        said = f"copy ({query}) to stdout (format binary); select '{word}'".encode() + b"\0"
        self.word, self.rows, self.tail = word.encode(), None, b""
        self.socket.sendall(b"Q" + struct.pack(">I", len(said) + 4) + said)

    def clear(self) -> None:
        """Use the buffer again."""
        self.filled = 0

    def some(self) -> bytearray:
        """What the buffer holds."""
        whole = self.filled == len(self.buffer)
        return self.buffer if whole else self.buffer[: self.filled]

    def read(self, limit: int) -> None:
        """At least one byte more, until the buffer holds so many at most.

        ReadFailed when the COPY ended by an error.
        """
        before = self.filled
        if not (got := self._receive(limit)):
            raise self._failure("It closed the connection.")
        self.filled += got
        last = self.view[max(self.filled - _TAIL, before) : self.filled]
        self.tail = (self.tail + last)[-_TAIL:]
        if self.tail.endswith(_READY) and (end := self.tail.rfind(self.word)) >= 0:
            self.rows = int(_COPIED.findall(self.tail[:end])[-1])
        elif self.filled < limit:
            clock.pause(_PAUSE)

    def rest(self) -> None:
        """Read on to the end of the COPY."""
        while self.rows is None:
            self.clear()
            self.read(self.size)

    def drain(self) -> None:
        """Leave nothing unread, so that the session can be asked again."""
        with suppress(ReadFailed):
            while self.rows is None and not self.failed:
                self.rest()

    def _receive(self, limit: int) -> int:
        while True:
            try:
                return self.socket.recv_into(self.view[self.filled : limit])
            except TimeoutError:
                if self.tail.endswith(_FAILED):
                    raise self._failure("It says no more.") from None

    def _failure(self, otherwise: str) -> ReadFailed:
        self.failed = True
        told = _ERROR.search(self.tail)
        said = told[2].decode(errors="replace") if told else otherwise
        condition = told[1].decode(errors="replace") if told else ""
        return ReadFailed(self.side, condition, said)
