"""All checks, the order in which they are made, what they cost, and whether they can fail."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assay.clock import monotonic
from assay.jobs.client import JobClient
from assay.redact import Secret
from assay.smoke import contract, requests, surface
from assay.smoke.check import CHECKS, Check, Judged, Result, Site, judge
from assay.smoke.profile import QUICK, Profile

MODULES = (contract, requests, surface)  # imported: each registers its checks

# Answers of a service that is not the contract's: to everything the same.
LIES: tuple[tuple[int, dict[str, str]], ...] = (
    (200, {}),
    (201, {"job_id": "1", "trace_id": "1", "status": "completed"}),
    (404, {"message": "no"}),
    (500, {"error": "Traceback"}),
)
IMPATIENT = replace(QUICK, polls=1, interval=0.01, ids=1, nesting=10, fields=10, large=10_000,
                    stalled=1, stall=0.0, burst=2)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run asks of an endpoint, at most."""

    checks: int
    jobs: int
    seconds: float  # of waiting for jobs

    def __str__(self) -> str:
        return (f"{self.checks} checks, at most {self.jobs} jobs and as many instances, "
                f"each waited for {self.seconds:g} s at most")  # fmt: skip


def cost(checks: Sequence[Check], profile: Profile) -> Cost:
    """Of these checks in a profile; jobs that several checks share are counted once."""
    shared = {name for name in CHECKS if CHECKS[name].jobs} & {one.name for one in checks}
    own = sum(CHECKS[name].jobs for name in shared if name not in _SHARING)
    return Cost(len(checks), own + (2 if shared & _SHARING else 0), profile.patience)


# These look at the job without a source, and one of them at that with an odd password.
_SHARING = frozenset({"a-valid-job-is-accepted", "a-job-without-its-source-ends-failed",
                      "what-has-ended-stays-as-it-was", "a-job-shows-nothing-of-the-inside",
                      "secrets-never-come-back",
                      "odd-but-legal-passwords-are-accepted"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Checks that were put to services that lie: how many, and which believed one."""

    planted: int
    detected: int
    missed: tuple[str, ...]
    seconds: float


def self_test(checks: Sequence[Check]) -> SelfTest:
    """Put each check to each lying service on loopback; none may be satisfied by all of them.

    A check that wants a refusal may be satisfied by a service that refuses everything, so what
    counts is that at least one lie is seen.
    """
    began = monotonic()
    believed: dict[str, int] = {}
    planted = [one for one in checks if one.needs not in ("https", "databases")]
    for status, body in LIES:
        with _liar(status, json.dumps(body).encode()) as url:
            for one in planted:
                site = Site("liar", JobClient(url, Secret("rk_0123456789abcdef")), IMPATIENT,
                            limit=1, revoked=Secret("rk_gone"))  # fmt: skip
                site.client.patience = 0.0
                if judge(one, site).result is Result.PASS:
                    believed[one.name] = believed.get(one.name, 0) + 1
    missed = tuple(name for name, times in believed.items() if times == len(LIES))
    return SelfTest(len(planted), len(planted) - len(missed), missed,
                    round(monotonic() - began, 3))  # fmt: skip


@contextlib.contextmanager
def _liar(status: int, body: bytes) -> Iterator[str]:
    """A service on loopback that answers everything alike."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(min(length, 1 << 20))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_TRACE = answer  # noqa: N815

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # who asked has gone
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def run(site: Site, checks: Sequence[Check], *, until_red: bool = False) -> list[Judged]:
    """All that can be run on this site, in order; with `until_red` up to the first that is not
    satisfied."""
    judged = []
    for one in checks:
        if not one.missing(site):
            judged.append(judge(one, site))
            if until_red and judged[-1].result is not Result.PASS:
                break
    return judged
