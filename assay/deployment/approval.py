"""Who allowed a plan: nobody has to on the local cloud; prod wants it typed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay import environment
from assay.clock import utc_now
from assay.deployment.environments import Environment
from assay.deployment.places import CLONE
from assay.errors import Refused
from assay.process import execute

SHORT = 12  # characters of a digest that name a plan


@dataclass(frozen=True, slots=True)
class Approval:
    """What was said beforehand: whether to write at all, and which reviewed plan is meant.

    `ask` puts a question to a person at a terminal; None where there is none.
    """

    write: bool = False
    plan: str = ""
    ask: Callable[[str], str] | None = None

    def demand(self, target: Environment, digest: str, changes: int) -> Mapping[str, Any]:
        """Who allowed this plan and how; Refused when nobody did."""
        if target.local or not changes:
            return {"how": "none is needed", "plan": digest}
        plan = digest[:SHORT]
        again = f"assay deploy --environment {target.environment} --apply"
        again += f" --approve {plan}" if target.protected else ""
        if not self.write:
            raise Refused(
                f"The plan {plan} for {target.prefix} was not allowed: this is a dry run.",
                evidence=f"{changes} changes",
                remedy=f"review it, then: {again}",
            )
        if self.plan and not (len(self.plan) >= SHORT and digest.startswith(self.plan)):
            raise Refused(
                f"Another plan was approved for {target.prefix} than the one made now.",
                evidence=f"approved {self.plan}, made {plan}",
                remedy=f"review the new one, then: {again}",
            )
        commit, dirty = _commit()
        if dirty and target.protected:
            raise Refused(
                f"{target.environment} is deployed from committed files only.",
                evidence=dirty,
                remedy="commit them, or put them away: git stash",
            )
        how = "--approve" if self.plan else "--apply"
        if target.protected and not self.plan:
            how = self._typed(target, plan, again)
        return {"how": how, "by": getpass.getuser(), "at": utc_now(), "commit": commit,
                "plan": digest}  # fmt: skip

    def _typed(self, target: Environment, plan: str, again: str) -> str:
        wanted = f"{target.prefix} {plan}"
        if self.ask is None or environment.variable("CI"):
            raise Refused(
                f"A plan for {target.prefix} is allowed by a person at a terminal.",
                evidence="there is no terminal here",
                remedy=f"review the plan, then: {again}",
            )
        typed = self.ask(f"To deploy type: {wanted}\n> ").strip()
        if typed != wanted:
            raise Refused(
                f"{target.prefix} is not deployed.",
                evidence=f"typed {typed!r}",
                remedy=f"type {wanted!r}",
            )
        return "typed"


def _commit() -> tuple[str, str]:
    """The clone's commit, and what is not committed."""
    env = environment.inherited("HOME")
    head = execute(["git", "rev-parse", "HEAD"], env=env, cwd=CLONE, timeout=30)
    changed = execute(["git", "status", "--porcelain"], env=env, cwd=CLONE, timeout=30)
    if not head.ok or not changed.ok:
        return "unknown", "git does not say what is committed"
    return head.stdout.strip(), changed.stdout.strip()
