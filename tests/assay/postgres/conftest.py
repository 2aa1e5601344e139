"""A pool of this folder's own: its tests spoil, keep and kill servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.postgres.pool import PairPool


@pytest.fixture(scope="module")
def pool() -> Iterator[PairPool]:
    """A pool on a wheel's servers, which start fast."""
    with PairPool("17", provider="wheel") as pool:
        yield pool
