"""Receivers of news on loopback: a server for webhooks and chat, one for mail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Receiver:
    """What came; it answers with `answers`, one after the other, then with 200 (250)."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    asked: int = 0
    came: list[Any] = field(default_factory=list)

    def answer(self, came: Any) -> int:
        """What it says to a message that comes."""
        self.asked += 1
        code = self.answers.pop(0) if self.answers else 200
        if code == 200:
            self.came.append(came)
        return code


@contextmanager
def web(*answers: int) -> Iterator[Receiver]:
    """A server for POSTs of JSON."""
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            code = receiver.answer(body)
            self.send_response(code)
            if code in (301, 302, 307, 308):
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:  # what a client asks behind a redirect
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    receiver.port = server.server_address[1]
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # it would knock at port 0
        super()._trigger_server()


@contextmanager
def mail(*answers: int) -> Iterator[Receiver]:
    """A server for mail."""
    receiver = Receiver(answers=list(answers))

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            letter = message_from_bytes(envelope.content, policy=policy.default)
            code = receiver.answer((envelope.rcpt_tos, letter))
            return "250 OK" if code == 200 else f"{code} no"

    controller = _AnyPort(Handler(), hostname="127.0.0.1", port=0)
    controller.start()
    receiver.port = controller.port
    yield receiver
    controller.stop()
