"""The guide's four tests, made strict, and what they leave out: is completed equal?"""

from __future__ import annotations

import re
import uuid
from typing import Any

from assay.errors import Divergence
from assay.jobs.answers import Accepted
from assay.jobs.client import Watch
from assay.jobs.contract import Status
from assay.oracle.words.finding import Equality
from assay.smoke.check import TERMINAL_ERRORS, UNREACHABLE, Site, check, expect, refused

REQUIRED = ("schema_version", "command", "source_url", "target_url")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # may end in twelve digits
_HOUSE = re.compile(r"arn:aws|\b\d{12}\b|Traceback|boto|[Ee]xception|\.py\b|_encrypted|KeyError")


@check("contract")
def an_unknown_job_is_not_found(site: Site) -> None:
    """GET of a fresh id is 404 with the contract's words (guide's test 1)."""
    answer = site.client.call("GET", f"/jobs/{uuid.uuid4()}")
    expect(answer, 404, {"error": "Job not found"})


@check("contract")
def an_invalid_payload_is_refused_by_name(site: Site) -> None:
    """A missing field is a 400 that names it (guide's test 2)."""
    for name in REQUIRED:
        answer = site.remember(site.client.post(site.spec(**{name: None})))
        refused(answer, f"Missing required field: {name}", what=f"without {name}")


@check("contract", jobs=1)
def a_valid_job_is_accepted(site: Site) -> None:
    """POST of a good specification is 201 with ids and `provisioning` (guide's test 3)."""
    _unreachable(site)


@check("contract", jobs=1)
def a_job_without_its_source_ends_failed(site: Site) -> None:
    """It goes the states of the contract and ends `failed` with that cause (guide's test 4)."""
    watch = _watched(site)
    last = watch.views[-1]
    if last.status is not Status.FAILED:
        raise Divergence(f"a job on {UNREACHABLE} ended {last.status}")
    error = last.error or ""
    if UNREACHABLE not in error and "resolve" not in error:
        raise Divergence(f"its error does not say that {UNREACHABLE} was the cause: {error!r}")


@check("contract", jobs=1)
def what_has_ended_stays_as_it_was(site: Site) -> None:
    """Terminal is final: asked again, the job is the same to the letter."""
    job = _watched(site).views[-1].job_id
    first = expect(site.client.call("GET", f"/jobs/{job}"), 200).body
    for _ in range(3):
        expect(site.client.call("GET", f"/jobs/{job}"), 200, first, what="asked again")


@check("contract", jobs=1, needs="databases")
def completed_means_equal(site: Site) -> None:
    """A job on working databases ends `completed`, and the oracle finds both equal."""
    databases = site.databases
    if databases is None:
        raise Divergence("there are no databases")
    watch = _wait(site, _submitted(site, databases.spec()))
    last = watch.views[-1]
    if last.status is not Status.COMPLETED:
        raise Divergence(f"a job on working databases ended {last.status}: {last.error}")
    comparison = databases.still()
    if comparison.equality is not Equality.EQUAL:
        told = "; ".join(str(one) for one in comparison.findings[:3])
        raise Divergence(f"completed, and the databases are {comparison.equality}: {told}")
    if not comparison.compared.get("rows", 0):
        raise Divergence("the oracle compared no rows: equal says nothing")


@check("contract", jobs=1, needs="databases")
def a_wrong_password_ends_failed(site: Site) -> None:
    """A source that refuses the password is a failure with its cause, never `completed`."""
    if site.databases is None:
        raise Divergence("there are no databases")
    spec = site.databases.spec()
    head, _, tail = spec["source_url"].rpartition("@")
    spec["source_url"] = f"{head.rpartition(':')[0]}:not-the-p4ssword@{tail}"
    watch = _wait(site, site.client.submit(spec))
    last = watch.views[-1]
    if last.status is not Status.FAILED or "authentication" not in (last.error or ""):
        raise Divergence(f"it ended {last.status}: {last.error}")


@check("contract", jobs=1)
def a_command_is_accepted_in_any_case(site: Site) -> None:
    """`VALIDATE` is `validate` (contracts 3.2)."""
    _submitted(site, site.spec(command="VALIDATE"))


def of_the_inside(text: str) -> str:
    """The first word in a text that is the account's or the code's; empty where there is none.

    An account's number is twelve digits; those at the end of a UUID are none.
    """
    found = _HOUSE.search(_ID.sub("", text))
    return found.group() if found else ""


@check("exposure", jobs=1)
def a_job_shows_nothing_of_the_inside(site: Site) -> None:
    """No ciphertext, account, ARN, instance or exception in a job; the log's link is AWS's."""
    watch = _watched(site)
    job = watch.views[-1].job_id
    answer = expect(site.client.call("GET", f"/jobs/{job}"), 200)
    if found := of_the_inside(re.sub(r'"log_url": "[^"]*"', "", answer.text)):
        raise Divergence(f"a job shows {found!r}: {answer.text[:300]}")
    link = str((answer.body or {}).get("log_url") or "")
    if link and not re.match(r"https://[a-z0-9.-]+\.(amazonaws|aws\.amazon)\.com/", link):
        raise Divergence(f"log_url leads to {link}")
    if re.search(r"[?&](token|key|signature|X-Amz-Signature)=", link, re.IGNORECASE):
        raise Divergence("log_url carries a token")


@check("exposure", jobs=2)
def secrets_never_come_back(site: Site) -> None:
    """Passwords that were sent are in no answer, whole, encoded or decoded."""
    for job in (_watched(site).views[-1].job_id, _odd(site).job_id):
        answer = expect(site.client.call("GET", f"/jobs/{job}"), 200)
        if UNREACHABLE in answer.text and "assay:" in answer.text:
            raise Divergence(f"a job shows the user of its URL: {answer.text[:300]}")


@check("legal", jobs=1)
def odd_but_legal_passwords_are_accepted(site: Site) -> None:
    """Quotes, and `@`, `;`, `/`, `%` in their encoded form, are part of a password."""
    _odd(site)


def _odd(site: Site) -> Accepted:
    if "odd" not in site.kept:
        url = f"postgresql://assay:it's%40s3cr3t%3B%2F%25@{UNREACHABLE}:5432/smoke"
        site.kept["odd"] = _submitted(site, site.spec(source_url=url))
    accepted: Accepted = site.kept["odd"]
    return accepted


def _unreachable(site: Site) -> Accepted:
    """The one job whose source never resolves."""
    if "job" not in site.kept:
        site.kept["job"] = _submitted(site, site.spec())
    accepted: Accepted = site.kept["job"]
    return accepted


def _watched(site: Site) -> Watch:
    """That job, polled to its end."""
    if "watch" not in site.kept:
        site.kept["watch"] = _wait(site, _unreachable(site))
    watch: Watch = site.kept["watch"]
    if watch.views[-1].status in TERMINAL_ERRORS and not watch.views[-1].error:
        raise Divergence("it failed without a cause")
    return watch


def _submitted(site: Site, spec: dict[str, Any]) -> Accepted:
    answer = site.remember(site.client.post(spec))
    expect(answer, 201, what="a good specification")
    return Accepted.of(answer)


def _wait(site: Site, accepted: Accepted) -> Watch:
    if accepted.job_id not in site.created:
        site.created.append(accepted.job_id)
    profile = site.profile
    return site.client.wait(accepted, timeout=profile.patience, every=profile.interval)
