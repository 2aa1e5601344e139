"""Requests that Schemathesis makes from the API's own description."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.errors import SetupError
from assay.jobs.client import JobClient
from assay.process import execute
from assay.suites import CONTRACT

DESCRIPTION = CONTRACT / "openapi-1.0.json"
KEY = "ASSAY_FUZZ_KEY"  # a variable of the child alone: no key in a command line
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_schema_conformance", "negative_data_rejection")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of it: whether all answers were right, and what Schemathesis said."""

    good: bool
    report: str


def run(client: JobClient, *, examples: int, seconds: float, seed: int) -> Fuzzed:
    """Send wrong requests, so that no job is created: so many examples for each operation.

    SetupError where Schemathesis is missing, or came to no result within so many seconds.
    """
    program = Path(sys.executable).with_name("st")
    if not program.exists():
        raise SetupError("Schemathesis is not installed.", remedy="pip install -e '.[fuzz]'")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(f'headers = {{ "x-api-key" = "${{{KEY}}}" }}\n', encoding="utf-8")
        done = execute(
            [str(program), "--config-file", str(config), "--no-color", "run",
             str(DESCRIPTION), "--url", client.endpoint, "--mode", "negative",
             "--phases", "coverage,fuzzing", "--checks", ",".join(CHECKS),
             "--max-examples", str(examples), "--seed", str(seed)],  # --max-time is a minimum too
            env={**environment.inherited("HOME"), KEY: client.key.reveal() if client.key else ""},
            cwd=Path(folder),
            timeout=seconds,
        )  # fmt: skip
    report = client.scrubber.scrub(done.output)
    if done.timed_out:
        raise SetupError(
            f"Schemathesis did not end within {seconds:g} s.",
            evidence=report.strip()[-1500:],
            remedy="allow more --seconds, or ask for fewer --examples",
        )
    if done.exit not in (0, 1) or "Test cases:" not in report:
        raise SetupError("Schemathesis came to no result.", evidence=report.strip()[-1500:])
    return Fuzzed(done.exit == 0, report)
