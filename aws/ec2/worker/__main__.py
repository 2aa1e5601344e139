"""`python -m worker JOB_ID`: what the instance's user data runs, by way of worker.sh."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import boto3
from botocore.config import Config

from jobcore.records import Records
from jobcore.sealing import Sealer
from worker import settings
from worker.identity import identity
from worker.logs import JobLog
from worker.replicator import Replicator
from worker.work import Stopped, Work

LIMITS = Config(connect_timeout=3, read_timeout=8, retries={"mode": "standard", "max_attempts": 3})


def main(job_id: str) -> None:
    """Do the job of this instance."""
    signal.signal(signal.SIGTERM, _stopped)
    here = identity()

    def client(service: str) -> object:
        return boto3.client(service, region_name=here.region, config=LIMITS)

    given = settings.read(client("ssm"), here.prefix)
    work = Work(
        job_id=job_id,
        instance_id=here.instance_id,
        settings=given,
        records=Records(client("dynamodb"), given.table),
        sealer=Sealer(client("kms"), given.key_arn),
        log=JobLog(client("logs"), group=given.log_group, job_id=job_id),
        replicator=Replicator.of(Path(os.environ.get("AMI_ROOT", "/")) / "opt/replicator"),
    )
    private = Path(tempfile.mkdtemp(prefix="job-"))
    try:
        work.do(private)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _stopped(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    main(*sys.argv[1:])
