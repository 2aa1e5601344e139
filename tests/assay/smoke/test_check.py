"""What a check comes to, what it cannot do without, and what is said of a failure."""

from __future__ import annotations

import uuid

import pytest

from assay.errors import Divergence, SetupError, TimedOut
from assay.jobs.answers import Answer
from assay.jobs.client import JobClient, NotAccepted, Unreachable
from assay.redact import Secret
from assay.smoke import diagnosis, suite
from assay.smoke.check import (
    CHECKS,
    Check,
    Inconclusive,
    Result,
    Site,
    all_refused,
    expect,
    judge,
    refused,
)
from assay.smoke.profile import QUICK

GONE = "http://127.0.0.1:9"


@pytest.fixture
def site():
    """An endpoint where nobody listens."""
    client = JobClient(GONE, Secret("rk_0123456789abcdef"))
    client.patience = 0.0
    return Site("gone", client, suite.IMPATIENT)


def answered(status, text="{}", **headers):
    return Answer(status, headers, text, 0.0)


def coming_to(error):
    def run(_):
        if error is not None:
            raise error

    return Check("a-check", "contract", "a sentence", run)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, Result.PASS),
        (Divergence("other"), Result.FAIL),
        (NotAccepted("no", answered(400)), Result.FAIL),
        (NotAccepted("no", answered(503)), Result.UNKNOWN),
        (NotAccepted("no", answered(429)), Result.UNKNOWN),
        (Inconclusive("nothing"), Result.UNKNOWN),
        (TimedOut("Job x did not end within 3 s."), Result.UNKNOWN),
        (Unreachable("No answer."), Result.UNKNOWN),
        (SetupError("no"), Result.UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_check_comes_to(site, error, result):
    assert judge(coming_to(error), site).result is result


def test_trouble_of_ours_is_not_swallowed(site):
    with pytest.raises(ZeroDivisionError):
        judge(coming_to(ZeroDivisionError()), site)


def test_an_endpoint_where_nobody_listens_satisfies_no_check(site):
    free = [one for one in CHECKS.values() if not one.missing(site)]
    results = {one.name: judge(one, site).result for one in free}
    assert set(results.values()) <= {Result.UNKNOWN, Result.FAIL}
    assert "gateway is deployed" in judge(CHECKS["an-unknown-job-is-not-found"], site).advice


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_gateway_that_serves_nobody_satisfies_no_check(site, status):
    free = [one for one in CHECKS.values() if not one.missing(site)]
    with suite._liar(status, b'{"message": "no"}') as url:
        site.client.endpoint = url
        results = {one.name: judge(one, site).result for one in free}
    assert [name for name, result in results.items() if result is Result.PASS] == []


def test_a_job_that_never_ends_is_unknown_with_what_to_look_at(site):
    judged = judge(coming_to(TimedOut("Job x did not end within 3 s.")), site)
    assert judged.result is Result.UNKNOWN
    assert "log_url" in judged.advice


@pytest.mark.parametrize(
    ("why", "row"),
    [
        ("source_url on 127.0.0.1: 201 instead of 400", "allow_private_addresses"),
        ("401 instead of 404", "terraform output -raw api_key"),
        ("Connection refused", "gateway"),
        ("Job x did not end within 300 s.", "dead-letter queue"),
        ("Error acquiring the state lock", "assay state unlock"),
        ("the worker could not be launched: InvalidAMIID.NotFound", "describe-images"),
        ("The package is too large zipped: 60 bytes.", "50 MB"),
        ("The package is too large unzipped: 60 bytes.", "250 MB"),
    ],
)  # fmt: skip
def test_the_guides_rows_are_found(why, row):
    assert row in diagnosis.of(why)


def test_what_has_no_row_gets_none():
    assert diagnosis.of("the databases are DIFFERENT") == ""


def test_secrets_are_taken_out_of_what_is_told(site):
    site.client.scrubber.learn(Secret("c4n4ry-p4ss"))
    judged = judge(coming_to(Divergence("it shows c4n4ry-p4ss")), site)
    assert "c4n4ry-p4ss" not in judged.why


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answered(404, '{"error": "x"}'), None),
        (answered(404, '{"error": "y"}'), Divergence),
        (answered(200, '{"error": "x"}'), Divergence),
        *((answered(status), Inconclusive) for status in (429, 502, 503, 504)),
        (Answer(404, {}, '{"error": "x"}', 0.0, shows_secret=True), Divergence),
    ],
)  # fmt: skip
def test_an_answer_is_what_is_expected_or_says_what_it_is(answer, error):
    if error is None:
        assert expect(answer, 404, {"error": "x"}) is answer
        return
    with pytest.raises(error):
        expect(answer, 404, {"error": "x"})


@pytest.mark.parametrize(
    "text", ["{}", '{"error": ""}', '{"error": 1}', '{"error": "a", "more": 1}', "[]", "no"]
)
def test_a_refusal_has_one_reason(text):
    with pytest.raises(Divergence):
        refused(answered(400, text))


@pytest.mark.parametrize(
    ("status", "said", "good"),
    [(400, "the host", True), (400, "", True), (400, "the port", False), (401, "the host", False)],
)  # fmt: skip
def test_a_refusal_says_what_it_has_to(status, said, good):
    answer = answered(status, '{"error": "the host is private"}')
    if good:
        assert refused(answer, said) is answer
        return
    with pytest.raises(Divergence):
        refused(answer, said)


@pytest.mark.parametrize(
    ("statuses", "error", "asked"),
    [
        ((400, 400), None, 2),
        ((201, 400), Divergence, 2),
        ((201, 201), Divergence, 2),
        ((201, 429), Divergence, 2),
        ((400, 429), Inconclusive, 2),
        ((429, 201), Inconclusive, 1),
    ],
)  # fmt: skip
def test_of_many_requests_each_has_to_be_refused(statuses, error, asked):
    called = []

    def call(status):
        called.append(status)
        return answered(status, '{"error": "no"}')

    requests = [(str(status), "", lambda status=status: call(status)) for status in statuses]
    if error is None:
        all_refused(requests)
    else:
        with pytest.raises(error) as told:
            all_refused(requests)
        if error is Divergence:
            assert str(told.value).count("201 instead of 400") == statuses.count(201)
    assert len(called) == asked


@pytest.mark.parametrize(
    ("need", "given", "missing"),
    [
        ("", {}, False),
        ("databases", {}, True),
        ("databases", {"databases": object()}, False),
        ("guard", {"guarded": False}, True),
        ("guard", {}, False),
        ("https", {}, True),
        ("revoked", {}, True),
        ("revoked", {"revoked": Secret("k")}, False),
        ("limit", {"limit": 0}, True),
        ("limit", {"limit": 1}, False),
        ("limit", {"limit": suite.IMPATIENT.burst}, False),
        ("limit", {"limit": suite.IMPATIENT.burst + 1}, True),
    ],
)  # fmt: skip
def test_what_a_check_cannot_do_without_is_told(site, need, given, missing):
    for name, value in given.items():
        setattr(site, name, value)
    assert bool(Check("a", "contract", "", print, needs=need).missing(site)) is missing


def test_a_check_is_told_apart_by_the_jobs_that_it_created(site):
    site.created.append("an earlier one")
    judged = judge(Check("a", "contract", "", lambda at: at.created.append("its own")), site)
    assert judged.jobs == ("its own",)


def test_the_self_test_sees_a_check_that_believes_everything():
    gullible = Check("gullible", "contract", "", lambda _: None)
    honest = CHECKS["an-unknown-job-is-not-found"]
    test = suite.self_test([gullible, honest])
    assert (test.planted, test.detected, test.missed) == (2, 1, ("gullible",))


def test_the_self_test_of_the_suite_finds_all_that_it_planted():
    test = suite.self_test(list(CHECKS.values()))
    assert test.missed == ()
    assert test.planted >= 35


def test_a_run_tells_beforehand_what_it_costs():
    free = [one for one in CHECKS.values() if one.safe]
    assert suite.cost(free, QUICK).jobs == 0
    assert suite.cost(list(CHECKS.values()), QUICK).jobs >= 5
    assert "at most 0 jobs" in str(suite.cost(free, QUICK))


def test_no_more_jobs_are_counted_than_are_created_together():
    sharing = [one for one in CHECKS.values() if one.name in suite._SHARING]
    assert {one.jobs for one in sharing} <= {1, 2}
    assert suite.cost(sharing, QUICK).jobs == 2


def test_every_check_says_in_a_sentence_what_it_asks():
    assert [one.name for one in CHECKS.values() if not one.sentence.endswith((".", ")."))] == []


def test_what_was_created_is_remembered(site):
    job = str(uuid.uuid4())
    site.remember(answered(201, f'{{"job_id": "{job}"}}'))
    for status in (200, 400):
        site.remember(answered(status, f'{{"job_id": "{uuid.uuid4()}"}}'))
    assert site.created == [job]
    assert site.settle() == [job]


@pytest.mark.parametrize(("looks", "left"), [(3, []), (9999, ["j"])])
def test_jobs_of_a_run_are_waited_for_until_its_patience_ends(site, monkeypatch, looks, left):
    now, ended = [0.0], iter([*[False] * looks, True])
    monkeypatch.setattr("assay.smoke.check.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "assay.smoke.check.pause", lambda seconds: now.__setitem__(0, now[0] + seconds)
    )
    monkeypatch.setattr(Site, "_ended", lambda *_: next(ended))
    site.profile, site.created = QUICK, ["j"]
    assert site.settle() == left
    assert now[0] <= QUICK.patience + QUICK.interval
