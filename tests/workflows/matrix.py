"""The legs of a matrix.

https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from tests.workflows.language import Invalid


def legs(matrix: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The values of each leg in GitHub's order; one empty leg where there is no matrix."""
    if matrix is None:
        return [{}]
    axes = {name: values for name, values in matrix.items() if name not in ("include", "exclude")}
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise Invalid(f"Matrix vector {name} does not contain any values.")
    made = [dict(zip(axes, one, strict=True)) for one in itertools.product(*axes.values())]
    made = made if axes else []
    excluded = matrix.get("exclude") or []
    made = [leg for leg in made if not any(one.items() <= leg.items() for one in excluded)]
    original = [dict(leg) for leg in made]
    for extra in matrix.get("include") or []:
        fits = [
            leg for leg, first in zip(made, original, strict=False)
            if all(extra[name] == first[name] for name in extra.keys() & first.keys())
        ]  # fmt: skip
        if not fits:
            made.append(dict(extra))
        for leg in fits:
            leg.update(extra)
    if not made:
        raise Invalid("The matrix has no legs.")
    return made


def label(leg: Mapping[str, Any]) -> str:
    """What GitHub puts behind the name of a job."""

    def words(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [word for one in value.values() for word in words(one)]
        return [str(value)]

    return f" ({', '.join(words(dict(leg)))})" if leg else ""
