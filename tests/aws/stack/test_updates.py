"""An applied stack is what its configuration says: the next plan is empty."""

from __future__ import annotations

from assay.deployment.terraform import changes


def test_the_plan_after_apply_is_empty(stack):
    assert changes(stack.terraform.plan()) == []
