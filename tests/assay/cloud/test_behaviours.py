"""What the launcher adds to the emulator: policies, weights, throttling, faults of an API."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from urllib.parse import urlencode

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from assay.cloud import local

pytestmark = pytest.mark.xdist_group("emulator's behaviours")  # one process starts it
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
CODE = (
    "def handler(event, context):\n"
    "    return {'statusCode': 200, 'body': context.function_version}\n"
)
REQUESTS = 100


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """An emulator for this file."""
    with local.owned(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def as_role(cloud):
    """A client of a role that may do what a statement says, and nothing else."""

    def client(service, **statement):
        iam, name = cloud.client("iam"), f"role-{uuid.uuid4()}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        sts = cloud.client("sts")
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=cloud.url,
            region_name=local.REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    return client


@pytest.fixture(scope="module")
def api(cloud):
    """An HTTP API in front of an alias with two versions; its id."""
    functions, gateway = cloud.client("lambda"), cloud.client("apigatewayv2")
    made = functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=cloud.client("iam").create_role(
            RoleName="function", AssumeRolePolicyDocument=json.dumps(TRUST)
        )["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": zipped(CODE)},
        Publish=True,
    )
    functions.update_function_code(FunctionName="f", ZipFile=zipped(CODE + "\n"), Publish=True)
    alias = functions.create_alias(FunctionName="f", Name="live", FunctionVersion=made["Version"])
    api = gateway.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    target = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=alias["AliasArn"],
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="GET /x", Target=f"integrations/{target}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def zipped(code):
    """A package of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", code)
    return buffer.getvalue()


@pytest.fixture
def get(cloud, api):
    """Call the API."""
    return lambda: requests.get(f"{cloud.endpoint(api)}/x", timeout=10)


def test_an_encryption_context_that_a_policy_demands_is_seen(cloud, as_role):
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    named = {"StringEquals": {"kms:EncryptionContext:job_id": "a"}}
    kms = as_role("kms", Action="kms:Encrypt", Resource=key, Condition=named)
    kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"job_id": "a"})
    for other in ({"job_id": "b"}, {}):
        with pytest.raises(ClientError, match="AccessDenied"):
            kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=other)


def test_an_instance_is_ended_only_by_whom_its_tags_allow(cloud, as_role):
    image = cloud.register_image("proc:/nonexistent", name="tagged")
    tags = [{"Key": "replicator:prefix", "Value": "ours"}]
    instance = cloud.client("ec2").run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        UserData="#!/bin/sh\nsleep 30\n",
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"][0]["InstanceId"]
    instances = "arn:aws:ec2:us-east-1:000000000000:instance/*"
    for prefix, allowed in (("theirs", False), ("ours", True)):
        condition = {"StringEquals": {"aws:ResourceTag/replicator:prefix": prefix}}
        ec2 = as_role(
            "ec2", Action="ec2:TerminateInstances", Resource=instances, Condition=condition
        )
        if allowed:
            ec2.terminate_instances(InstanceIds=[instance])
        else:
            with pytest.raises(ClientError, match="UnauthorizedOperation"):
                ec2.terminate_instances(InstanceIds=[instance])


def test_an_alarm_is_described_in_full(cloud):
    alarm = {
        "AlarmName": "a",
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Sum",
        "Threshold": "1.0",
        "Period": "60",
        "EvaluationPeriods": "1",
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    asked(cloud, Action="PutMetricAlarm", **alarm)
    said = asked(cloud, **{"Action": "DescribeAlarms", "AlarmNames.member.1": "a"})
    assert [name for name, value in alarm.items() if f"<{name}>{value}</{name}>" not in said] == []


def asked(cloud, **parameters):
    """A call to CloudWatch in the protocol that Terraform speaks, signed."""
    body = urlencode({"Version": "2010-08-01", **parameters})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", cloud.url, data=body, headers=kind)
    key = Credentials(local.ACCESS_KEY, local.SECRET_KEY)
    SigV4Auth(key, "monitoring", local.REGION).add_auth(request)
    answer = requests.post(cloud.url, data=body, headers=dict(request.headers), timeout=10)
    assert answer.ok, answer.text
    return answer.text


def test_an_alias_leads_to_its_versions_by_weight(cloud, get):
    functions = cloud.client("lambda")
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.update_alias(FunctionName="f", Name="live", RoutingConfig=weights)
    seen = [get().text for _ in range(REQUESTS)]
    assert set(seen) == {"1", "2"}
    assert 20 <= seen.count("2") <= 80  # odds against by chance: one in a billion
    functions.update_alias(
        FunctionName="f", Name="live", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    assert {get().text for _ in range(20)} == {"1"}


def test_a_stage_lets_a_burst_through_and_refuses_the_rest(cloud, api, get):
    gateway = cloud.client("apigatewayv2")
    limits = {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 3}
    gateway.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=limits)
    seen = [get().status_code for _ in range(8)]
    open_again = {"ThrottlingRateLimit": 1000, "ThrottlingBurstLimit": 1000}
    gateway.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=open_again)
    assert seen[:3] == [200] * 3
    assert 429 in seen


def test_an_answer_that_is_lost_closes_the_connection_once(cloud, get):
    fault = cloud.faults.lose_answer("GET /x")
    with pytest.raises(requests.RequestException):
        get()
    assert fault.happened() == 1
    assert get().status_code == 200


def test_a_function_that_crashes_on_request_does_so_once(cloud, get):
    fault = cloud.faults.crash("f", times=1)
    assert get().status_code >= 500
    assert fault.happened() == 1
    assert get().status_code == 200


@pytest.mark.parametrize(("state", "sent"), [("ENABLED", True), ("DISABLED", False)])
def test_a_schedule_is_due_on_request(cloud, state, sent):
    name, sqs, events = f"due-{state}".lower(), cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    (arn,) = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ].values()
    events.put_rule(Name=name, ScheduleExpression="rate(7 days)", State=state)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    cloud.be_due()
    messages = sqs.receive_message(QueueUrl=url).get("Messages", ())
    assert [json.loads(one["Body"])["detail-type"] for one in messages] == (
        ["Scheduled Event"] if sent else []
    )


def again(client, operation, agent):
    """Make every call of an operation look like another attempt of one and the same."""

    def one_call(request, **_):
        request.headers["amz-sdk-invocation-id"] = f"one-{agent}"
        request.headers["User-Agent"] = f"{agent}/6.0"

    client.meta.events.register(f"before-send.{client.meta.service_model.service_name}.{operation}",
                                one_call)  # fmt: skip


@pytest.mark.parametrize("agent", ["terraform-provider-aws", "APN/1.0 HashiCorp/1.0 Terraform"])
def test_a_call_that_terraform_repeats_is_done_once(cloud, agent):
    name = f"/repeated-by-{len(agent)}"
    ssm, sent = cloud.client("ssm"), {"Name": name, "Value": "1", "Type": "String"}
    again(ssm, "PutParameter", agent)
    assert ssm.put_parameter(**sent)["Version"] == 1
    assert ssm.put_parameter(**sent)["Version"] == 1
    log = (cloud.state / "emulator.log").read_text()
    assert "POST / came again" in log


def test_a_call_that_the_service_repeats_meets_what_it_has_made(cloud):
    ssm, sent = cloud.client("ssm"), {"Name": "/met", "Value": "1", "Type": "String"}
    again(ssm, "PutParameter", "Boto3")
    ssm.put_parameter(**sent)
    with pytest.raises(ClientError, match="ParameterAlreadyExists"):
        ssm.put_parameter(**sent)


def test_a_call_of_terraform_that_failed_is_tried_again(cloud):
    ssm, sent = cloud.client("ssm"), {"Name": "/tried", "Value": "1", "Type": "String"}
    ssm.put_parameter(**sent)
    again(ssm, "PutParameter", "terraform-provider-aws/failed")
    with pytest.raises(ClientError, match="ParameterAlreadyExists"):
        ssm.put_parameter(**sent)
    ssm.delete_parameter(Name="/tried")
    assert ssm.put_parameter(**sent)["Version"] == 1
