"""`assay job`: what it prints, its exit codes, and that no password is shown."""

from __future__ import annotations

import io
import json

import pytest

from assay import cli
from tests.assay.jobs.conftest import ACCEPTED, JOB, SPEC, view


@pytest.fixture
def job(server, monkeypatch, capsys):
    """Runs the command against the server; its exit code and what it wrote."""
    monkeypatch.setenv("ASSAY_API_KEY", "k3y-of-api")
    monkeypatch.setenv("API_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("assay.jobs.client.pause", lambda seconds: None)

    def run(*words):
        code = cli.main(["job", *words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(SPEC))
    return str(path)


def test_submit_prints_the_jobs_id_and_sends_the_file(server, job, spec):
    server.answers = [(201, ACCEPTED)]
    assert job("submit", spec) == (0, f"{JOB}\n", "")
    assert json.loads(server.requests[0][3]) == SPEC


def test_a_specification_comes_from_standard_input_too(server, job, monkeypatch):
    server.answers = [(201, ACCEPTED)]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(SPEC)))
    assert job("submit", "-", "--idempotency-key", "once")[0] == 0
    assert server.requests[0][2]["idempotency-key"] == "once"


@pytest.mark.parametrize(("status", "code"), [("completed", 0), ("failed", 1), ("timeout", 1)])
def test_the_exit_code_of_wait_is_the_jobs_end(server, job, status, code):
    server.answers = [
        (200, view("running", progress={"last_line": "copying"})),
        (200, view(status)),
    ]
    ended, _, said = job("wait", JOB, "--every", "0.01")
    assert ended == code
    assert said.startswith(f"running  copying\n{status}")


def test_submit_follows_the_job_when_asked(server, job, spec):
    server.answers = [(201, ACCEPTED), (200, view("running")), (200, view("failed"))]
    code, out, said = job("submit", spec, "--wait", "--every", "0.01")
    assert (code, out) == (1, f"{JOB}\n")
    assert said.endswith("failed: why\n")


def test_a_job_that_does_not_end_could_not_be_told(server, job):
    server.answers = [(200, view("running"))]
    code, _, said = job("wait", JOB, "--timeout", "0.05", "--every", "0.01")
    assert code == 2
    assert "did not end within" in said


def test_status_shows_a_job_as_json(server, job):
    server.answers = [(200, view("running"))]
    code, out, _ = job("status", JOB)
    assert (code, json.loads(out)["status"]) == (0, "running")


def test_an_answer_that_breaks_the_contract_is_a_finding(server, job):
    server.answers = [(200, view("running", started_at=None))]
    code, _, said = job("status", JOB)
    assert (code, said) == (1, "started_at is not set while running\n")


def test_a_refusal_is_told_with_its_reason_and_without_the_password(server, job, spec):
    server.answers = [(400, {"error": "Invalid source_url: c4n:ry"})]
    code, _, said = job("submit", spec)
    assert code == 4
    assert "Invalid source_url: ***" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "cannot be read"), ("[]", "is no JSON object"), ("{}", "is no job specification")],
)
def test_a_file_that_is_no_specification_is_refused(server, job, tmp_path, text, said):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert job("submit", str(path))[0] == 4
    assert server.requests == []
    assert said in job("submit", str(path))[2]


@pytest.mark.parametrize("name", ["ASSAY_API_KEY", "API_ENDPOINT"])
def test_a_deployment_that_is_not_named_is_asked_for(job, monkeypatch, name):
    monkeypatch.delenv(name)
    code, _, said = job("status", JOB)
    assert code == 4
    assert "give --endpoint URL (or API_ENDPOINT) and ASSAY_API_KEY" in said
