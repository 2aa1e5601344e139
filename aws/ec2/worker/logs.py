"""The job's log: JSON lines without secrets, on standard output and in CloudWatch."""

from __future__ import annotations

import json
import sys
from collections import deque
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from jobcore import clock
from jobcore.redaction import Redactor

BUFFERED = 5_000  # lines kept while CloudWatch does not take them; the oldest go first
BATCH = 500  # lines of one call: far below its limit of 10,000 and, cut as they are, of 1 MB
LONGEST = 2_000  # characters of a line


class JobLog:
    """Collects lines and sends them now and then; trouble with that never stops a job."""

    def __init__(self, client: Any, *, group: str, job_id: str) -> None:
        """`client` is a low-level CloudWatch Logs client."""
        self.redactor = Redactor()
        self._client = client
        self._group = group
        self._job_id = job_id
        self._waiting: deque[dict[str, Any]] = deque(maxlen=BUFFERED)
        self._made = False

    def say(self, event: str, text: str = "") -> None:
        """Write one line, redacted."""
        now = clock.utc_now()
        line = {"at": clock.written(now), "event": event, "job_id": self._job_id}
        if text:
            line["text"] = self.redactor.text(text)[:LONGEST]
        written = json.dumps(line)
        sys.stdout.write(written + "\n")
        sys.stdout.flush()
        self._waiting.append({"timestamp": int(now.timestamp() * 1000), "message": written})

    def flush(self) -> None:
        """Send what waits; what is not taken stays for the next time."""
        try:
            if not self._made:
                self._make_stream()
            while self._waiting:
                batch = [self._waiting[n] for n in range(min(BATCH, len(self._waiting)))]
                self._client.put_log_events(
                    logGroupName=self._group,
                    logStreamName=self._job_id,
                    logEvents=sorted(batch, key=lambda event: event["timestamp"]),
                )
                for _ in batch:
                    self._waiting.popleft()
        except (ClientError, BotoCoreError) as error:
            sys.stdout.write(f"log events wait: {type(error).__name__}\n")

    def _make_stream(self) -> None:
        try:
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._job_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
        self._made = True
