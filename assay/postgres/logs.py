"""Server logs, so that each test can have its own part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PART_LIMIT = 1 << 20  # bytes kept of one test's part


class Log(Protocol):
    """A server's log, read by position."""

    def size(self) -> int:
        """The position behind the last byte."""

    def read(self, start: int) -> bytes:
        """Everything from a position on."""


@dataclass(frozen=True, slots=True)
class FileLog:
    """A log file on this machine."""

    path: Path

    def size(self) -> int:
        """The file's length; 0 while there is none."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self, start: int) -> bytes:
        """The bytes from `start` on."""
        if not self.path.exists():
            return b""
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read()


@dataclass(frozen=True, slots=True)
class FetchedLog:
    """A log that comes as a whole, such as a container's."""

    fetch: Callable[[], bytes]

    def size(self) -> int:
        """How long it is by now."""
        return len(self.fetch())

    def read(self, start: int) -> bytes:
        """The bytes from `start` on."""
        return self.fetch()[start:]


@dataclass(frozen=True, slots=True)
class NoLog:
    """A log that is out of our reach; it says so instead of being empty."""

    reason: str

    def size(self) -> int:
        """Nothing to skip."""
        return 0

    def read(self, start: int) -> bytes:
        """The reason."""
        return f"(server log not readable: {self.reason})\n".encode()


def part(log: Log, *, since: int, until: int | None = None) -> str:
    """The text from a position on, to another one; at most the last `PART_LIMIT` bytes of it."""
    read = log.read(since)[: None if until is None else until - since]
    return read[-PART_LIMIT:].decode("utf-8", "replace")


def tail(log: Log, *, lines: int) -> str:
    """The last lines."""
    return "".join(part(log, since=0).splitlines(keepends=True)[-lines:])
