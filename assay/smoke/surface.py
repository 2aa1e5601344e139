"""What is there besides: routes, methods, headers, TLS, many calls at once."""

from __future__ import annotations

import json
import re
import ssl
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from assay.clock import pause
from assay.errors import Divergence
from assay.smoke import raw
from assay.smoke.check import Inconclusive, Site, check, expect
from assay.smoke.requests import keyless

UNKNOWN_JOB = {"error": "Job not found"}
METHODS = ("PUT", "DELETE", "PATCH", "TRACE")
PATHS = ("/", "/job", "/JOBS", "//jobs", "/jobs/%2e%2e/admin", "/v1/jobs", "/jobs/a/b", "/admin",
         "/.env", "/dev/jobs")  # fmt: skip
NAMES = ("..%2F..%2Fetc", "%27%20or%201=1", "%00", "null", "%23active", "A" * 1000, "%E2%80%AE")
CERTIFICATE_DAYS = 14
YEAR = 31_536_000  # seconds
_MAX_AGE = re.compile(r"(?:^|;)\s*max-age\s*=\s*\"?(\d+)\"?\s*(?:;|$)", re.IGNORECASE)


@check("objects")
def ids_of_others_are_unknown(site: Site) -> None:
    """Ids at random, neighbours of a known one, and hostile names: one and the same 404."""
    near = uuid.UUID(site.created[0]).int if site.created else uuid.uuid4().int
    ids = [str(uuid.uuid4()) for _ in range(site.profile.ids)]
    ids += [str(uuid.UUID(int=(near + step) % (1 << 128))) for step in (1, -1)]
    for name in ids:
        expect(raw.send(site.client, "GET", f"/jobs/{name}"), 404, UNKNOWN_JOB, what=f"job {name}")
    for name in NAMES:  # the gateway may take some of them for another route
        expect(raw.send(site.client, "GET", f"/jobs/{name}"), (400, 404), what=f"job {name[:40]}")


@check("routes")
def other_methods_are_not_known(site: Site) -> None:
    """Nothing but GET and POST does anything, whatever a header says."""
    for method in METHODS:
        answer = site.remember(raw.send(site.client, method, "/jobs", (), b"{}"))
        expect(answer, (400, 403, 404, 405, 501), what=f"{method} /jobs")
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = raw.send(site.client, "GET", f"/jobs/{uuid.uuid4()}", [(name, "DELETE")])
        expect(answer, 404, UNKNOWN_JOB, what=name)


@check("routes")
def other_paths_are_not_known(site: Site) -> None:
    """Nothing is served beside the documented routes."""
    for path in PATHS:
        answer = raw.send(site.client, "GET", path)
        expect(answer, (400, 403, 404), what=f"GET {path}")


@check("routes")
def jobs_are_not_listed(site: Site) -> None:
    """GET /jobs does not tell what jobs there are."""
    for path in ("/jobs", "/jobs/", "/jobs?limit=10"):
        expect(raw.send(site.client, "GET", path), (403, 404, 405), what=f"GET {path}")


@check("routes")
def health_tells_no_detail(site: Site) -> None:
    """Where there is a /healthz, it answers without a key, and says no more than that it lives."""
    answer = raw.send(site.client, "GET", "/healthz", authenticated=False)
    if answer.status == 404:
        return  # none is asked for (contracts 3.1)
    body = expect(answer, 200, what="GET /healthz").body
    if not isinstance(body, dict) or len(answer.text) > 64 or set(body) - {"status"}:
        raise Divergence(f"it tells {answer.text[:200]!r}")


@check("headers")
def answers_are_json_and_nobody_keeps_them(site: Site) -> None:
    """JSON by its type, `no-store`, `nosniff`, on good and bad answers."""
    good = site.client.call("GET", f"/jobs/{uuid.uuid4()}")
    for what, answer in (("404", good), ("401", keyless(site, "wrong")),
                         ("400", site.client.call("POST", "/jobs", body=b"{"))):  # fmt: skip
        expect(answer, int(what))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        wanted = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        wrong = [f"{name}: {answer.headers.get(name)}" for name, value in wanted.items()
                 if value not in (answer.headers.get(name) or "")]  # fmt: skip
        if kind != "application/json" or wrong:
            raise Divergence(f"a {what} has content-type {kind!r}, {', '.join(wrong)}")


@check("headers")
def other_origins_are_not_let_in(site: Site) -> None:
    """No wildcard for other origins, and none is echoed."""
    origin = "https://evil.example"
    answer = raw.send(site.client, "GET", f"/jobs/{uuid.uuid4()}", [("Origin", origin)])
    expect(answer, 404, UNKNOWN_JOB, what="a call from another origin")
    allowed = answer.headers.get("access-control-allow-origin")
    if allowed in ("*", origin):
        raise Divergence(f"access-control-allow-origin is {allowed}")


@check("resources")
def stalled_requests_stop_nobody(site: Site) -> None:
    """While connections hang in the middle of a request, others are answered."""
    with raw.stalled(site.client, site.profile.stalled):
        pause(site.profile.stall)
        expect(site.client.call("GET", f"/jobs/{uuid.uuid4()}"), 404, UNKNOWN_JOB)


@check("resources")
def many_calls_at_once_are_all_answered(site: Site) -> None:
    """Each is answered rightly, or told to wait; none fails and none gets another's answer."""

    def ask(_: int) -> bool:
        answer = site.client.call("GET", f"/jobs/{uuid.uuid4()}")
        if answer.status == 429:
            return False
        expect(answer, 404, UNKNOWN_JOB, what="one of many calls")
        return True

    with ThreadPoolExecutor(site.profile.burst) as many:
        served = sum(many.map(ask, range(site.profile.burst * 2)))
    if not served:
        raise Inconclusive("all of them were told to wait: none was served")


@check("resources", jobs=50, needs="limit")
def the_limit_of_active_jobs_holds(site: Site) -> None:
    """More jobs at once than allowed: the rest are refused with the limit's number."""
    body = json.dumps(site.spec()).encode()
    with ThreadPoolExecutor(site.profile.burst) as many:
        answers = list(many.map(lambda _: site.client.call("POST", "/jobs", body=body),
                                range(site.limit + 5)))  # fmt: skip
    accepted = [site.remember(answer) for answer in answers if answer.status == 201]
    # All that are not terminal now were active at the moment when the last POST was answered.
    views = [site.client.status(answer.body["job_id"]) for answer in accepted]
    active = sum(not view.status.terminal for view in views)
    if active > site.limit:
        raise Divergence(f"{active} jobs are active, {site.limit} are allowed")
    told = [answer for answer in answers if answer.status == 429]
    for answer in answers:
        expect(answer, (201, 429), what="one of many jobs")
    if any(str(site.limit) not in answer.text for answer in told):
        raise Divergence(f"a 429 that does not name the limit: {told[0].text[:200]}")
    if not told:
        raise Inconclusive(f"the limit was not reached: {active} of {site.limit} were active")


@check("tls", needs="https")
def old_tls_is_refused(site: Site) -> None:
    """Nothing below TLS 1.2."""
    raw.handshake(site.client, ssl.TLSVersion.TLSv1_3)  # else a refusal would say nothing
    try:
        version = raw.handshake(site.client, ssl.TLSVersion.TLSv1_1)
    except raw.Refused:
        return
    raise Divergence(f"the endpoint speaks {version}")


@check("tls", needs="https")
def the_certificate_is_good_for_a_while(site: Site) -> None:
    """It is the endpoint's, trusted, and good for another two weeks."""
    ends = str(raw.certificate(site.client).get("notAfter", ""))
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    if end - datetime.now(UTC) < timedelta(days=CERTIFICATE_DAYS):
        raise Divergence(f"the certificate ends {end:%Y-%m-%d}")


@check("tls", needs="https")
def nobody_is_to_ask_without_tls(site: Site) -> None:
    """`strict-transport-security` for a year, on good and bad answers (RFC 6797)."""
    path = f"/jobs/{uuid.uuid4()}"
    for status, answer in ((404, site.client.call("GET", path)),
                           (401, site.client.call("GET", path, authenticated=False))):  # fmt: skip
        said = expect(answer, status).headers.get("strict-transport-security", "")
        age = _MAX_AGE.search(said)
        if age is None or int(age[1]) < YEAR:
            raise Divergence(f"a {status} has strict-transport-security {said!r}")
