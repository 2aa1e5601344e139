"""Checks of an endpoint: how they are written, what they need, what they came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assay.clock import monotonic, pause
from assay.errors import AssayError, Divergence
from assay.jobs.answers import Answer
from assay.jobs.client import JobClient, NotAccepted
from assay.jobs.contract import Status
from assay.jobs.judged import Databases
from assay.redact import Secret
from assay.smoke import diagnosis
from assay.smoke.profile import Profile

UNREACHABLE = "assay-unreachable.invalid"  # a host that never resolves (RFC 2606)
GATEWAY = frozenset({429, 502, 503, 504})  # answers that say nothing about the code behind


class Result(StrEnum):
    """What a check came to."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


class Inconclusive(AssayError):
    """The endpoint gave no answer from which anything follows."""


@dataclass(slots=True)
class Site:
    """One deployed endpoint, and what is known of it.

    `databases` gives a filled source and an empty target that its workers reach; `guarded` says
    that it refuses private addresses; `limit` is how many jobs may be active at once, 0 where it
    is not known; `revoked` is a key that was withdrawn.
    """

    name: str
    client: JobClient
    profile: Profile
    databases: Databases | None = None
    guarded: bool = True
    limit: int = 0
    revoked: Secret | None = None
    created: list[str] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)  # what one check leaves for the next

    def remember(self, answer: Answer) -> Answer:
        """Note the job that an answer speaks of, so that the report names it."""
        body = answer.body
        if answer.status == 201 and isinstance(body, dict) and body.get("job_id"):
            self.created.append(str(body["job_id"]))
        return answer

    def spec(self, **changed: Any) -> dict[str, Any]:
        """A specification whose source never resolves, with other fields; None leaves one out."""
        url = f"postgresql://assay:{{}}@{UNREACHABLE}:5432/smoke"
        spec = {
            "schema_version": "1.0",
            "command": "validate",
            "source_url": url.format("c4n4ry-s0urce"),
            "target_url": url.format("c4n4ry-t4rget"),
            **changed,
        }
        return {name: value for name, value in spec.items() if value is not None}

    def settle(self) -> list[str]:
        """Wait for the jobs of this run; those that are not terminal then, or cannot be seen."""
        deadline = monotonic() + self.profile.patience
        left = list(self.created)
        while left := [job for job in left if not self._ended(job)]:
            if monotonic() > deadline:
                return left
            pause(self.profile.interval)
        return []

    def _ended(self, job: str) -> bool:
        try:
            return self.client.status(job).status.terminal
        except (AssayError, Divergence):
            return False


@dataclass(frozen=True, slots=True)
class Check:
    """One question to an endpoint. It creates at most `jobs` jobs, and cannot do without `needs`.

    `run` returns when all is well; Divergence is a finding, any AssayError proves nothing.
    """

    name: str
    category: str
    sentence: str
    run: Callable[[Site], None]
    jobs: int = 0
    needs: str = ""

    @property
    def safe(self) -> bool:
        """Whether production may be asked: it creates nothing."""
        return not self.jobs

    def missing(self, site: Site) -> str:
        """Why it cannot be run on this site; empty when it can."""
        return next((why for need, (has, why) in NEEDS.items()
                     if need == self.needs and not has(site)), "")  # fmt: skip


NEEDS: dict[str, tuple[Callable[[Site], bool], str]] = {
    "databases": (lambda site: site.databases is not None,
                  "no test databases for this endpoint: the data path is not proved"),
    "guard": (lambda site: site.guarded, "this environment allows private addresses"),
    "https": (lambda site: site.client.endpoint.startswith("https:"), "the endpoint has no TLS"),
    "revoked": (lambda site: site.revoked is not None, "no withdrawn key was given"),
    "limit": (lambda site: 0 < site.limit <= site.profile.burst,
              "its limit of active jobs is not known, or above this profile's burst"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A check with its result on one endpoint."""

    endpoint: str
    check: str
    category: str
    result: Result
    why: str = ""
    advice: str = ""
    seconds: float = 0.0
    jobs: tuple[str, ...] = ()


CHECKS: dict[str, Check] = {}


def check(
    category: str, *, jobs: int = 0, needs: str = ""
) -> Callable[[Callable[[Site], None]], Callable[[Site], None]]:
    """Register a function as the check of its name; its docstring is the sentence."""

    def register(run: Callable[[Site], None]) -> Callable[[Site], None]:
        name = run.__name__.replace("_", "-")
        sentence = (run.__doc__ or "").strip().partition("\n")[0]
        CHECKS[name] = Check(name, category, sentence, run, jobs, needs)
        return run

    return register


def judge(one: Check, site: Site) -> Judged:
    """Run a check; never raises for what the endpoint does."""
    began, before = monotonic(), len(site.created)
    result, why = Result.PASS, ""
    try:
        one.run(site)
    except NotAccepted as error:
        known = error.answer.status not in GATEWAY
        result, why = (Result.FAIL if known else Result.UNKNOWN), str(error)
    except Divergence as error:
        result, why = Result.FAIL, str(error)
    except AssayError as error:
        result, why = Result.UNKNOWN, str(error)
    why = site.client.scrubber.scrub(why)
    return Judged(
        site.name, one.name, one.category, result, why,
        diagnosis.of(why) if why else "",
        round(monotonic() - began, 3), tuple(site.created[before:]),
    )  # fmt: skip


def expect(
    answer: Answer, status: int | tuple[int, ...], body: Any = ..., *, what: str = ""
) -> Answer:
    """The answer, if it has this status and, where given, exactly this body, and no secret.

    Raises Inconclusive for an answer of the gateway, Divergence for any other.
    """
    wanted = status if isinstance(status, tuple) else (status,)
    asked = f"{what}: " if what else ""
    if answer.status in GATEWAY and answer.status not in wanted:
        raise Inconclusive(f"{asked}the gateway answered {answer}")
    if answer.status not in wanted:
        raise Divergence(f"{asked}{answer.status} instead of {' or '.join(map(str, wanted))}: "
                         f"{answer.text[:200]}")  # fmt: skip
    if body is not ... and answer.body != body:
        raise Divergence(f"{asked}the body is {answer.text[:200]!r}, not {body!r}")
    if answer.shows_secret:
        raise Divergence(f"{asked}the answer shows a secret that was sent: {answer.text[:200]}")
    return answer


def refused(answer: Answer, said: str = "", *, what: str = "") -> Answer:
    """A 400 with one reason in `error`, and with this in it."""
    body = expect(answer, 400, what=what).body
    if not isinstance(body, dict) or set(body) != {"error"} or not isinstance(body["error"], str):
        raise Divergence(f"{what}: a refusal without its reason: {answer.text[:200]!r}")
    if said not in body["error"] or not body["error"].strip():
        raise Divergence(f"{what}: refused with {body['error']!r}, which does not say {said!r}")
    return answer


def all_refused(asked: Iterable[tuple[str, str, Callable[[], Answer]]]) -> None:
    """Each of these requests is refused; `asked` gives what it is, what has to be said, the call.

    All of them are asked, so that a finding names every one; what came before an answer from which
    nothing follows is a finding still.
    """
    wrong: list[str] = []
    try:
        for what, said, call in asked:
            try:
                refused(call(), said, what=what)
            except Divergence as finding:
                wrong.append(str(finding))
    except AssayError:
        if not wrong:
            raise
    if wrong:
        raise Divergence("; ".join(wrong))


TERMINAL_ERRORS = frozenset({Status.FAILED, Status.TIMEOUT})
