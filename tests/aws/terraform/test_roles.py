"""Each role allows what its component's code calls and AWS asks for besides, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from botocore.exceptions import UnknownServiceError

from assay.deployment import rules

AWS = Path(__file__).parents[3] / "aws"
FOLDERS = ("common", "lambda", "ec2")
NAMES = ("local", "dev", "staging", "prod")
COMPONENTS = ("coordinator", "provisioner", "reconciler", "worker")
HERE = Path(__file__)
EXTRAS = tomllib.loads(HERE.with_name("roles.toml").read_text())["extra"]


def load(name):
    """A file beside this one: tests are not a package."""
    spec = importlib.util.spec_from_file_location(f"terraform_{name}", HERE.with_name(f"{name}.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CALLS = load("calls")


def followed(aws, component):
    """The calls of a component of a tree like ours."""
    entry = {"worker": ("worker.__main__", "main")}.get(component, (f"{component}.app", "handler"))
    return CALLS.Calls(tuple(aws / folder for folder in FOLDERS), *entry)


@pytest.fixture(scope="module")
def calls():
    """The calls of each component."""
    return {name: followed(AWS, name) for name in COMPONENTS}


def extras(component, name):
    """What an environment's role allows without a call of ours."""
    return {action for one in EXTRAS for action in one["actions"]
            if component in one["roles"] and name not in one.get("not_in", ())}  # fmt: skip


def documents(plan):
    """Each component's policy document; on a first plan they are read while it is applied."""
    kind = "aws_iam_policy_document"
    found = [one for one in plan["resource_changes"] if one["type"] == kind]
    return {one.get("index", one["name"]): one["change"]["after"]["statement"] for one in found}


def granted(statements):
    """The actions of a document, told apart by the conditions that only AWS can meet."""
    found = set()
    for one in statements:
        assert one["effect"] in (None, "Allow")
        assert not one["not_actions"]
        marks = {condition["variable"]: condition["values"] for condition in one["condition"]}
        services = [value.split(".")[0] for value in marks.get("kms:ViaService", ())]
        ends = [f" through {service}" for service in services]
        ends += [f" within {call}" for call in marks.get("ec2:CreateAction", ())]
        found |= {f"{action}{end}" for action in one["actions"] for end in ends or [""]}
    return found


def differences(needed, allowed):
    """What is missing, what is too much."""
    lacks = [f"lacks {action}" for action in sorted(needed - allowed)]
    return lacks + [f"allows {action}, needed by nothing" for action in sorted(allowed - needed)]


@pytest.mark.terraform
@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_allows_what_its_component_needs_and_nothing_else(planned, calls, name, component):
    allowed = granted(documents(planned(name))[component])
    assert differences(calls[component].actions | extras(component, name), allowed) == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_the_code_calls_is_listed_as_no_extra(calls, component):
    assert calls[component].actions & extras(component, "prod") == set()
    assert calls[component].unfollowed == []


@pytest.mark.terraform
def test_these_policies_are_all_that_the_roles_of_components_have(planned):
    plan = planned("prod")
    assert set(documents(plan)) == set(COMPONENTS)
    kinds = {one["type"] for one in rules.planned(plan)
             if one["mode"] == "managed" and one["type"].startswith("aws_iam_")}  # fmt: skip
    assert kinds == {"aws_iam_role", "aws_iam_role_policy", "aws_iam_instance_profile"}
    written = {f"{one['type']}.{one['name']}": one.get("expressions", {})
               for one in plan["configuration"]["root_module"]["resources"]}  # fmt: skip
    for name in ("function", "worker"):
        policy = written[f"aws_iam_role_policy.{name}"]
        assert f"data.aws_iam_policy_document.{name}" in policy["policy"]["references"]
        assert f"aws_iam_role.{name}" in policy["role"]["references"]
        assert not {"managed_policy_arns", "inline_policy"} & set(written[f"aws_iam_role.{name}"])
    assert "aws_iam_role.function" in written["aws_lambda_function.this"]["role"]["references"]
    assert "aws_iam_role.worker" in written["aws_iam_instance_profile.worker"]["role"]["references"]


@pytest.mark.terraform
def test_a_component_begins_where_its_deployment_says(planned):
    functions = (one["values"] for one in rules.planned(planned("prod"))
                 if one["type"] == "aws_lambda_function")  # fmt: skip
    handlers = {one["handler"] for one in functions}
    assert handlers == {f"{name}.app.handler" for name in COMPONENTS if name != "worker"}
    assert re.search(r'python" -m worker "\$1"', (AWS / "ec2" / "worker.sh").read_text())


def test_every_call_that_stands_in_the_code_is_reached_by_some_component(calls):
    trees = {file: ast.parse(file.read_text()) for folder in FOLDERS
             for file in (AWS / folder).rglob("*.py")}  # fmt: skip
    placed = [(str(file), one) for file, tree in trees.items() for one in ast.walk(tree)
              if isinstance(one, ast.Call)]  # fmt: skip
    services = {one.args[0].value for _, one in placed if one.args
                and ast.unparse(one.func).endswith("client")
                and isinstance(one.args[0], ast.Constant)}  # fmt: skip
    methods = {name for one in services for name in CALLS.operations(one)} | {"get_paginator"}
    spelled = {(file, one.func.lineno) for file, one in placed
               if isinstance(one.func, ast.Attribute) and one.func.attr in methods}  # fmt: skip
    reached = {site for one in calls.values() for sites in one.found.values() for site in sites}
    assert services == {"dynamodb", "ec2", "kms", "logs", "sqs", "ssm"}
    assert spelled == reached


@pytest.mark.terraform
@pytest.mark.parametrize("component", COMPONENTS)
def test_an_action_too_few_or_too_many_is_seen(planned, calls, component):
    needed = calls[component].actions | extras(component, "prod")
    document = documents(planned("prod"))[component]
    pairs = [(n, action) for n, one in enumerate(document) for action in one["actions"]]
    for n, action in pairs:
        fewer = [{**one, "actions": [a for a in one["actions"] if (m, a) != (n, action)]}
                 for m, one in enumerate(document)]  # fmt: skip
        seen = differences(needed, granted(fewer))
        assert seen, f"nobody misses {action}"
        assert all(line.startswith(f"lacks {action}") for line in seen)
    more = [{**document[0], "actions": [*document[0]["actions"], "dynamodb:DeleteItem"]}]
    assert differences(needed, granted([*document, *more])) == [
        "allows dynamodb:DeleteItem, needed by nothing"
    ]


CHANGES = [
    ("coordinator", "common/jobcore/records.py", "self._client.get_item(",
     "self._client.scan(", {"dynamodb:Scan"}, {"dynamodb:GetItem"}),
    ("coordinator", "lambda/coordinator/jobs.py", "self.queue.send_message(",
     "print(", set(), {"sqs:SendMessage"}),
    ("coordinator", "common/jobcore/records.py", '"Put": {', '"Delete": {',
     {"dynamodb:DeleteItem"}, {"dynamodb:PutItem"}),
    ("provisioner", "lambda/provisioner/app.py", "self.workers.end(instance)", "pass",
     set(), {"ec2:TerminateInstances"}),
    ("provisioner", "lambda/provisioner/app.py", "self.workers.end(instance)",
     "list(self.workers.living())", {"ec2:DescribeInstances"}, {"ec2:TerminateInstances"}),
    ("reconciler", "lambda/reconciler/app.py", "self.records.unfinished()", "()",
     set(), {"dynamodb:Query"}),
    ("worker", "ec2/worker/work.py", "self.sealer.open(", "self.sealer.seal(",
     {"kms:Encrypt"}, {"kms:Decrypt"}),
]  # fmt: skip


@pytest.mark.parametrize(("component", "file", "old", "new", "more", "fewer"), CHANGES)
def test_a_change_of_the_code_changes_what_it_needs(
    calls, tmp_path, component, file, old, new, more, fewer
):
    for folder in FOLDERS:
        shutil.copytree(AWS / folder, tmp_path / folder)
    text = (tmp_path / file).read_text()
    assert text.count(old) == 1
    (tmp_path / file).write_text(text.replace(old, new))
    now, before = followed(tmp_path, component).actions, calls[component].actions
    assert (now - before, before - now) == (more, fewer)


SMALL = [
    ("boto3.client('kms').sign()", {"kms:Sign"}, 0),
    ("keep = {'c': boto3.client('kms')}; keep['c'].sign()", set(), 1),
    ("(lambda c: c.sign())(boto3.client('kms'))", {"kms:Sign"}, 0),
    ("threading.Thread(target=boto3.client('kms').sign)", {"kms:Sign"}, 0),
    ("boto3.client('dynamodb').get_paginator('scan')", {"dynamodb:Scan"}, 0),
    ("boto3.client('kms').sign", {"kms:Sign"}, 0),
    ("boto3.client('kms').exceptions", set(), 0),
    ("'text'.encode(); Path().open()", set(), 0),
]


@pytest.mark.parametrize(("code", "actions", "unfollowed"), SMALL)
def test_a_client_is_followed_or_the_call_is_named(tmp_path, code, actions, unfollowed):
    (tmp_path / "small.py").write_text(f"import boto3, threading\ndef main():\n    {code}\n")
    found = CALLS.Calls((tmp_path,), "small", "main")
    assert (found.actions, len(found.unfollowed)) == (actions, unfollowed)


@pytest.mark.parametrize("code", ["boto3.client('kms').get_waiter('x')", "boto3.resource('s3')",
                                  "boto3.client(name).sign()"])  # fmt: skip
def test_what_cannot_be_translated_is_refused(tmp_path, code):
    (tmp_path / "small.py").write_text(f"import boto3\ndef main(name):\n    {code}\n")
    with pytest.raises((LookupError, UnknownServiceError)):
        CALLS.Calls((tmp_path,), "small", "main")
