"""Requests made from the API's description: right answers on the intact service, red otherwise."""

from __future__ import annotations

from contextlib import ExitStack

import boto3
import pytest

from assay.errors import SetupError
from assay.jobs.client import JobClient
from assay.redact import Secret
from assay.smoke import fuzz
from tests.smoke import service
from tests.smoke.defects import DEFECTS


def fuzzed(defect=None):
    """What comes of it, and how many jobs there are then."""
    with ExitStack() as undo:
        given = undo.enter_context(service.serving())
        if defect is not None:
            undo.enter_context(DEFECTS[defect].broken(given))
        client = JobClient(given.url, Secret(service.KEY))
        came = fuzz.run(client, examples=15, seconds=120, seed=1)
        items = boto3.client("dynamodb", region_name="us-east-1").scan(TableName="jobs")["Items"]
        return came, [item for item in items if "status" in item]


def test_the_intact_service_answers_every_wrong_request_rightly():
    came, jobs = fuzzed()
    assert came.good, came.report[-3000:]
    assert jobs == []
    assert service.KEY not in came.report


def test_requests_that_take_too_long_are_no_result():
    client = JobClient("http://127.0.0.1:9", Secret(service.KEY))
    with pytest.raises(SetupError, match=r"did not end within 0[.]1 s"):
        fuzz.run(client, examples=1, seconds=0.1, seed=1)


LATE = pytest.param("arrays-make-an-error", marks=pytest.mark.nightly)


@pytest.mark.parametrize("defect", ["malformed-json-makes-an-error", LATE])
def test_wrong_answers_are_seen(defect):
    assert not fuzzed(defect)[0].good
