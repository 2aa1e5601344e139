"""What the worker does to the databases, and says of it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.smoke import service
from tests.smoke.breaking import (
    defect,
    finishing,
)

EQUAL, WRONG = "completed-means-equal", "a-wrong-password-ends-failed"


@defect(EQUAL, data=True, quick=True)
def nothing_is_copied(given_service: service.Service) -> Iterator[None]:
    given_service.install("noop")
    yield
    given_service.install("reference")


@defect(EQUAL, data=True)
def only_the_schema_is_copied(given_service: service.Service) -> Iterator[None]:
    given_service.install("schema-only")
    yield
    given_service.install("reference")


finishing(
    WRONG, "a-refused-password-is-completed", lambda status, error: ("completed", None), data=True
)
finishing(
    EQUAL,
    "success-is-called-failed",
    lambda status, error: (status, error) if error else ("failed", "no reason"),
    data=True,
)
