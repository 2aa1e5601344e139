"""Signs what a run has left: its own evidence where there is some, else what its journal says."""

from __future__ import annotations

import shutil
from pathlib import Path

from assay.clock import utc_now
from assay.delivery import collect
from assay.delivery.admission import altered_files
from assay.delivery.collect import Surroundings
from assay.delivery.envelope import NAME, open_unsigned, read_bundle, write_bundle
from assay.delivery.opened import Sign, Unreadable
from assay.delivery.refusals import NotLetIn
from assay.deployment import steps
from assay.deployment.commit import Commit
from assay.deployment.ladder import Deployment
from assay.deployment.places import CLONE
from assay.run import journal, record

BUNDLES = "bundles"  # below a deployment's folder


def resign(run: Path, into: Path, sign: Sign | None) -> tuple[Path, str]:
    """Write the bundle of a run into a folder, with the files that it names; its path and digest.

    NotLetIn where the run's files are not those of its evidence. A run without any, such as merged
    shards, is said to be of the commit that git names now.
    """
    bundle = run / NAME
    if bundle.is_file():
        try:
            opened = read_bundle(bundle.read_text(encoding="utf-8"), open_unsigned)
        except Unreadable as error:
            raise NotLetIn(f"{bundle} is not signed.", [error.about(str(bundle))]) from error
        if altered := altered_files(bundle, opened):
            raise NotLetIn(f"{bundle} is not signed.", altered)
        evidence = opened.evidence
    else:
        around = Surroundings(Commit.of(Path.cwd()))
        evidence = collect.of_run(record.load(run), run, around, ended=_end_of(run))
    out = into / f"{evidence.suite}-{evidence.run}"
    out.mkdir(parents=True, exist_ok=True)
    for name in evidence.files:
        if (run / name).is_file():
            shutil.copy(run / name, out / name)
    return out / NAME, write_bundle(out / NAME, evidence, sign)


def leave_deployment(
    where: Deployment, commit: Commit, started: str, sign: Sign | None, *, into: Path | None = None
) -> Path | None:
    """Write the evidence of a deployment, with copies of its steps' results.

    It goes into a folder of its own below the deployment's, or `into` another. None where nothing
    was applied since `started`.
    """
    target, home = where.environment, where.home
    applied = steps.read(home, "applied")
    if applied is None or applied.began < started:
        return None
    around = Surroundings(commit.until(Commit.of(CLONE)), target.environment, target.account_id)
    evidence = collect.of_deployment(home, around, started=started, ended=utc_now())
    out = into or home / BUNDLES / f"deployment-{evidence.run}"
    out.mkdir(parents=True, exist_ok=True)
    for name in evidence.files:
        shutil.copy(home / name, out / name)
    write_bundle(out / NAME, evidence, sign)
    return out / NAME


def _end_of(run: Path) -> str:
    """When the last event was written."""
    return journal.last_moment(run) or utc_now()
