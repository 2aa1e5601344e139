"""A version pair is `17`, or `16:17`."""

from __future__ import annotations

import pytest

from assay.errors import UsageError
from assay.postgres.server import Role
from assay.postgres.spec import Spec


@pytest.mark.parametrize(
    ("text", "spec"), [("17", Spec(17, 17)), ("16:17", Spec(16, 17)), ("18:17", Spec(18, 17))]
)
def test_a_version_pair_is_read(text: str, spec: Spec) -> None:
    assert Spec.parse(text) == spec
    assert Spec.parse(str(spec)) == spec


def test_the_first_version_is_the_source() -> None:
    spec = Spec.parse("16:17")
    assert (spec.major(Role.SOURCE), spec.major(Role.TARGET), spec.higher) == (16, 17, 17)


@pytest.mark.parametrize("text", ["", "17:", ":17", "16:17:18", "seventeen", "17.2", "-17", "١٧"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Spec.parse(text)
