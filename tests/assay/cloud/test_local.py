"""The local cloud really runs what it is asked for, and ends with its owner."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from assay import environment
from assay.clock import wait_until
from assay.cloud import local
from assay.process import start

pytestmark = pytest.mark.xdist_group("local cloud")  # one process starts it
TAGS = [{"Key": "replicator:prefix", "Value": "p"}, {"Key": "replicator:job-id", "Value": "j"}]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """An emulator for this file."""
    with local.owned(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def template(cloud, tmp_path_factory):
    """A launch template of an image that is a folder."""
    image = cloud.register_image(f"proc:{tmp_path_factory.mktemp('image')}", name="worker")
    made = cloud.client("ec2").create_launch_template(
        LaunchTemplateName="worker", LaunchTemplateData={"ImageId": image}
    )
    return made["LaunchTemplate"]["LaunchTemplateId"]


@pytest.fixture
def launch(cloud, template):
    """Launch an instance with some user data; its id."""

    def launched(script, **more):
        answer = cloud.client("ec2").run_instances(
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            MinCount=1,
            MaxCount=1,
            UserData=f"#!/bin/sh\n{script}\n",
            TagSpecifications=[{"ResourceType": "instance", "Tags": TAGS}],
            **more,
        )
        return answer["Instances"][0]["InstanceId"]

    return launched


def state(cloud, instance):
    """Of an instance."""
    return next(i["State"]["Name"] for i in cloud.instances() if i["InstanceId"] == instance)


def test_user_data_runs_with_what_an_instance_knows_and_ends_with_it(cloud, launch):
    instance = launch('echo "$INSTANCE_ID $REPLICATOR_PREFIX ${AMI_ROOT:+rooted}"')
    wait_until(lambda: state(cloud, instance) == "terminated", what="the end", timeout=10)
    console = cloud.state / "instances" / instance / "console.log"
    assert console.read_text().split() == [instance, "p", "rooted"]


def test_a_client_token_launches_once(cloud, launch):
    assert launch("sleep 5", ClientToken="t1") == launch("sleep 5", ClientToken="t1")
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        launch("sleep 6", ClientToken="t1")


def test_terminating_an_instance_kills_what_it_runs(cloud, launch):
    # In a group of its own, as `timeout` makes one, and in a session of its own.
    instance = launch("setsid sleep 61 & timeout 60 sh -c 'echo $$; sleep 60'")
    console = cloud.state / "instances" / instance / "console.log"
    wait_until(lambda: console.read_text().strip(), what="its process", timeout=10)
    pid = int(console.read_text())
    cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    wait_until(lambda: not Path(f"/proc/{pid}/cmdline").exists(), what="its end", timeout=10)
    assert not marked(instance.encode())


def test_altered_ciphertext_and_another_context_do_not_decrypt(cloud):
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    context = {"job_id": "a"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 40, EncryptionContext=context)["CiphertextBlob"]
    asked = {"KeyId": key, "EncryptionContext": context}
    assert kms.decrypt(CiphertextBlob=blob, **asked)["Plaintext"] == b"x" * 40
    text = len(blob) - 22  # the last bytes before the mark and the tag
    altered = blob[:text] + bytes([blob[text] ^ 1]) + blob[text + 1 :]
    with pytest.raises(ClientError, match="InvalidCiphertext"):
        kms.decrypt(CiphertextBlob=altered, **asked)
    with pytest.raises(ClientError, match="InvalidCiphertext"):
        kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionContext={"job_id": "b"})


def test_a_refused_call_is_witnessed_and_then_over(cloud):
    table = cloud.client("ec2")
    fault = cloud.faults.refuse("ec2:DescribeVolumes", "UnauthorizedOperation", times=1)
    never = cloud.faults.refuse("ec2:DescribeImages", "UnauthorizedOperation", times=1)
    assert fault.happened() == 0
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        table.describe_volumes()
    table.describe_volumes()
    assert (fault.happened(), never.happened()) == (1, 0)
    cloud.faults.clear()
    table.describe_images()


def test_a_kept_cloud_outlives_its_maker_and_is_stopped_by_its_file(tmp_path):
    text = local.kept(tmp_path / "state", seconds=60).to_json()
    cloud = local.LocalCloud.from_json(text)
    assert cloud.answers()
    local.stop(cloud)
    assert not cloud.answers()
    assert not marked(cloud.mark.encode())


def test_a_kept_cloud_ends_when_its_time_is_over(tmp_path):
    cloud = local.kept(tmp_path / "state", seconds=1)
    wait_until(lambda: not marked(cloud.mark.encode()), what="its end", timeout=15)


def test_nothing_is_left_when_the_owner_is_killed(tmp_path):
    program = (
        "import sys, time, pathlib; from assay.cloud import local\n"
        f"with local.owned(pathlib.Path({str(tmp_path / 'state')!r})) as cloud:\n"
        "    image = cloud.register_image('proc:/nonexistent', name='worker')\n"
        "    cloud.client('ec2').run_instances(ImageId=image, MinCount=1, MaxCount=1,\n"
        "        UserData='#!/bin/sh\\nsleep 300\\n')\n"
        f"    pathlib.Path({str(tmp_path / 'ready')!r}).write_text(cloud.to_json())\n"
        "    time.sleep(60)\n"
    )
    env = {**environment.inherited("HOME"), "PYTHONPATH": str(Path(local.__file__).parents[2])}
    owner = start([sys.executable, "-c", program], env=env)
    ready = tmp_path / "ready"
    wait_until(lambda: ready.exists() and ready.read_text(), what="the cloud", timeout=60)
    mark = json.loads(ready.read_text())["mark"].encode()
    assert len(marked(mark)) >= 2  # the emulator and the instance
    os.kill(owner.pid, signal.SIGKILL)
    wait_until(lambda: not marked(mark), what="the end of all", timeout=10)
    owner.finish(timed_out=False)


def marked(mark):
    """Processes that carry a cloud's mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = entry.read_bytes()
        except OSError:
            continue
        if mark in variables:
            found.append(entry.parent.name)
    return found


def test_a_cloud_that_has_ended_leaves_other_files_alone(tmp_path):
    with local.owned(tmp_path / "state"):
        pass
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(12)]  # takes the pipe's numbers
    child = os.fork()
    if child == 0:
        os._exit(0 if all(Path(f"/proc/self/fd/{file}").exists() for file in files) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for file in files:
        os.close(file)
