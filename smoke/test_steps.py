"""Every step of the deployment, in order; items only with --deploy.

They belong to no suite: a run that makes steps and puts no check has no verdict.
"""

from __future__ import annotations

from assay.deployment.steps import Outcome


def test_step(step, reach):
    """It came to its end; what was applied left nothing to plan for."""
    result = reach(step)
    assert result.outcome is Outcome.DONE
    if step == "plan":
        assert result.made["digest"]
    if step == "endpoint":
        assert result.made["endpoint"].startswith(("http://127.0.0.1:", "https://"))
