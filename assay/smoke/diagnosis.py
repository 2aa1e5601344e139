"""The guide's troubleshooting rows: what a failure looks like, what to look at first."""

from __future__ import annotations

import re

ROWS: tuple[tuple[str, str], ...] = (
    (r"_url on [^:]+: 201 ",
     "the address guard is off: an environment that means it so is named, --endpoint NAME=URL "
     "with allow_private_addresses = true in environments/NAME.tfvars"),
    (r"\b401\b|Unauthorized",
     "401: check ASSAY_API_KEY (API_KEY); terraform output -raw api_key shows the right one"),
    (r"refused|No answer|takes no connection|Name or service|ConnectionError|timed? out.*connect",
     "no connection: check the endpoint's spelling and its region, and that the gateway is "
     "deployed: terraform state show aws_apigatewayv2_api.api"),
    (r"did not end within",
     "never terminal: read the log behind log_url, look at the worker's instance in EC2 and at "
     "the dead-letter queue; the job may still end"),
    (r"ConditionalCheckFailed|acquiring the state lock",
     "the state is locked: wait, or when its owner is gone: assay state unlock (terraform "
     "force-unlock LOCK_ID)"),
    (r"InvalidAMIID|AMI.*(not|does not) ",
     "the worker's image is missing: aws ec2 describe-images --image-ids AMI, see its region, or "
     "make it again: aws/ec2/build-ami.sh"),
    (r"Code size|Unzipped size|[Tt]oo large (un)?zipped",
     "the package is too large: below 50 MB zipped, 250 MB unzipped: ls -lh lambda.zip"),
    (r"could not be launched|not launched",
     "no worker was launched: see the provisioner's log and alarms, the account's EC2 limits, and "
     "that the image exists in this region"),
    (r"gateway answered 429|Too many active jobs",
     "too many jobs or calls: wait, or raise max_active_jobs or throttle_rate"),
    (r"gateway answered 5|\b50[0234]\b",
     "the service itself fails: read the coordinator's log group and its errors alarm"),
)  # fmt: skip


def of(why: str) -> str:
    """What to look at; empty where the guide has no row for it."""
    return next((advice for sign, advice in ROWS if re.search(sign, why)), "")
