"""Pairs of servers of two versions, each used in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.postgres.spec import Spec

OLD_PAIRS = ("14:17", "15:18")
NEW_PAIR = "18:19"
NEWEST = "19:19"


def versions(*specs: str) -> Callable[[Any], Any]:
    """Runs a test that asks for `mixed` once for each version pair, or says that it is not run.

    Tests of one version pair share a worker, so that its servers start once.
    """
    return pytest.mark.parametrize(
        "mixed",
        [pytest.param(spec, id=spec, marks=_needs(spec)) for spec in specs],
        indirect=True,
    )


def _needs(spec: str) -> list[pytest.MarkDecorator]:
    majors = Spec.parse(spec)
    marks = [pytest.mark.xdist_group(spec)]
    if min(majors.source, majors.target) < 16:
        marks.append(pytest.mark.npm)
    if majors.higher == 19:
        marks.append(pytest.mark.postgres19)
    return marks
