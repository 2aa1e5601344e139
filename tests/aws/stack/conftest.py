"""Jobs on the applied control plane, on databases that the oracle judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cloud import images
from assay.deployment import release
from assay.jobs.judged import Databases
from assay.postgres import tools
from assay.postgres.session import connect
from assay.redact import Scrubber
from assay.replicators.base import Call, Phase
from assay.replicators.drivers.reference import LEFTOVERS, Reference
from assay.replicators.tool import Tool

ROWS = (Path(__file__).parents[3] / "smoke" / "rows.sql").read_text(encoding="utf-8")


def pytest_collection_modifyitems(items):
    """One process applies the stack, and all its tests run there (xdist)."""
    for item in items:
        if "tests/aws/stack/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("stack"))
            item.add_marker(pytest.mark.terraform)


@pytest.fixture
def replicator(image_folder):
    """Puts another replicator into the workers' image for a test."""
    yield lambda program: images.install(image_folder, program)
    images.install(image_folder, release.named("reference"))


@pytest.fixture
def databases(pair):
    """A source with two related tables of rows, and an empty target."""
    with connect(pair.source) as session:
        session.execute(ROWS.encode())
    return Databases.of(pair)


@pytest.fixture
def cut_over(pair, databases, tmp_path):
    """Ends the stream that a job has begun, as the reference does it."""
    pair.allow_all(source=LEFTOVERS.source, target=LEFTOVERS.target)

    def ended():
        tool = Tool(Reference(), tools.find(17), tmp_path, Scrubber())
        call = Call(
            source=databases.source_of_worker,
            target=databases.target_of_worker,
            follow=True,
            timeout=60,
        )
        return tool.execute(Phase.CUTOVER, call)

    return ended
