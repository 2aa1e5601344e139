"""Both servers' logs while a case runs: what each phase adds to them, by lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.postgres.server import Server
from assay.redact import Scrubber


@dataclass(slots=True)
class LogReader:
    """Reads on from where it was, so that a long log of a late phase takes nothing from others."""

    servers: Sequence[Server]
    scrubber: Scrubber
    _marks: dict[str, int] = field(default_factory=dict)
    _read: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._marks = {server.role.value: server.log_mark() for server in self.servers}
        self._read = dict.fromkeys(self._marks, "")

    def go_on(self, servers: Sequence[Server]) -> None:
        """Read the logs of these from now on; what others wrote has been read by `lines` before."""
        if tuple(servers) != tuple(self.servers):
            self.servers = servers
            self._marks = {server.role.value: server.log_mark() for server in servers}

    def lines(self) -> dict[str, int]:
        """How many lines each side has written since the beginning."""
        for server in self.servers:
            side = server.role.value
            mark = server.log_mark()
            if mark > self._marks[side]:
                self._read[side] += server.log_since(self._marks[side], mark)
                self._marks[side] = mark
        return {side: text.count("\n") for side, text in self._read.items()}

    def texts(self) -> dict[str, str]:
        """All that was read, without secrets."""
        self.lines()
        return {side: self.scrubber.scrub(text) for side, text in self._read.items()}
