"""What a job's token may do.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions and
https://docs.github.com/actions/reference/workflows-and-actions/reusing-workflow-configurations#supported-keywords-for-jobs-that-call-a-reusable-workflow
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SCOPES = ("actions", "attestations", "checks", "contents", "deployments", "discussions",
          "id-token", "issues", "packages", "pages", "pull-requests", "security-events",
          "statuses")  # fmt: skip
_RANK = {"none": 0, "read": 1, "write": 2}
Rights = dict[str, str]
# What a token gets where no `permissions` are said: a new repository's setting.
RESTRICTED = {"contents": "read", "packages": "read"}


def stated(said: Any) -> Rights:
    """What a `permissions` key grants; all that it does not name is none."""
    if said in ("read-all", "write-all"):
        level = said.removesuffix("-all")
        return {scope: level for scope in SCOPES if level == "write" or scope != "id-token"}
    return {scope: str(level) for scope, level in (said or {}).items() if level != "none"}


def of_job(job: Mapping[str, Any], workflow: Mapping[str, Any], otherwise: Rights) -> Rights:
    """The job's own word, else the workflow's, else what it was called or started with."""
    for place in (job, workflow):
        if "permissions" in place:
            return stated(place["permissions"])
    return dict(otherwise)


def allows(rights: Mapping[str, str], scope: str, level: str) -> bool:
    """Whether a token may."""
    return _RANK[rights.get(scope, "none")] >= _RANK[level]


def beyond(asked: Rights, granted: Rights) -> Iterator[str]:
    """What is asked for and not granted."""
    for scope, level in asked.items():
        if not allows(granted, scope, level):
            yield f"{scope}: {level} is asked for, {granted.get(scope, 'none')} is allowed"
