"""The whole table of bad requests over HTTP, where the address guard is on; nothing is created."""

from __future__ import annotations

import importlib.util
import json
import socket
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.jobs import contract
from assay.jobs.answers import Accepted
from assay.jobs.client import JobClient
from jobcore import addresses

HERE = Path(__file__)


def load(path):
    """A table of another folder: tests are not a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = load(HERE.parents[1] / "lambda" / "requests_refused.py")
GOOD = {
    "schema_version": "1.0",
    "command": "validate",
    "source_url": CASES.URL,
    "target_url": "postgresql://user:pass@target.example.com:5432/mydb",
}
CHECKED = {"max_examples": 60, "deadline": None, "derandomize": True}
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@pytest.fixture
def api(guarded_stack):
    """A client of the stack with the guard."""
    return JobClient(guarded_stack.endpoint, guarded_stack.api_key)


@pytest.fixture
def nothing_created(guarded_stack):
    """Fails when a test has changed the table."""
    before = guarded_stack.records()
    yield
    assert guarded_stack.records() == before


def changed(fields):
    return {name: value for name, value in {**GOOD, **fields}.items() if value is not ...}


def test_the_table_is_large_enough():
    assert len(CASES.FIELDS) + len(CASES.BODIES) >= 100


def test_every_malformed_specification_is_refused_by_name(api, nothing_created):
    wrong = []
    for fields, said in CASES.FIELDS:
        answer = api.call("POST", "/jobs", body=json.dumps(changed(fields)).encode())
        if (answer.status, answer.body) != (400, {"error": said}):
            wrong.append((fields, said, str(answer)))
    assert wrong == []


def test_every_body_that_is_no_json_object_is_refused(api, nothing_created):
    wrong = []
    for body, said in CASES.BODIES:
        answer = api.call("POST", "/jobs", body=body.encode("utf-8", "surrogatepass"))
        if (answer.status, answer.body) != (400, {"error": said}):
            wrong.append((body[:80], said, str(answer)))
    assert wrong == []


def test_what_is_odd_but_legal_is_accepted(api, guarded_stack):
    """No machine is launched for them: what they name is not ours to connect to."""
    refused = guarded_stack.cloud.faults.refuse(
        "ec2:RunInstances", "UnauthorizedOperation", times=99, status=403
    )
    try:
        for fields in CASES.ACCEPTED:
            answer = api.call("POST", "/jobs", body=json.dumps(changed(fields)).encode())
            assert answer.status == 201, (fields, str(answer))
            view = api.wait(Accepted.of(answer), timeout=20, every=0.05).views[-1]
            assert view.error.endswith("could not be launched: UnauthorizedOperation")
        assert refused.happened() == len(CASES.ACCEPTED)
    finally:
        guarded_stack.cloud.faults.clear()


@pytest.mark.parametrize(
    ("headers", "authenticated", "status"),
    [
        ({}, False, 401),
        ({"x-api-key": ""}, True, 401),
        ({"x-api-key": "wrong"}, True, 401),
        ({"x-api-key": "rk_" + "0" * 64}, True, 401),
        ({"X-API-Key": "wrong"}, True, 401),
        ({"x-api-key": "x" * 5000}, True, 401),
        ({"content-type": "text/plain"}, True, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, True, 415),
        ({"idempotency-key": ""}, True, 400),
        ({"idempotency-key": "x" * 129}, True, 400),
    ],
)  # fmt: skip
def test_a_request_with_bad_headers_is_refused(
    api, nothing_created, headers, authenticated, status
):
    body = json.dumps(GOOD).encode()
    answer = api.call("POST", "/jobs", body=body, headers=headers, authenticated=authenticated)
    assert answer.status == status, answer


@pytest.mark.parametrize(
    "path", ["/", "/job", "/jobs/a/b", "/healthz/x", "/JOBS", "/jobs/../healthz/x"]
)
def test_an_unknown_route_is_not_found(api, nothing_created, path):
    answer = api.call("GET", path)
    assert (answer.status, answer.body) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_an_unknown_method_is_not_found(api, nothing_created, method):
    assert api.call(method, "/jobs", body=b"{}").status == 404


@pytest.mark.parametrize(
    "name",
    ["x", "#active", "..%2F..", "' or 1=1", "%00", "null", str(uuid.UUID(int=1)), "A" * 2000,
     "idempotency%23x"],
)  # fmt: skip
def test_an_unknown_job_is_not_found(api, name):
    answer = api.call("GET", f"/jobs/{name.replace('#', '%23').replace(' ', '%20')}")
    assert answer.status == 404, answer


def test_a_private_name_that_only_resolving_shows_ends_failed(api):
    """The spelling is harmless; the worker resolves it, and refuses before the tool is started."""
    here = socket.gethostname()
    if not any(map(addresses.forbidden, addresses.resolve(here))):
        pytest.skip(f"the machine's own name {here} leads to a public address")
    spec = {**GOOD, "source_url": f"postgresql://u:p@{here}:5432/d"}
    view = api.wait(api.submit(spec), timeout=60, every=0.2).views[-1]
    assert view.status is contract.Status.FAILED
    assert "a private or metadata address" in view.error


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
    ),
    max_leaves=6,
)


def of_schema(rule):
    """Values that fit a part of the contract's schema, and often ones that do not."""
    if "enum" in rule:
        fitting = st.sampled_from(rule["enum"])
    elif rule["type"] == "object":
        fitting = st.fixed_dictionaries(
            {}, optional={name: of_schema(part) for name, part in rule["properties"].items()}
        )
    elif rule["type"] == "array":
        fitting = st.lists(of_schema(rule["items"]), max_size=4)
    elif "pattern" in rule:
        fitting = st.from_regex(rule["pattern"])
    elif rule.get("format"):
        urls = st.sampled_from([CASES.URL, GOOD["target_url"]])
        fitting = urls | st.text().map(lambda text: f"postgresql://{text}")
    else:
        kinds = {"boolean": st.booleans(), "number": st.floats(0, allow_nan=False)}
        fitting = kinds.get(rule["type"], st.text())
    return st.one_of(fitting, fitting, fitting, JUNK)


@settings(**CHECKED, suppress_health_check=QUIET)
@given(spec=of_schema(contract.schema()))
def test_no_request_makes_a_server_error(api, spec):
    if isinstance(spec, dict):
        spec["schema_version"] = "1.1"  # else a well-formed one would start a worker
    answer = api.call("POST", "/jobs", body=json.dumps(spec).encode())
    assert answer.status == 400, (spec, str(answer))


@settings(**CHECKED, suppress_health_check=QUIET)
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "text/json", ""]))
def test_no_bytes_make_a_server_error(api, body, kind):
    answer = api.call("POST", "/jobs", body=body, headers={"content-type": kind})
    assert answer.status in (400, 415), (body, str(answer))


def test_answers_tell_nobody_to_store_or_to_guess_them_or_to_leave_tls(api):
    for answer in (api.call("GET", "/jobs/x"), api.call("POST", "/jobs", body=b"{")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
