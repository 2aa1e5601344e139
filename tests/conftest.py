"""The order of the tests: what takes long begins early, so that all processes end together."""

from __future__ import annotations

# Files with tests of ten seconds and more that no group of xdist puts first.
LONG = (
    "tests/benchmarks/test_corpus.py",
    "tests/benchmarks/test_random_schemas.py",
    "tests/benchmarks/test_verifiers.py",
    "tests/smoke/",
    "tests/assay/conformance/by_hand/",
)


def pytest_collection_modifyitems(items):
    """Long ones first, otherwise as they were."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
