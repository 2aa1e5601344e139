"""checkov, an independent reader of Terraform, finds nothing but what is accepted for a reason.

It reads the configuration with prod's variables. A plan would tell it less: most policies and
references are not known before they are applied.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from assay import environment
from assay.cloud import venvs
from assay.deployment import environments
from assay.deployment.places import in_clone
from assay.process import execute

HERE = Path(__file__).parent / "checkov"
ACCEPTED = tomllib.loads((HERE / "accepted.toml").read_text())["accepted"]
pytestmark = pytest.mark.terraform


def read(folder):
    """What checkov says of the configuration in a folder; nothing is asked of any server."""
    python = venvs.python_of(HERE / "requirements.txt", name="checkov")
    done = execute(
        [str(python), "-m", "checkov.main", "--directory", str(folder), "--framework", "terraform",
         "--var-file", str(environments.path_of("prod")), "--skip-download", "--compact",
         "--output", "json"],
        env={**environment.inherited(), "HOME": str(folder)},
        cwd=folder,
        timeout=120,
    )  # fmt: skip
    assert done.exit in (0, 1), done.output
    return json.loads(done.stdout)


def findings(told):
    """Check and resource of what failed; the instances of a resource are one."""
    failed = told["results"]["failed_checks"]
    return {(one["check_id"], one["resource"].partition("[")[0]) for one in failed}


@pytest.fixture
def copied(tmp_path):
    """A copy of the configuration, and nothing else."""
    for file in in_clone("aws/terraform").glob("*.tf"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_checkov_finds_what_is_accepted_and_nothing_else(copied):
    told = read(copied)
    accepted = {(one["check"], one["resource"]) for one in ACCEPTED}
    assert findings(told) - accepted == set(), "found, not accepted"
    assert accepted - findings(told) == set(), "accepted, not found"
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["skipped"] == 0, "a finding is accepted in accepted.toml only"
    assert told["summary"]["passed"] > 100


# What is taken out of which file, and the check that misses it.
DEFECTS = [
    ("table.tf", r"  server_side_encryption \{[^}]*\}\n", "CKV_AWS_119", "aws_dynamodb_table.jobs"),
    ("worker.tf", r" +http_tokens +=.*\n", "CKV_AWS_79", "aws_launch_template.worker"),
    ("api.tf", r" +kms_key_id +=.*\n", "CKV_AWS_158", "aws_cloudwatch_log_group.api"),
    ("alarms.tf", r" +kms_master_key_id +=.*\n", "CKV_AWS_26", "aws_sns_topic.alarms"),
    ("keys.tf", r" +enable_key_rotation +=.*\n", "CKV_AWS_7", "aws_kms_key.jobs"),
]


def test_checkov_misses_encryption_that_is_taken_out(copied):
    for name, pattern, _, _ in DEFECTS:
        text, count = re.subn(pattern, "", (copied / name).read_text())
        assert count == 1, f"{pattern} in {name}"
        (copied / name).write_text(text)
    accepted = {(one["check"], one["resource"]) for one in ACCEPTED}
    assert findings(read(copied)) - accepted == {(check, one) for _, _, check, one in DEFECTS}
