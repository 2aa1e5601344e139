"""The manifests for schedulers: of the right shape, and what they run hands out every shard."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import kubernetes_validate
import pytest
import yaml
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from assay.environment import inherited
from assay.process import execute
from fixtures.options import ROOT

DEPLOY = ROOT / "deploy"
VERSIONS = ("1.29", "1.33", "1.37")  # from the first whose indexed jobs limit failures by index
PYTEST = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
exit "$CODE"
"""


def job() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "kubernetes" / "job.yaml").read_text())


def batch(name: str) -> dict[str, Any]:
    return json.loads((DEPLOY / "aws-batch" / name).read_text())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_job_fits_the_schema_of_kubernetes(version):
    kubernetes_validate.validate(job(), version, strict=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "completionsMode"), "Indexed"),
        (("spec", "completions"), "8"),
        (("spec", "template", "spec", "restart"), "Never"),
        (("spec", "podFailurePolicy", "rules", 0, "onExitCodes", "values"), ["4"]),
        (("spec", "template", "spec", "containers", 0, "command"), "sh"),
    ],
)
def test_a_slip_in_the_job_is_seen(path, value):
    told = copy.deepcopy(job())
    place = told
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(told, VERSIONS[-1], strict=True)


def input_of(operation: str) -> StructureShape:
    """What AWS Batch takes for an operation, as botocore knows it."""
    return botocore.session.get_session().get_service_model("batch").operation_model(
        operation
    ).input_shape  # fmt: skip


def wrong(shape: Shape, value: Any) -> list[str]:
    """What botocore finds, and words that are none of an enumeration, which it does not look at."""
    report = ParamValidator().validate(value, shape).generate_report()
    return [*filter(None, report.split("\n")), *_foreign(shape, value)]


def _foreign(shape: Shape, value: Any) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in value.keys() & shape.members.keys():
            yield from _foreign(shape.members[name], value[name])
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for one in value:
            yield from _foreign(shape.member, one)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for one in value.values():
            yield from _foreign(shape.value, one)
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{value} is none of {', '.join(shape.enum)}"


@pytest.mark.parametrize(
    ("name", "operation"),
    [("job-definition.json", "RegisterJobDefinition"), ("submit.json", "SubmitJob")],
)
def test_the_calls_of_batch_fit_its_own_model(name, operation):
    assert wrong(input_of(operation), batch(name)) == []


@pytest.mark.parametrize(
    ("name", "operation", "change"),
    [
        ("job-definition.json", "RegisterJobDefinition", {"retries": 3}),
        ("job-definition.json", "RegisterJobDefinition", {"type": "job"}),
        ("job-definition.json", "RegisterJobDefinition", {"timeout": 7200}),
        ("job-definition.json", "RegisterJobDefinition",
         {"retryStrategy": {"evaluateOnExit": [{"onExitCode": "4", "action": "STOP"}]}}),
        ("submit.json", "SubmitJob", {"arrayProperties": {"count": 8}}),
        ("submit.json", "SubmitJob", {"jobName": None}),
    ],
)  # fmt: skip
def test_a_slip_in_a_call_of_batch_is_seen(name, operation, change):
    assert wrong(input_of(operation), {**batch(name), **change})


def of_kubernetes(index, attempt):
    """The shell's words of a pod, and the environment that the cluster gives it."""
    container = job()["spec"]["template"]["spec"]["containers"][0]
    fields = {
        "metadata.name": f"assay-{index}-x{attempt}",
        "metadata.annotations['batch.kubernetes.io/job-completion-index']": str(index),
    }
    env = {
        one["name"]: one.get("value") or fields[one["valueFrom"]["fieldRef"]["fieldPath"]]
        for one in container["env"]
    }  # fmt: skip
    return [*container["command"], *container["args"]], env


def of_batch(index, attempt):
    """The same of a child of an array job."""
    told = batch("job-definition.json")["containerProperties"]
    env = {one["name"]: one["value"] for one in told["environment"]}
    env |= {
        one["name"]: one["value"]
        for one in batch("submit.json")["containerOverrides"]["environment"]
    }
    given = {"AWS_BATCH_JOB_ARRAY_INDEX": str(index), "AWS_BATCH_JOB_ATTEMPT": str(attempt)}
    return told["command"], {**env, **given}


def of_slurm(index, attempt):
    """The same of a task of Slurm's."""
    env = {"SLURM_ARRAY_TASK_ID": str(index + 1), "SHARDS": "8", "RESULTS": "/results"}
    again = {"SLURM_RESTART_COUNT": str(attempt - 1)} if attempt > 1 else {}
    return [str(DEPLOY / "slurm" / "shard.sh"), "-m", "integration"], {**env, **again}


EVERY = pytest.mark.parametrize("of", [of_kubernetes, of_batch, of_slurm])


@pytest.fixture
def called(tmp_path):
    """Runs what a scheduler runs, with a pytest that ends so; its exit code and its words."""
    program = tmp_path / "pytest"
    program.write_text(PYTEST)
    program.chmod(0o755)

    def run(words, env, code=0):
        calls = tmp_path / "calls"
        calls.write_text("")
        path = f"{tmp_path}:{inherited()['PATH']}"
        done = execute(words, env={**env, "PATH": path, "CALLS": str(calls), "CODE": str(code)},
                       timeout=20)  # fmt: skip
        return done.exit, calls.read_text().strip()

    return run


@EVERY
def test_every_place_runs_its_shard_and_each_start_reports_for_itself(of, called):
    said = [called(*of(index, attempt))[1] for index in range(8) for attempt in (1, 2)]
    shards = [re.search(r"--shard (\S+)", words)[1] for words in said]
    assert shards == [f"{n}/8" for n in range(1, 9) for _ in (1, 2)]
    assert len({re.search(r"--report-dir (\S+)", words)[1] for words in said}) == 16
    assert all("-m integration" in words for words in said)


@EVERY
@pytest.mark.parametrize(
    ("code", "ends"), [(0, 0), (1, 0), (5, 0), (2, 2), (3, 3), (4, 4), (137, 137)]
)
def test_a_verdict_is_no_failure_of_a_place_and_all_else_is(of, called, code, ends):
    assert called(*of(0, 1), code=code)[0] == ends


def test_the_number_of_shards_is_told_alike():
    container = job()["spec"]["template"]["spec"]["containers"][0]
    told = {one["name"]: one.get("value") for one in container["env"]}["SHARDS"]
    assert job()["spec"]["completions"] == job()["spec"]["parallelism"] == int(told)
    assert batch("submit.json")["arrayProperties"]["size"] == int(of_batch(0, 1)[1]["SHARDS"])
