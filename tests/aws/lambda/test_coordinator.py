"""The API's answers, in the contract's words and order; what is refused creates nothing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from botocore.exceptions import ClientError

from coordinator import app


def load(name: str) -> ModuleType:
    """A file beside this one: tests are not a package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NOBODY = "0b9c2f4e-8d3a-4c55-9b1e-7f6a5d4c3b2a"
CASES = load("requests_refused")
GOOD = {
    "schema_version": "1.0",
    "command": "init",
    "source_url": CASES.URL,
    "target_url": "postgresql://user:pass@target.example.com:5432/mydb",
}


def changed(fields):
    """The good specification with other fields; one that is `...` is left out."""
    return {name: value for name, value in {**GOOD, **fields}.items() if value is not ...}


@pytest.mark.parametrize(("fields", "said"), CASES.FIELDS)
def test_a_malformed_specification_is_refused_by_name(call, account, fields, said):
    assert call("POST /jobs", changed(fields)) == (400, {"error": said})
    assert (account.items(), account.messages()) == ([], 0)


@pytest.mark.parametrize(("body", "said"), CASES.BODIES)
def test_a_body_that_is_no_json_object_is_refused(call, account, body, said):
    assert call("POST /jobs", body) == (400, {"error": said})
    assert (account.items(), account.messages()) == ([], 0)


@pytest.mark.parametrize("fields", CASES.ACCEPTED)
def test_what_is_odd_but_legal_is_accepted(call, account, fields):
    status, body = call("POST /jobs", changed(fields))
    assert (status, body["status"]) == (201, "provisioning")
    assert account.messages() == 1


def test_an_accepted_job_is_stored_sealed_and_queued(call, account):
    _, body = call("POST /jobs", {**GOOD, "command": "INIT"})
    item = account.records.get(body["job_id"])
    assert (item["command"], item["trace_id"]) == ("init", body["trace_id"])
    assert "pass" not in json.dumps(item)
    message = boto3.client("sqs").receive_message(QueueUrl=account.queue_url)["Messages"][0]
    assert json.loads(message["Body"]) == {n: body[n] for n in ("job_id", "trace_id")}


@pytest.mark.parametrize(
    "key", [None, "", "wrong", "rk_tes", "rk_testx", "RK_TEST", "rk_test ", "é"]
)
@pytest.mark.parametrize("route", ["POST /jobs", f"GET /jobs/{NOBODY}"])
def test_without_the_key_every_call_gets_the_same_refusal(call, account, route, key):
    assert call(route, "not even json", key=key) == (401, {"error": "Unauthorized"})
    assert not account.items()


def test_an_older_key_is_accepted_beside_the_newest(call):
    assert call("GET /jobs/x", key="rk_old") == (404, {"error": "Job not found"})


@pytest.mark.parametrize("job", [NOBODY, "x", "", "#active", "idempotency#x", "A" * 300])
def test_an_unknown_job_is_not_found(call, account, job):
    call("POST /jobs", GOOD)
    assert call(f"GET /jobs/{job}") == (404, {"error": "Job not found"})


def test_a_known_job_shows_the_fields_of_the_contract_and_no_others(call):
    _, accepted = call("POST /jobs", GOOD)
    status, shown = call(f"GET /jobs/{accepted['job_id']}")
    names = {"job_id", "trace_id", "status", "created_at", "started_at", "completed_at", "error"}
    assert (status, set(shown)) == (200, names)
    assert {n: shown[n] for n in accepted} == accepted


def test_health_needs_no_key_and_tells_nothing(call):
    assert call("GET /healthz", key=None) == (200, {"status": "ok"})


def test_beyond_the_limit_a_job_is_refused_even_when_it_is_malformed(call, account):
    for _ in range(5):
        assert call("POST /jobs", GOOD)[0] == 201
    assert call("POST /jobs", "{") == (429, {"error": "Too many active jobs (limit: 5)"})
    assert account.records.active() == 5


def test_the_same_promise_gives_the_same_job_once(call, account):
    headers = {"Idempotency-Key": "k1"}
    first, again = (call("POST /jobs", GOOD, headers=headers) for _ in range(2))
    assert first == again
    assert account.messages() == 1


def test_a_promise_with_another_request_is_refused(call):
    headers = {"Idempotency-Key": "k1"}
    call("POST /jobs", GOOD, headers=headers)
    said = {"error": "Idempotency-Key was used with another request"}
    assert call("POST /jobs", {**GOOD, "command": "sync"}, headers=headers) == (400, said)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml"])
def test_another_content_type_is_refused(call, kind):
    said = {"error": "Content-Type must be application/json"}
    assert call("POST /jobs", GOOD, headers={"content-type": kind}) == (415, said)


def test_a_queue_that_fails_ends_the_job_and_frees_its_place(call, account, monkeypatch):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")

    monkeypatch.setattr(app.jobs().queue, "send_message", refuse)
    assert call("POST /jobs", GOOD) == (500, {"error": "Job could not be queued"})
    assert [i["status"]["S"] for i in account.items() if "status" in i] == ["failed"]
    assert account.records.active() == 0


@pytest.mark.parametrize("broken", ["get_item", "transact_write_items"])
def test_a_table_that_fails_lets_no_job_through(call, account, monkeypatch, broken):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "secret"}}, "X")

    monkeypatch.setattr(app.jobs().records._client, broken, refuse)
    assert call("POST /jobs", GOOD) == (500, {"error": "Internal error"})
    assert account.messages() == 0


def test_keys_that_cannot_be_read_let_nobody_in(call, account):
    boto3.client("ssm").delete_parameter(Name="/p/api-keys")
    assert call("POST /jobs", GOOD) == (500, {"error": "Internal error"})
    assert not account.items()


def test_a_withdrawn_key_ends_and_a_new_one_begins(call, account, monkeypatch):
    call("GET /jobs/x")
    keys = json.dumps(["rk_new"])
    boto3.client("ssm").put_parameter(
        Name="/p/api-keys", Value=keys, Type="SecureString", Overwrite=True
    )
    monkeypatch.setattr("coordinator.keys.FRESH", 0.0)
    assert call("GET /jobs/x")[0] == 401
    assert call("GET /jobs/x", key="rk_new")[0] == 404
