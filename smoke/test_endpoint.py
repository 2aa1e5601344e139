"""Every check of `assay.smoke` on every endpoint that was named."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.jobs.judged import Databases
from assay.postgres.session import connect

pytestmark = pytest.mark.smoke
ROWS = Path(__file__).with_name("rows.sql").read_text(encoding="utf-8")


def test_check(endpoint_name, check, judged):
    """One check of one endpoint."""
    judged(endpoint_name, check)


def test_data(endpoint_name, check, judged, request):
    """One check with databases that the endpoint's workers reach: those of this machine."""
    if endpoint_name != "local":
        judged(endpoint_name, check)
        return
    pair = request.getfixturevalue("pair")
    with connect(pair.source) as session:
        session.execute(ROWS.encode())
    judged(endpoint_name, check, Databases.of(pair))
