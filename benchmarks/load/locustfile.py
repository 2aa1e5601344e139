"""Locust scenarios for the job API: mixed endpoints with open arrivals, and a storm of jobs.

    locust -f benchmarks/load/locustfile.py --headless --host URL -t 5m --rate 20 Mixed
    locust -f benchmarks/load/locustfile.py --headless --host URL -t 1m --limit 10 Storm

The key is in ASSAY_API_KEY. Arrivals are open: requests are due at random moments whose mean rate
is `--rate`, whether earlier ones were answered or not, and times count from when one was due; a
service that stalls is seen to stall. `Mixed` creates `--jobs` jobs at most (none by default), on
hosts that never resolve. `Storm` asks for more than `--limit` jobs at once and counts the active
ones. More than one process or machine is Locust's own matter: `--processes N`, or `--master` and
`--worker`. The exit code is the verdict: 0 PASS, 1 FAIL, 2 UNKNOWN (too little was measured).
"""

from __future__ import annotations

import json
import random
import sys
import uuid
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Group
from locust import FastHttpUser, constant, events, task
from locust.runners import WorkerRunner

from assay import environment as variables
from assay.clock import monotonic
from assay.jobs.contract import Status

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.load.verdict import (
    ACCEPTED,
    ACTIVE,
    REFUSED,
    STORM,
    Limits,
    Measured,
    conclude,
)

UNREACHABLE = "assay-load.invalid"  # never resolves (RFC 2606): such a job ends by itself
MOST = 500  # requests of one user without an answer
PATIENCE = 30.0  # seconds for the last answers
OVER = 5  # jobs beyond the limit in a storm
CREATE, CREATED = "POST /jobs: valid", "GET /jobs/{id}: known"


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    parser.add_argument("--rate", type=float, default=5.0, help="arrivals a second, of all users")
    parser.add_argument("--jobs", type=int, default=0, help="jobs that Mixed creates at most")
    parser.add_argument("--limit", type=int, default=10, help="active jobs that are allowed")
    parser.add_argument("--limits", default="", help="a file like benchmarks/load/limits.toml")
    parser.add_argument("--seed", type=int, default=1)


@events.init.add_listener
def _begin(environment: Any, **_: object) -> None:
    environment.stop_timeout = max(environment.stop_timeout or 0, 2 * PATIENCE)


@events.quitting.add_listener
def _end(environment: Any, **_: object) -> None:
    """Hold what all processes measured against the limits."""
    if isinstance(environment.runner, WorkerRunner):
        return
    options = environment.parsed_options
    asked = {one.__name__ for one in environment.user_classes}
    measured = [
        Measured(one.name, one.num_requests, one.num_failures, _p95(one))
        for one in environment.stats.entries.values()
    ]
    limits = Limits.read(Path(options.limits)) if options.limits else Limits.read()
    storm = options.limit if "Storm" in asked else None
    found = conclude(measured, limits, mixed="Mixed" in asked, storm=storm)
    sys.stdout.write("".join(f"{line}\n" for line in (*found.reasons, found.word)))
    environment.process_exit_code = found.exit


def _p95(entry: Any) -> float:
    return float(entry.get_response_time_percentile(0.95) or 0)


class _Api(FastHttpUser):
    """Calls with the key; every one is named, and says which answers are right."""

    abstract = True
    concurrency = MOST
    wait_time = constant(0)
    network_timeout = connection_timeout = PATIENCE

    def call(
        self, method: str, path: str, name: str, right: dict[int, str], **given: Any
    ) -> tuple[int, Any]:
        """The status and what was answered; `right` renames a request by its status."""
        due = given.pop("due", monotonic())
        headers = {"x-api-key": variables.variable("ASSAY_API_KEY") or ""}
        headers |= given.pop("headers", {})
        with self.client.request(method, path, name=name, headers=headers, catch_response=True,
                                 **given) as answer:  # fmt: skip
            meta = answer.request_meta
            meta["response_time"] = (monotonic() - due) * 1000
            if answer.status_code in right:
                meta["name"] = right[answer.status_code] or name
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}, not {sorted(right)}")
            return answer.status_code, _read(answer.text)

    def miss(self, name: str, why: str, seconds: float = 0.0) -> None:
        """A request that was due and came to nothing."""
        self.environment.events.request.fire(
            request_type="GET", name=name, response_time=seconds * 1000, response_length=0,
            exception=RuntimeError(why), context={})  # fmt: skip

    def spec(self) -> dict[str, str]:
        """A job that ends by itself."""
        url = f"postgresql://load:l04d-{uuid.uuid4().hex[:8]}@{UNREACHABLE}:5432"
        return {"schema_version": "1.0", "command": "validate", "source_url": f"{url}/source",
                "target_url": f"{url}/target"}  # fmt: skip


def _read(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return {}


class Mixed(_Api):
    """Every endpoint, right and wrong requests, at moments that no answer moves."""

    def on_start(self) -> None:
        """Its first moment."""
        options = self.environment.parsed_options
        self.dice = random.Random(f"{options.seed} {uuid.uuid4()}")
        users = max(options.num_users or 1, 1)
        self.rate, self.jobs = options.rate / users, options.jobs // users
        self.known: list[str] = []
        self.flying = Group()
        self.due = monotonic()

    @task
    def arrive(self) -> None:
        """Send one request when it is due, and wait for nothing but the next moment."""
        self.due += self.dice.expovariate(self.rate)
        gevent.sleep(max(0.0, self.due - monotonic()))
        kind = self.dice.choices((self.health, self.unknown, self.malformed, self.wrong_key,
                                  self.created, self.create), (2, 3, 2, 2, 2, 1))[0]  # fmt: skip
        if len(self.flying) >= MOST:
            self.miss("not sent", f"{MOST} requests are without an answer")
        else:
            self.flying.spawn(kind, self.due)

    def on_stop(self) -> None:
        """What was sent and is not answered by now has failed."""
        self.flying.join(timeout=PATIENCE)
        for _ in range(len(self.flying)):
            self.miss("not answered", f"no answer {PATIENCE:g} s after the end")
        self.flying.kill()

    def health(self, due: float) -> None:
        """Without a key."""
        self.call("GET", "/healthz", "GET /healthz", {200: ""}, due=due)

    def unknown(self, due: float) -> None:
        """A job that nobody created."""
        self.call("GET", f"/jobs/{uuid.uuid4()}", "GET /jobs/{id}: unknown", {404: ""}, due=due)

    def malformed(self, due: float) -> None:
        """A specification without its source."""
        spec = {name: value for name, value in self.spec().items() if name != "source_url"}
        name = "POST /jobs: malformed"
        right = {400: "", 429: f"{name}, at the limit"}  # which is looked at first
        self.call("POST", "/jobs", name, right, json=spec, due=due)

    def wrong_key(self, due: float) -> None:
        """A key that is none."""
        headers = {"x-api-key": f"rk_{uuid.uuid4().hex}"}
        self.call("GET", f"/jobs/{uuid.uuid4()}", "GET /jobs/{id}: wrong key", {401: ""},
                  headers=headers, due=due)  # fmt: skip

    def created(self, due: float) -> None:
        """A job of this run; before there is one, an unknown one."""
        if not self.known:
            self.unknown(due)
        else:
            path = f"/jobs/{self.dice.choice(self.known)}"
            self.call("GET", path, CREATED, {200: ""}, due=due)

    def create(self, due: float) -> None:
        """A job, while this run may create one; at the service's limit a refusal is right."""
        if self.jobs <= 0:
            return self.health(due)
        self.jobs -= 1
        right = {201: "", 429: f"{CREATE}, at the limit"}
        status, body = self.call("POST", "/jobs", CREATE, right, json=self.spec(), due=due)
        if status == 201 and "job_id" in body:
            self.known.append(body["job_id"])
        return None


class Storm(_Api):
    """More jobs at once than may be active, once; those that are active then are counted."""

    fixed_count = 1
    wait_time = constant(0.2)
    struck = False  # a user that stops by itself is replaced, and would strike again

    @task
    def strike(self) -> None:
        """All at the same moment."""
        if self.struck:
            return
        self.struck = True
        limit = self.environment.parsed_options.limit
        right = {201: ACCEPTED, 429: REFUSED}
        sent = [
            gevent.spawn(self.call, "POST", "/jobs", f"{STORM}wrong", right, json=self.spec())
            for _ in range(limit + OVER)
        ]
        gevent.joinall(sent)
        answers = [one.value for one in sent if one.value is not None]
        jobs = [body["job_id"] for status, body in answers if status == 201 and "job_id" in body]
        # Who is not terminal now was active when the last answer came.
        for job in jobs:
            status, body = self.call("GET", f"/jobs/{job}", f"{STORM}looked at", {200: ""})
            if status == 200 and not Status(body["status"]).terminal:
                self.environment.events.request.fire(
                    request_type="", name=ACTIVE, response_time=0, response_length=0,
                    exception=None, context={})  # fmt: skip
