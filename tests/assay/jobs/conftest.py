"""An API that answers whatever a test wants."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assay.jobs.client import JobClient
from assay.redact import Secret

JOB, TRACE = "0b9c2f4e-8d3a-4c55-9b1e-7f6a5d4c3b2a", "1b9c2f4e-8d3a-4c55-9b1e-7f6a5d4c3b2a"
SPEC = {
    "schema_version": "1.0",
    "command": "init",
    "source_url": "postgresql://u:c4n%3Ary@source.example.com/db",
    "target_url": "postgresql://u:0ther-pw@target.example.com/db",
}
ACCEPTED = {"job_id": JOB, "trace_id": TRACE, "status": "provisioning"}


def view(status, **changed):
    """A body of GET as the contract has it."""
    begun = status != "provisioning"
    ended = status in ("completed", "failed", "timeout")
    return {
        "job_id": JOB,
        "trace_id": TRACE,
        "status": status,
        "created_at": "2026-01-01T00:00:00.000Z",
        "started_at": "2026-01-01T00:00:01.000Z" if begun else None,
        "completed_at": "2026-01-01T00:00:02.000Z" if ended else None,
        "error": "why" if status in ("failed", "timeout") else None,
        **changed,
    }


@pytest.fixture
def server():
    """Answers with what its list holds, the last one for ever; None closes without an answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            made.requests.append((self.command, self.path, dict(self.headers), body))
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            if answer is None:
                self.connection.close()
                return
            status, content = answer
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            return

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.answers, made.requests = [], []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(5)


@pytest.fixture
def client(server, monkeypatch):
    """A client of it, which does not wait between its tries."""
    monkeypatch.setattr("assay.jobs.client.pause", lambda seconds: None)
    return JobClient(f"http://127.0.0.1:{server.server_port}/", Secret("k3y-of-api"))
