"""What a run of the conformance suite is asked, looked at before any server starts."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.conformance import baseline, catalogue, expectations
from assay.conformance.baseline import Baseline, Known
from assay.conformance.expectations import Gaps
from assay.errors import UsageError
from assay.replicators.base import Driver
from assay.replicators.drivers.manifest import ManifestDriver
from assay.replicators.programs import check_startable
from assay.replicators.registry import resolve
from assay.suites import EXPECTATIONS


@dataclass(frozen=True)
class Asked:
    """Folders of cases beside the suite's own, and an earlier run to be held against."""

    folders: tuple[Path, ...] = ()
    against: Path | None = None

    @functools.cached_property
    def cases(self) -> frozenset[str]:
        """The ids of all cases; UsageError when two have one id, or a folder is none."""
        return catalogue.known(self.folders)

    @functools.cached_property
    def baseline(self) -> Baseline | None:
        """The earlier run; UsageError where there is none."""
        return None if self.against is None else baseline.read(self.against)

    def gaps_of(self, driver: Driver) -> Gaps:
        """The known gaps of a tool: those its manifest names, else the suite's own."""
        own = driver.gaps if isinstance(driver, ManifestDriver) else None
        if own is not None and not own.is_file():
            raise UsageError(
                f"The manifest of {driver.name} names known gaps that are not there.",
                evidence=str(own),
                remedy="write the file, or take `gaps` out of the manifest",
            )
        path = EXPECTATIONS / f"{driver.name.partition(':')[0]}.toml" if own is None else own
        return expectations.read(path, cases=self.cases)

    def known_of(self, driver: Driver) -> Known:
        """What is known beforehand of a tool."""
        return Known(self.gaps_of(driver), self.baseline)

    def check(self, replicators: Sequence[str], *, keyword: str) -> None:
        """UsageError for a tool, a manifest, a gap, a case or an earlier run that cannot be."""
        for driver in map(resolve, replicators):
            _check_driver(driver)
            self.gaps_of(driver)
        catalogue.check_asked(keyword, self.cases)
        _ = self.baseline


def folders_of(given: Iterable[str]) -> tuple[Path, ...]:
    """The folders as given on the command line."""
    return tuple(Path(one).absolute() for one in given)


def _check_driver(driver: Driver) -> None:
    if isinstance(driver, ManifestDriver):
        check_startable(driver.name, driver.programs, version=driver.version_argv)
