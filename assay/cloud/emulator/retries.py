"""A call that Terraform sends again gets the answer of the first one.

Under load an answer can come too late for Terraform or its provider, which then repeats the call:
what the first one made "exists already", a lock that it took is held, by itself. The AWS SDKs name
all attempts of one call by one ``amz-sdk-invocation-id``. Only Terraform's calls are answered so:
the service's own repeat against what is there, as on AWS.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ministack import app

ATTEMPTS = "amz-sdk-invocation-id"
CALLER = "terraform"  # of its own calls, for a state in S3, and of its provider's
KEPT = 512  # calls; more than can be under way

Answer = tuple[int, dict[str, str], bytes]
_calls: dict[str, asyncio.Task[Answer]] = {}
_log = logging.getLogger(__name__)


def install() -> None:
    """Remember the answers of Terraform's last calls, and those that are still under way."""
    dispatch = app._dispatch_service_request

    async def dispatch_once(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request_id: str
    ) -> Answer:
        number = headers.get(ATTEMPTS, "")
        if not number or CALLER not in headers.get("user-agent", "").lower():
            answer: Answer = await dispatch(method, path, headers, body, query, request_id)
            return answer
        call = _calls.get(number)
        if call is None:
            call = asyncio.ensure_future(dispatch(method, path, headers, body, query, request_id))
            _calls[number] = call
            for old in list(_calls)[:-KEPT]:
                del _calls[old]
        else:
            _log.warning("%s %s came again: %s", method, path, headers.get("amz-sdk-request"))
        answer = await asyncio.shield(call)
        if answer[0] >= 400 or not isinstance(answer[2], bytes):  # not done, or only sent once
            _calls.pop(number, None)
        return answer

    app._dispatch_service_request = dispatch_once
