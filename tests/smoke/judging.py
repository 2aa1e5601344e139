"""The suite on a service in this process, intact or with one defect."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

from assay.jobs.client import JobClient
from assay.jobs.judged import Databases
from assay.redact import Secret
from assay.smoke import suite
from assay.smoke.check import CHECKS, Judged, Result, Site
from assay.smoke.profile import QUICK
from tests.smoke import guides_four, service
from tests.smoke.defects import Defect

PROFILE = replace(QUICK, polls=400, interval=0.05, stall=0.1)
VALID, NEIGHBOURS = "a-valid-job-is-accepted", "ids-of-others-are-unknown"
IMPATIENT = replace(PROFILE, polls=30)  # for jobs that never end: a good service needs a second


@dataclass(frozen=True)
class Seen:
    """What came of it: all that was not satisfied, and what the guide's own test said."""

    judged: tuple[Judged, ...]
    guide_passes: bool

    @property
    def red(self) -> list[str]:
        """The checks that were not satisfied."""
        return [one.check for one in self.judged if one.result is not Result.PASS]


def site(given: service.Service, databases: Databases | None, *, patient: bool) -> Site:
    """The service as the suite is told of it."""
    guarded = databases is None
    return Site(
        "inside",
        JobClient(given.url, Secret(service.KEY)),
        PROFILE if patient else IMPATIENT,
        databases=databases,
        guarded=guarded,
        limit=service.LIMIT if guarded else 0,
        revoked=Secret(service.REVOKED),
    )


def look(defect: Defect | None, databases: Databases | None = None, *, whole: bool = False) -> Seen:
    """Break the service, put the suite to it up to the first red check, or the whole.

    With a defect the check that has to see it comes first; neighbours are those of a known job.
    """
    data = databases is not None
    checks = [one for one in CHECKS.values() if (one.needs == "databases") == data]
    if defect is not None:
        first = [VALID, defect.sees] if defect.sees == NEIGHBOURS else [defect.sees]
        checks.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
    with ExitStack() as undo:
        given = undo.enter_context(service.serving(private_addresses=data))
        if defect is not None:
            undo.enter_context(defect.broken(given))
        guide = guides_four.passes(given.url, service.KEY)
        where = site(given, databases, patient=defect is None or not defect.unending)
        judged = suite.run(where, checks, until_red=not whole)
    return Seen(tuple(judged), guide)
