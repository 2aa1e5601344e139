"""Weighted aliases of functions: ministack stores the weights and ignores them."""

from __future__ import annotations

import random
from typing import Any

from ministack.core import responses
from ministack.services import lambda_svc


def install() -> None:
    """Let an alias with weights lead to its versions in proportion."""
    resolve = lambda_svc._get_func_record_for_ref_in_scope

    def weighted(
        ref: Any, *, account_id: str | None = None, region: str | None = None
    ) -> tuple[Any, Any, Any]:
        record, config, name = resolve(ref, account_id=account_id, region=region)
        alias = _alias(ref) if record is not None and isinstance(ref, str) else None
        if alias is None:
            return record, config, name
        scope = (account_id or responses.get_account_id(), region or responses.get_region())
        with responses.request_scope(*scope):
            function = lambda_svc._functions.get(name) or {}
        version = _drawn(function.get("aliases", {}).get(alias) or {})
        if version not in function.get("versions", {}):
            return record, config, name
        chosen = function["versions"][version]
        return chosen, chosen["config"], name

    lambda_svc._get_func_record_for_ref_in_scope = weighted


def _alias(ref: str) -> str | None:
    """The qualifier of a function's ARN."""
    name = ref.partition(":function:")[2]
    return name.partition(":")[2] or None if ref.startswith("arn:") else None


def _drawn(alias: dict[str, Any]) -> str | None:
    """A version by lot, None for the alias's own."""
    rest = random.random()
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version, weight in weights.items():
        rest -= float(weight)
        if rest < 0:
            return str(version)
    return None
