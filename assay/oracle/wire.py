"""Rows of both sides compared as the bytes that the servers send, many of them at once.

A COPY's messages are the same where its rows are. So both streams are read from their sockets and
compared as they come: a client library hands rows over one by one, and for two sides that takes
longer than to write them. Where the streams differ, the part in question is left to a closer look.

COPY's text has no NUL bytes, and no message is longer than 1 GB. So what ends a COPY, which has
NULs behind other bytes than a row's message can have, is found without a look at any row.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from assay.errors import ServerError
from assay.oracle.side import Side

_READ = 1 << 17  # bytes at once; more of them cost the caches
_TAIL = 4096  # bytes that are remembered: an end or an error may come in two pieces
_AWAKE = 1.0  # seconds until an interrupt is noticed
_ENCRYPTED = "select encrypted from pg_stat_gssapi where pid = pg_backend_pid()"
# CopyDone, CommandComplete and ReadyForQuery, before which a server may tell of a changed setting;
# ReadyForQuery after an error.
_DONE = b"c\x00\x00\x00\x04C\x00\x00\x00"
_END = re.compile(re.escape(_DONE) + rb".COPY (\d+)\x00.*?Z\x00\x00\x00\x05T\Z", re.DOTALL)
_FAILED = b"Z\x00\x00\x00\x05E"
_ERROR = re.compile(rb"V(?:ERROR|FATAL|PANIC)\x00C[^\x00]*\x00M([^\x00]*)\x00")
_BEFORE_ROW = re.compile(rb"\nd\x00.{3}", re.DOTALL)  # rows above 16 MB have another byte there


@dataclass(frozen=True, slots=True)
class Part:
    """What both sides sent alike: so many rows, and how many of them are no UTF-8."""

    rows: int
    invalid: int


def readable(side: Side) -> bool:
    """Whether a side's messages can be read from its socket: not where they are encrypted."""
    if side.connection.pgconn.ssl_in_use:
        return False
    row = side.connection.execute(_ENCRYPTED.encode()).fetchone()
    return not (row and row[0])


def same(sides: tuple[Side, Side], queries: Sequence[tuple[str, str]]) -> Iterator[Part | None]:
    """For each pair of queries, whether both sides' COPY of it gives the same bytes in one order.

    Nobody else may use the sessions meanwhile. ServerError says what a server says instead.
    """
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(closing(_Stream.of(side))) for side in sides)
        for source, target in queries:
            ours.send(source)
            theirs.send(target)
            yield _compare(ours, theirs)


def _compare(ours: _Stream, theirs: _Stream) -> Part | None:
    text = _Text()
    while True:
        size = min(len(ours.some()), len(theirs.some()))
        some = ours.held[:size]
        if some != theirs.held[:size]:
            ours.rest()
            theirs.rest()
            return None
        text.look(some)
        rows = ours.take(size)
        theirs.take(size)
        if rows is not None:
            return Part(rows, text.invalid())


@dataclass(slots=True)
class _Stream:
    """What one side sends, past its client library: bytes that are `held`, and those before."""

    side: str
    socket: socket.socket
    held: bytes = b""
    tail: bytes = b""

    @classmethod
    def of(cls, side: Side) -> _Stream:
        """The stream of a session that is at rest."""
        own = socket.socket(fileno=os.dup(side.connection.pgconn.socket))
        own.settimeout(_AWAKE)
        return cls(side.name, own)

    def close(self) -> None:
        """Leave the connection to its library again."""
        self.socket.close()

    def send(self, query: str) -> None:
        """Ask for a COPY, as a simple query."""
        said = f"copy ({query}) to stdout".encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack(">I", len(said) + 4) + said)

    def some(self) -> bytes:
        """What is there, at least one byte."""
        while not self.held:
            try:
                self.held = self.socket.recv(_READ)
            except TimeoutError:
                continue
            if not self.held:
                raise self._failure("It closed the connection.")
        return self.held

    def take(self, size: int) -> int | None:
        """Consume so many bytes; how many rows the COPY had if they end it.

        A server says no more before it is asked again. ServerError when an error ended it.
        """
        last = self.held[max(size - _TAIL, 0) : size]
        self.held, self.tail = self.held[size:], (self.tail + last)[-_TAIL:]
        if end := _END.search(self.tail):
            self.tail = b""
            return int(end[1])
        if self.tail.endswith(_FAILED):
            raise self._failure("It says no more.")
        return None

    def rest(self) -> None:
        """Read on to the end of the COPY."""
        while self.take(len(self.some())) is None:
            pass

    def _failure(self, otherwise: str) -> ServerError:
        told = _ERROR.search(self.tail)
        said = told[1].decode(errors="replace") if told else otherwise
        return ServerError(f"The {self.side}'s COPY failed: {said}")


@dataclass(slots=True)
class _Text:
    """Counts the rows of a COPY's text that are no UTF-8; `some` are messages not yet looked at."""

    some: bytes = b""
    begun: bool = False
    count: int = 0

    def look(self, more: bytes) -> None:
        """Messages that follow those of before; the last row is looked at when it is whole."""
        last = more.rfind(b"\nd\x00")
        if last >= 0 and self.begun and self.some.isascii() and more.isascii():
            self.some = more[last:]
            return
        self.some += more
        if not self.begun:
            self._begin()
        last = self.some.rfind(b"\nd\x00")
        if self.begun and last > 0:
            self._count(self.some[:last])
            self.some = self.some[last:]

    def invalid(self) -> int:
        """How many there are when the COPY has ended."""
        self._count(self.some[: self.some.rfind(_DONE)])
        return self.count

    def _begin(self) -> None:
        """CopyOutResponse says how long it is."""
        size = 1 + int.from_bytes(self.some[1:5])
        if len(self.some) >= max(size, 5):
            self.some, self.begun = b"\n" + self.some[size:], True

    def _count(self, rows: bytes) -> None:
        if rows.isascii():
            return
        text = _BEFORE_ROW.sub(b"\n", rows)
        if not _is_text(text):
            self.count += sum(not _is_text(row) for row in text.split(b"\n"))


def _is_text(some: bytes) -> bool:
    try:
        some.isascii() or some.decode()
    except UnicodeDecodeError:
        return False
    return True
