"""One session per server, held for the pool's work: connecting costs more than asking."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress

import psycopg

from assay.errors import ServerError
from assay.postgres import baseline
from assay.postgres.server import Server
from assay.postgres.session import Connection, connect, scalar


class Desk:
    """Idle sessions in the database `postgres`; one that died with its server is opened anew."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = servers
        self._open: dict[str, tuple[ExitStack, Connection]] = {}

    def session(self, server: Server) -> Connection:
        """A session that has just answered."""
        if server.role in self._open:
            connection = self._open[server.role][1]
            with suppress(psycopg.Error):
                if scalar(connection, "select 1") == 1:
                    return connection
            self._drop(server.role)
        stack = ExitStack()
        connection = stack.enter_context(connect(server.address(), application="assay/pool"))
        baseline.prepare(connection)
        self._open[server.role] = (stack, connection)
        return connection

    def state(self, server: Server) -> baseline.State:
        """The present state of a server."""
        return baseline.read(self.session(server), prepared=True)

    def close(self) -> None:
        """End the sessions."""
        for role in list(self._open):
            self._drop(role)

    def _drop(self, role: str) -> None:
        stack, _ = self._open.pop(role)
        with suppress(psycopg.Error, ServerError):  # gone with its server
            stack.close()
