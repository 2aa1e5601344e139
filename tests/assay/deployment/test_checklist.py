"""The checklist: what is seen, what is left to a person, and that it changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from assay.deployment import checklist, environments
from assay.deployment.checklist import Item, State, exit_code
from assay.deployment.ladder import Deployment
from assay.deployment.steps import Outcome, Result

TARGET = replace(environments.read("dev"), account_id="123456789012")


class Account:
    """The account of moto; writes down what is asked of it."""

    def __init__(self):
        self.called = []

    def client(self, service):
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="testing",
                              aws_secret_access_key="testing")  # fmt: skip
        client.meta.events.register(
            "before-call", lambda model, **_: self.called.append(model.name)
        )
        return client

    def environment(self):
        return {}

    def endpoint(self, outputs):
        return "http://127.0.0.1:9"


@pytest.fixture
def account(monkeypatch, tmp_path):
    monkeypatch.setattr(checklist, "RUNS", tmp_path / "runs")
    with mock_aws():
        yield Account()


@pytest.fixture
def deployment(account, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Deployment(TARGET, account, home)


def done(deployment, step, *, ago=timedelta(0), **made):
    """A step that came to its end some time ago."""
    at = (datetime.now(UTC) - ago).isoformat()
    Result(step, "", at, "me", Outcome.DONE, ended=at, made=made).write(deployment.home)


def items(deployment, outputs=None):
    return {item.name: item for item in checklist.look(deployment, outputs or {})}


def ran(tmp_path, *, verdict="PASS", ago=timedelta(0), name="dev", result="PASS"):
    """A smoke run of the environment."""
    folder = tmp_path / "runs" / "1"
    folder.mkdir(parents=True)
    at = (datetime.now(UTC) - ago).isoformat()
    rows = [{"endpoint": name, "check": "completed-means-equal", "result": result}]
    read = {"verdict": verdict, "run": {"started": at}, "checks": rows, "outcomes": []}
    (folder / "verdicts.json").write_text(json.dumps(read))


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((State.OK, State.MANUAL), 0),
        ((State.OK, State.UNKNOWN), 2),
        ((State.UNKNOWN, State.BAD), 1),
    ],
)  # fmt: skip
def test_the_exit_code_says_the_worst(states, code):
    assert exit_code([Item("p", "n", state, "") for state in states]) == code


def test_every_item_of_the_guide_is_there_with_evidence(deployment):
    found = checklist.look(deployment, {})
    assert {item.phase for item in found} == {"before", "during", "after"}
    assert len(found) >= 20
    assert [item.name for item in found if not item.evidence.strip()] == []


def test_nothing_is_called_that_could_change_anything(deployment, account):
    account.client("sqs").create_queue(QueueName="dead")
    url = account.client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    account.client("logs").create_log_group(logGroupName="/aws/lambda/f")
    account.called.clear()
    items(deployment, {"function_names": {"f": "f"}, "dead_letter_queue_url": url})
    reading = ("Get", "Describe", "List", "Filter")
    assert account.called
    assert [name for name in account.called if not name.startswith(reading)] == []


def test_another_account_is_bad(account, tmp_path):
    other = replace(TARGET, account_id="999999999999")
    found = items(Deployment(other, account, tmp_path))["account"]
    assert (found.state, "123456789012" in found.evidence) == (State.BAD, True)


def test_errors_in_the_logs_are_bad(deployment, account):
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/f")
    logs.create_log_stream(logGroupName="/aws/lambda/f", logStreamName="s")
    outputs = {"function_names": {"f": "f"}}
    assert items(deployment, outputs)["logs"].state is State.OK
    event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000),
             "message": '{"level":"ERROR","message":"request failed"}'}  # fmt: skip
    logs.put_log_events(logGroupName="/aws/lambda/f", logStreamName="s", logEvents=[event])
    found = items(deployment, outputs)["logs"]
    assert (found.state, "1 errors" in found.evidence) == (State.BAD, True)


def test_a_dead_letter_is_bad(deployment, account):
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    outputs = {"dead_letter_queue_url": url}
    assert items(deployment, outputs)["dead letters"].state is State.OK
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert items(deployment, outputs)["dead letters"].state is State.BAD


def test_no_alarm_and_a_ringing_one_are_bad(deployment, account):
    assert items(deployment)["alarms"].state is State.BAD
    client = account.client("cloudwatch")
    client.put_metric_alarm(AlarmName="replicator-dev-x", MetricName="m", Namespace="n",
                            Period=60, EvaluationPeriods=1, Threshold=1.0, Statistic="Sum",
                            ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    assert items(deployment)["alarms"].state is State.OK
    client.set_alarm_state(AlarmName="replicator-dev-x", StateValue="ALARM", StateReason="x")
    assert items(deployment)["alarms"].evidence == "replicator-dev-x"


def test_a_smoke_run_counts_only_after_the_last_apply(deployment, tmp_path):
    assert items(deployment)["smoke tests"].state is State.MANUAL
    ran(tmp_path, ago=timedelta(hours=1))
    done(deployment, "applied", ago=timedelta(hours=2))
    assert items(deployment)["smoke tests"].state is State.OK
    assert items(deployment)["one real job, judged"].state is State.OK
    done(deployment, "applied")
    assert items(deployment)["smoke tests"].state is State.BAD


@pytest.mark.parametrize(("verdict", "result"), [("FAIL", "PASS"), ("UNKNOWN", "PASS")])
def test_a_red_smoke_run_is_bad(deployment, tmp_path, verdict, result):
    ran(tmp_path, verdict=verdict, result=result)
    assert items(deployment)["smoke tests"].state is State.BAD


def test_another_environments_run_does_not_count(deployment, tmp_path):
    ran(tmp_path, name="staging")
    assert items(deployment)["smoke tests"].state is State.MANUAL


@pytest.mark.parametrize(("minutes", "state"), [(5, State.MANUAL), (16, State.OK)])
def test_it_is_watched_for_a_quarter_of_an_hour(deployment, minutes, state):
    done(deployment, "applied", ago=timedelta(minutes=minutes))
    assert items(deployment)["watched"].state is state


def test_a_plan_that_was_made_after_the_allowed_one_is_bad(deployment):
    done(deployment, "plan", digest="a" * 64, changes=[])
    done(deployment, "approval", plan="a" * 64, how="none is needed")
    assert items(deployment)["plan reviewed"].state is State.OK
    done(deployment, "plan", digest="b" * 64, changes=[])
    assert items(deployment)["plan reviewed"].state is State.BAD


def test_a_step_that_did_not_end_is_bad(deployment):
    Result("applied", "", "then", "me").write(deployment.home)
    found = items(deployment)["applied"]
    assert (found.state, "applied begun then" in found.evidence) == (State.BAD, True)


def test_a_package_that_changed_is_bad(deployment, tmp_path):
    done(deployment, "lambda_package", path=str(tmp_path / "gone.zip"), sha256="x")
    assert "is gone" in items(deployment)["functions' package"].evidence


def test_an_endpoint_where_nobody_answers_is_unknown(deployment):
    assert items(deployment, {"api_id": "x"})["endpoint answers"].state is State.UNKNOWN


def test_outputs_of_a_stack_that_others_made_are_read(tmp_path):
    file = tmp_path / "outputs.json"
    file.write_text('{"api_endpoint": {"value": "https://x", "sensitive": false}}')
    assert checklist.outputs_of(file) == {"api_endpoint": "https://x"}
