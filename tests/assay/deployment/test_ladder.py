"""What a deployment's end takes with it, and when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.deployment import environments, ladder, orphans
from assay.deployment.ladder import TIME, Deployment
from assay.deployment.steps import Outcome, Result, StepError
from assay.deployment.terraform import Terraform, TerraformFailed
from assay.errors import UsageError
from assay.process import Execution

DEV = environments.read("dev")
FAILED = Execution(("terraform", "destroy"), 1, "", "Error: no", 0.0)


class Account:
    """The environment's own; nothing of it can be asked for."""

    def environment(self):
        return {}

    def client(self, service):
        assert service == "sts"
        return self

    def get_caller_identity(self):
        return {"Account": DEV.account_id}


class Stack:
    """What Terraform knows: resources that go, or some that stay."""

    var_file, variables = environments.path_of("dev"), {}
    workspace, backend = "default", {}

    def __init__(self, *, fails=0, stays=()):
        self.fails, self.stays, self.asked = fails, stays, 0
        self.ends = ""

    def destroy(self):
        self.asked += 1
        if self.asked <= self.fails:
            raise TerraformFailed("destroy", FAILED)

    def resources(self):
        return list(self.stays)

    def shown(self):
        tags = {"assay:expires": self.ends} if self.ends else {}
        others = {"values": {"name": "a policy has no tags"}}
        return {"values": {"root_module": {"resources": [others, {"values": {"tags_all": tags}}]}}}


@pytest.fixture
def there(monkeypatch):
    """Puts a stack where Terraform would be."""

    def put(stack):
        monkeypatch.setattr(Terraform, "is_at", lambda _folder: True)
        monkeypatch.setattr(Terraform, "at", lambda *_: stack)
        return stack

    return put


@pytest.fixture
def deployment(tmp_path):
    return Deployment(DEV, Account(), tmp_path)


def made(deployment, *names):
    for name in names:
        Result(name, "", "then", "me", Outcome.DONE).write(deployment.home)


def test_where_nothing_was_made_nothing_is_said_to_be_gone(deployment):
    with pytest.raises(UsageError, match="Nothing of replicator-dev was made from here"):
        ladder.destroy(deployment)


@pytest.mark.parametrize("names", [("plan",), ("plan", "approval", "applied", "endpoint")])
def test_what_the_state_knows_goes_whoever_applied_it(deployment, there, names):
    stack = there(Stack())
    made(deployment, *names)
    ladder.destroy(deployment)
    assert stack.asked == 1


def test_a_plan_that_was_refused_before_its_folder_has_nothing_to_undo(deployment):
    made(deployment, "plan")
    ladder.destroy(deployment)


def test_what_does_not_go_is_named_and_can_be_asked_for_again(deployment, there):
    stack = there(Stack(stays=["aws_sqs_queue.jobs"]))
    made(deployment, "plan", "applied")
    with pytest.raises(StepError) as left:
        ladder.destroy(deployment)
    assert "aws_sqs_queue.jobs" in left.value.evidence
    stack.stays = ()
    ladder.destroy(deployment)


@pytest.mark.parametrize("fails", [1, 2])
def test_a_destroy_is_tried_twice(deployment, there, fails):
    stack = there(Stack(fails=fails))
    made(deployment, "plan")
    if fails == 1:
        ladder.destroy(deployment)
    else:
        with pytest.raises(StepError, match="could not be removed"):
            ladder.destroy(deployment)
    assert stack.asked == 2


@pytest.mark.parametrize(("hours", "over"), [(-1, True), (1, False)])
def test_it_is_over_when_its_tags_say_so(deployment, there, hours, over):
    stack = there(Stack())
    stack.ends = f"{datetime.now(UTC) + timedelta(hours=hours):{TIME}}"
    assert ladder.overdue(deployment) == (stack.ends if over else "")


def test_what_has_no_end_is_never_over(deployment, there):
    there(Stack())
    assert ladder.overdue(deployment) == ""


def test_the_last_of_several_ends_counts():
    tags = [{"assay:expires": f"2026-11-2{day}T00:00:00Z"} for day in (3, 5, 4)]
    resources = [{"values": {"tags_all": one}} for one in (*tags, None)]
    assert orphans.expiry({"values": {"root_module": {"resources": resources}}}) == (
        "2026-11-25T00:00:00Z"
    )
    assert orphans.expiry({}) == ""
