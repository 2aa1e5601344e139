"""What is sealed for one job opens for that job only."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from jobcore.sealing import Sealer


def test_a_text_comes_back_for_its_own_job_only(account):
    sealer = Sealer(boto3.client("kms"), account.key_arn)
    sealed = sealer.seal("postgresql://u:secret@h/d", job_id="one")
    assert "secret" not in sealed
    assert sealer.open(sealed, job_id="one") == "postgresql://u:secret@h/d"
    with pytest.raises(ClientError):
        sealer.open(sealed, job_id="other")
