"""Who allowed a plan: nobody has to on the local cloud; prod wants it typed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from assay import environment
from assay.clock import utc_now
from assay.deployment.commit import Commit
from assay.deployment.environments import Environment
from assay.deployment.places import CLONE
from assay.errors import Refused

SHORT = 12  # characters of a digest that name a plan


class Admission(Protocol):
    """What an environment asks besides: evidence of what is deployed, approvals of its plan."""

    def demand(self, commit: str, plan: str, artefacts: Mapping[str, str]) -> Mapping[str, Any]:
        """What lets this plan in; Refused where something is missing. `artefacts` are digests."""

    def use(self, plan: str) -> None:
        """Write down that it does so now; Refused where it has done so before."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What was said beforehand: whether to write at all, and which reviewed plan is meant.

    `ask` puts a question to a person at a terminal; None where there is none. `admission` is asked
    after all else was allowed; None where the environment asks for nothing.
    """

    write: bool = False
    plan: str = ""
    ask: Callable[[str], str] | None = None
    admission: Admission | None = None

    def demand(
        self,
        target: Environment,
        digest: str,
        changes: int,
        artefacts: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Who allowed this plan and how; Refused when nobody did."""
        if not changes:
            return {"how": "none is needed", "plan": digest}
        said = {"how": "none is needed", "plan": digest} if target.local else self._said(
            target, digest, changes)  # fmt: skip
        if self.admission is None:
            return said
        commit = said.get("commit") or Commit.of(CLONE).digest
        return {**said, "let_in_by": self.admission.demand(commit, digest, artefacts or {})}

    def use(self, plan: str) -> None:
        """Say that the plan is applied now; Refused where the same evidence has brought it."""
        if self.admission is not None:
            self.admission.use(plan)

    def _said(self, target: Environment, digest: str, changes: int) -> Mapping[str, Any]:
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
        commit = Commit.of(CLONE)
        if commit.uncommitted and target.protected:
            raise Refused(
                f"{target.environment} is deployed from committed files only.",
                evidence=commit.uncommitted,
                remedy="commit them, or put them away: git stash",
            )
        how = "--approve" if self.plan else "--apply"
        if target.protected and not self.plan:
            how = self._typed(target, plan, again)
        return {"how": how, "by": getpass.getuser(), "at": utc_now(), "commit": commit.digest,
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
