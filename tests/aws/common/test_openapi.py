"""The OpenAPI document says what the code does: routes, answers, bodies, states."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from coordinator import app
from coordinator.settings import settings
from jobcore import contract

AWS = Path(app.__file__).parents[2]
DOCUMENT = json.loads((AWS / "contract" / "openapi-1.0.json").read_text())
GOOD = {
    "schema_version": "1.0",
    "command": "init",
    "source_url": "postgresql://user:pass@source.example.com:5432/mydb",
    "target_url": "postgresql://user:pass@target.example.com:5432/mydb",
}


def schema_of(route, status):
    """The schema of an answer."""
    method, _, path = route.partition(" ")
    answer = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    named = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][named]


def fits(route, status, body):
    """Whether an answer is one that the document has."""
    jsonschema.Draft202012Validator(schema_of(route, status)).validate(body)
    return True


def test_its_routes_are_those_of_the_gateway():
    gateway = (AWS / "terraform" / "api.tf").read_text()
    routes = set(re.findall(r'"((?:GET|POST) /[^"]*)"', gateway))
    assert routes == {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items()
                      for method in methods}  # fmt: skip


def test_its_states_are_those_of_the_contract():
    states = DOCUMENT["components"]["schemas"]["Job"]["properties"]["status"]["enum"]
    assert set(states) == set(contract.transitions())


def test_the_request_is_the_contracts_own_schema():
    body = DOCUMENT["paths"]["/jobs"]["post"]["requestBody"]
    name = body["content"]["application/json"]["schema"]["$ref"]
    assert json.loads((AWS / "contract" / name).read_text()) == contract.schema()


def test_every_answer_of_post_is_there_and_no_other(call, account):
    seen = {}

    def posted(*args, **more):
        status, body = call("POST /jobs", *args, **more)
        assert fits("POST /jobs", status, body)
        seen[status] = body

    posted({**GOOD, "command": "drop"})
    posted(GOOD, key=None)
    posted(GOOD, headers={"content-type": "text/plain"})
    for _ in range(settings().max_active_jobs + 1):
        posted(GOOD)
    account.records._client.delete_table(TableName="jobs")
    posted(GOOD)
    assert {str(status) for status in seen} == set(DOCUMENT["paths"]["/jobs"]["post"]["responses"])


def test_every_answer_of_get_is_there_and_no_other(call, account):
    route = "GET /jobs/{job_id}"
    _, accepted = call("POST /jobs", GOOD)
    seen = set()

    def got(path, **more):
        status, body = call(f"GET /jobs/{path}", **more)
        assert fits(route, status, body)
        seen.add(str(status))

    got(accepted["job_id"])
    got("nobody")
    got("nobody", key=None)
    account.records.launched(accepted["job_id"], instance_id="i-1", log_group="/g")
    account.records.start(accepted["job_id"], instance_id="i-1")
    account.records.heartbeat(accepted["job_id"], instance_id="i-1", progress={"seconds": 1})
    got(accepted["job_id"])
    account.records.finish(accepted["job_id"], "failed", error="why")
    got(accepted["job_id"])
    account.records._client.delete_table(TableName="jobs")
    got(accepted["job_id"])
    assert seen == set(DOCUMENT["paths"]["/jobs/{job_id}"]["get"]["responses"])


def test_health_answers_as_it_says(call):
    status, body = call("GET /healthz", key=None)
    assert (status, fits("GET /healthz", status, body)) == (200, True)


def test_a_body_that_the_document_does_not_have_is_seen():
    with pytest.raises(jsonschema.ValidationError):
        fits("GET /jobs/{job_id}", 200, {"job_id": "x"})
