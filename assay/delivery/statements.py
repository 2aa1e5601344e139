"""Evidence as two in-toto statements, and back.

`test-result` speaks of what was tested and carries what its form has no place for in one field of
ours; `provenance` (SLSA) speaks of what the run wrote. The first names the digest of the second, so
that neither goes with another one's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import STATEMENT_TYPE_URI, Statement

from assay.delivery.bundle import Artefact, Evidence
from assay.run.outcome import Verdict

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
PROVENANCE = "https://slsa.dev/provenance/v1"
OURS = "urn:replicator-assay:evidence:v1"  # the field of the test-result's predicate that is ours
BUILD_TYPE = "urn:replicator-assay:run:v1"
COMMIT = "commit"  # the subject that is the tested commit
# The form knows no UNKNOWN, and whoever reads no more than it must not take one for a pass.
_RESULTS = {Verdict.PASS: "PASSED", Verdict.UNKNOWN: "FAILED", Verdict.FAIL: "FAILED"}
# Said by the form itself; all else stands in our field.
_TOLD_BY_FORM = ("passed", "gaps", "failed", "artefacts", "commit", "files")


class NoStatement(ValueError):
    """A text that is none of the two statements, or whose parts contradict each other."""


def write_statements(evidence: Evidence) -> tuple[bytes, bytes]:
    """The payloads of test-result and provenance; NoStatement where they would have no form."""
    provenance = _bytes(_provenance(evidence))
    result = _bytes(_test_result(evidence, provenance))
    if read_statements(result, provenance) != evidence:
        raise NoStatement("the evidence does not come back from its statements")
    return result, provenance


def read_statements(result: bytes, provenance: bytes) -> Evidence:
    """The evidence of two payloads that belong together; NoStatement says what is wrong."""
    tested, predicate = _parsed(result, TEST_RESULT, test_result_pb2.TestResult)
    written, _ = _parsed(provenance, PROVENANCE, provenance_pb2.Provenance)
    ours = predicate.get(OURS)
    if not isinstance(ours, dict):
        raise NoStatement(f"the test-result has no {OURS}")
    if ours.pop("provenance", None) != sha256(provenance).hexdigest():
        raise NoStatement("the provenance is another one than the test-result names")
    commits = [one["digest"].get("gitCommit") for one in tested if one["name"] == COMMIT]
    if len(commits) != 1 or not commits[0]:
        raise NoStatement("the test-result does not name one commit")
    told = {
        **ours,
        "commit": commits[0],
        "passed": predicate.get("passedTests", []),
        "gaps": predicate.get("warnedTests", []),
        "failed": predicate.get("failedTests", []),
        "files": {one["name"]: one["digest"].get("sha256", "") for one in written},
    }
    try:
        evidence = msgspec.convert(told, Evidence)
    except msgspec.ValidationError as error:
        raise NoStatement(str(error)) from error
    artefacts = (Artefact(one["name"], one["digest"].get("sha256", "")) for one in tested
                 if one["name"] != COMMIT)  # fmt: skip
    evidence = replace(evidence, artefacts=tuple(artefacts))
    _hold_together(evidence, predicate)
    return evidence


def _hold_together(evidence: Evidence, predicate: dict[str, Any]) -> None:
    """NoStatement for what cannot be so, such as a PASS with failures."""
    if predicate.get("result") != _RESULTS[evidence.verdict]:
        raise NoStatement(f"the result is {predicate.get('result')}, the verdict is "
                          f"{evidence.verdict}")  # fmt: skip
    if evidence.verdict is Verdict.PASS and (evidence.failed or evidence.reasons):
        raise NoStatement("the verdict is PASS, and something stands against it")
    for moment in (evidence.started, evidence.ended):
        if not _is_moment(moment):
            raise NoStatement(f"{moment!r} is no moment with a zone")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _test_result(evidence: Evidence, provenance: bytes) -> dict[str, Any]:
    told = msgspec.to_builtins(evidence)
    ours = {name: value for name, value in told.items() if name not in _TOLD_BY_FORM}
    subject = [{"name": COMMIT, "digest": {"gitCommit": evidence.commit}}]
    subject += [{"name": one.name, "digest": {"sha256": one.digest}} for one in evidence.artefacts]
    return {
        "_type": STATEMENT_TYPE_URI,
        "subject": subject,
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": _RESULTS[evidence.verdict],
            "configuration": [{"name": COMMIT, "digest": {"gitCommit": evidence.commit}}],
            "passedTests": list(evidence.passed),
            "warnedTests": list(evidence.gaps),
            "failedTests": list(evidence.failed),
            OURS: {**ours, "provenance": sha256(provenance).hexdigest()},
        },
    }


def _provenance(evidence: Evidence) -> dict[str, Any]:
    dependencies: list[dict[str, Any]] = [
        {"name": COMMIT, "digest": {"gitCommit": evidence.commit}}
    ]
    dependencies += [
        {"name": one.name, "digest": {"sha256": one.digest}} for one in evidence.artefacts
    ]
    return {
        "_type": STATEMENT_TYPE_URI,
        "subject": [
            {"name": name, "digest": {"sha256": digest}} for name, digest in evidence.files.items()
        ],
        "predicateType": PROVENANCE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "suite": evidence.suite,
                    "environment": evidence.environment,
                    "seed": str(evidence.seed),
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {
                    "id": f"{BUILD_TYPE}/{evidence.environment or 'any'}",
                    "version": {"assay": evidence.assay},
                },
                "metadata": {
                    "invocationId": evidence.run,
                    "startedOn": evidence.started,
                    "finishedOn": evidence.ended,
                },
            },
        },
    }


def _parsed(payload: bytes, kind: str, form: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Subjects and predicate of one statement, held against in-toto's own definitions."""
    try:
        data = json.loads(payload)
        parsed = json_format.ParseDict(data, statement_pb2.Statement())
        Statement.copy_from_pb(parsed).validate()
        json_format.ParseDict(data["predicate"], form(), ignore_unknown_fields=True)
    except (ValueError, KeyError, AttributeError, TypeError, json_format.ParseError) as error:
        raise NoStatement(f"it is no in-toto statement: {error}") from error
    if data["predicateType"] != kind:
        raise NoStatement(f"it is a {data['predicateType']}, not a {kind}")
    subjects: list[dict[str, Any]] = data["subject"]
    predicate: dict[str, Any] = data["predicate"]
    return subjects, predicate


def _bytes(statement: Mapping[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
