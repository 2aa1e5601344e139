"""The guide's own smoke test, as it is described: four calls, and their status codes."""

from __future__ import annotations

import uuid

import requests

from assay.clock import pause

GOOD = {
    "schema_version": "1.0",
    "command": "validate",
    "source_url": "postgresql://u:p@assay-unreachable.invalid:5432/db",
    "target_url": "postgresql://u:p@assay-unreachable.invalid:5432/db",
}


def passes(url: str, key: str, *, polls: int = 3, interval: float = 0.3) -> bool:
    """Whether it would have said that all is well; a job that does not end is acceptable to it."""
    headers = {"x-api-key": key}
    try:
        health = requests.get(f"{url}/jobs/{uuid.uuid4()}", headers=headers, timeout=10)
        invalid = requests.post(f"{url}/jobs", json={"invalid": 1}, headers=headers, timeout=10)
        posted = requests.post(f"{url}/jobs", json=GOOD, headers=headers, timeout=10)
        if (health.status_code, invalid.status_code, posted.status_code) != (404, 400, 201):
            return False
        job = posted.json()["job_id"]
        for _ in range(polls):
            shown = requests.get(f"{url}/jobs/{job}", headers=headers, timeout=10)
            if shown.status_code != 200 or "status" not in shown.json():
                return False
            if shown.json()["status"] in ("completed", "failed", "timeout"):
                break
            pause(interval)
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return False
    return True
