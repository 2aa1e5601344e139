"""The worker's job: begun once, told about, ended whatever happens; on an account in memory."""

from __future__ import annotations

import gc
import json
import signal
import threading
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from jobcore.records import Job
from jobcore.sealing import Sealer
from worker import work as module
from worker.logs import JobLog
from worker.replicator import Replicator
from worker.settings import Settings, read
from worker.work import Stopped, Work

JOB = "0b9c2f4e-8d3a-4c55-9b1e-7f6a5d4c3b2a"
PASSWORD = "c4n4ry-p4ss"
URL = f"postgresql://u:{PASSWORD}@127.0.0.1:9/db"
SETTINGS = Settings("jobs", "us-east-1", "", "/p/worker", 0.05, 5, allow_private_addresses=True)


@pytest.fixture
def job(account, tmp_path, monkeypatch):
    """Runs the job of a tool that is a shell script; the record afterwards."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setattr("worker.running.GRACE", 0.5)
    boto3.client("logs").create_log_group(logGroupName="/p/worker")
    sealer = Sealer(boto3.client("kms"), account.key_arn)
    sealed = sealer.seal(URL, job_id=JOB)
    account.records.reserve(
        Job(JOB, "trace", "1.0", "init", sealed, sealed, {}, {"enable_sync": False}), limit=9
    )
    private = tmp_path / "private"
    private.mkdir(mode=0o700)

    def run(script="exit 0", *, records=account.records, **changed):
        described = {"argv": ["/bin/sh", "-c", script], "passwords": "passfile", "pin": "hostaddr"}
        (tmp_path / "replicator.json").write_text(json.dumps(described))
        settings = {name: getattr(SETTINGS, name) for name in SETTINGS.__dataclass_fields__}
        run.log = JobLog(boto3.client("logs"), group="/p/worker", job_id=JOB)
        made = Work(JOB, "i-1", Settings(**{**settings, **changed}), records, sealer, run.log,
                    Replicator.of(tmp_path))  # fmt: skip
        made.do(private)
        return account.records.get(JOB)

    return run


def test_a_tool_that_succeeds_completes_the_job(job, account):
    record = job("echo copied; exit 0")
    assert (record["status"], record.get("error")) == ("completed", None)
    assert record["created_at"] <= record["started_at"] <= record["completed_at"]
    assert account.records.active() == 0


def test_a_tool_that_fails_says_why_without_a_password(job):
    record = job(f"echo 'cannot connect to {URL}' >&2; exit 3")
    assert record["status"] == "failed"
    assert record["error"].startswith("the replicator ended with exit code 3: cannot connect to")
    assert PASSWORD not in record["error"]


def test_a_tool_that_is_killed_is_told_apart(job):
    assert "signal 9: it said nothing" in job("kill -9 $$")["error"]


def test_the_time_limit_ends_the_tool_with_all_that_it_started(job, tmp_path):
    record = job(f"sleep 60 & echo $! > {tmp_path / 'child'}; wait", job_time_limit_seconds=0.5)
    assert (record["status"], record["error"]) == (
        "timeout", "the job did not end within 0.5 s",
    )  # fmt: skip
    child = int((tmp_path / "child").read_text())
    line = Path(f"/proc/{child}/cmdline")
    assert not line.exists() or line.read_bytes() == b""  # gone, or a zombie


def test_progress_is_written_while_it_runs(job, account):
    record = job("echo step one; sleep 0.8; exit 0", heartbeat_seconds=0.2)
    assert json.loads(record["progress"])["last_line"] == "step one"
    assert record["heartbeat_at"] >= record["started_at"]


def test_a_job_of_another_instance_is_left_alone(job, account):
    account.records.start(JOB, instance_id="i-other")
    record = job("exit 0")
    assert (record["status"], record["instance_id"]) == ("running", "i-other")


def test_a_job_that_ended_meanwhile_stops_the_tool(job, account, tmp_path):
    def end():
        account.records.finish(JOB, "failed", error="given up", was="running")

    timer = threading.Timer(0.5, end)
    timer.start()
    record = job(f"sleep 3; touch {tmp_path / 'went-on'}")
    assert (record["status"], record["error"]) == ("failed", "given up")
    assert not (tmp_path / "went-on").exists()


def test_a_machine_that_is_shut_down_ends_the_job(job):
    def stop(number, frame):
        raise Stopped

    before = signal.signal(signal.SIGALRM, stop)
    gc.disable()  # what is raised while a library's callback watches a collection is lost
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        record = job("sleep 30")
    finally:
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert (record["status"], record["error"]) == ("failed", "the worker was stopped")


def test_a_tool_that_is_not_there_fails_the_job(job, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "worker.work.Process", lambda *_, **__: (_ for _ in ()).throw(OSError(2, "No such file"))
    )
    assert job()["error"] == "the replicator cannot be started: No such file"


def test_trouble_of_ours_is_told_by_its_kind_only(job, monkeypatch):
    def refused(*_, **__):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": URL}}, "Decrypt")

    monkeypatch.setattr(Sealer, "open", refused)
    assert job()["error"] == "the worker failed: Decrypt: AccessDenied"


class Interrupted:
    """Records in one of whose calls the machine is shut down, once, when it is done or before."""

    def __init__(self, records, name, *, done):
        self._records, self._name, self._done, self.asked = records, name, done, 0

    def __getattr__(self, name):
        known = getattr(self._records, name)
        return self._call if name == self._name else known

    def _call(self, *args, **named):
        self.asked += 1
        if self.asked > 1 or self._done:
            getattr(self._records, self._name)(*args, **named)
        if self.asked == 1:
            raise Stopped


@pytest.mark.parametrize("done", [True, False])
def test_a_shutdown_in_the_middle_of_the_end_still_ends_the_job(job, account, done):
    records = Interrupted(account.records, "finish", done=done)
    assert job(records=records)["status"] == "completed"
    assert records.asked == 2


def test_a_shutdown_in_the_middle_of_the_beginning_ends_what_has_begun(job, account):
    record = job(records=Interrupted(account.records, "start", done=True))
    assert (record["status"], record["error"]) == ("failed", "the worker was stopped")


def test_a_shutdown_before_the_beginning_leaves_the_job_to_the_reconciler(job, account):
    assert (
        job(records=Interrupted(account.records, "start", done=False))["status"] == "provisioning"
    )


class Flaky:
    """Records that fail at first."""

    def __init__(self, records, failures):
        self._records, self.failures = records, failures

    def __getattr__(self, name):
        return getattr(self._records, name)

    def finish(self, *args, **named):
        if self.failures:
            self.failures -= 1
            answer = {"Error": {"Code": "ThrottlingException", "Message": "slow"}}
            raise ClientError(answer, "TransactWriteItems")
        self._records.finish(*args, **named)


def test_the_end_is_written_although_dynamodb_refuses_at_first(job, account):
    assert job(records=Flaky(account.records, 2))["status"] == "completed"


def test_an_end_that_cannot_be_written_is_no_silence(job, account):
    with pytest.raises(ClientError):
        job(records=Flaky(account.records, 1000))


def test_its_log_is_in_cloudwatch_without_a_password(job):
    job(f"echo '{URL}'; echo password={PASSWORD}; exit 0")
    events = boto3.client("logs").get_log_events(logGroupName="/p/worker", logStreamName=JOB)[
        "events"
    ]
    text = " ".join(event["message"] for event in events)
    assert '"event": "completed"' in text
    assert PASSWORD not in text
    assert "postgresql://***" in text or "***" in text


def test_settings_are_read_from_the_parameter(account):
    given = {name: getattr(SETTINGS, name) for name in SETTINGS.__dataclass_fields__}
    client = boto3.client("ssm")
    client.put_parameter(Name="/q/worker", Value=json.dumps({**given, "new": 1}), Type="String")
    assert read(client, "q") == SETTINGS
