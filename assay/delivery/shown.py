"""What a bundle says, for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from assay.delivery.envelope import Bundle

_SHOWN = 5  # names of one kind that are printed


def lines(bundle: Bundle) -> Iterator[str]:
    """The evidence on some lines; that it is signed is not looked at."""
    one = bundle.evidence
    yield f"{one.title}: {one.line}"
    yield f"  bundle      {bundle.digest}"
    yield f"  commit      {one.commit}{' and more' if one.uncommitted else ''}"
    yield f"  time        {one.started} to {one.ended}, seed {one.seed}"
    if one.account:
        yield f"  account     {one.account}"
    for artefact in one.artefacts:
        yield f"  {artefact.name:14} {artefact.digest}"
    for what, values in (("plan", one.plans), ("image", one.images)):
        for value in values:
            yield f"  {what:11} {value}"
    servers = {f"{s.role} {s.version} ({s.provider})" for s in one.servers}
    for what, names in (
        ("server", sorted(servers)),
        ("tool", [" ".join(pair) for pair in one.replicators]),
        ("against it", list(one.reasons)),
        ("failed", list(one.failed)),
        ("known gap", list(one.gaps)),
        ("not run", [f"{left.what}: {left.why}" for left in one.not_run]),
    ):
        yield from _several(what, names)
    test = one.self_test
    yield f"  self-test   {test.detected} of {test.planted}"


def payloads(text: str) -> Iterator[str]:
    """The statements as they were signed, one a line."""
    for line in text.splitlines():
        if line.strip():
            document = json.loads(line)
            document = document.get("dsseEnvelope", document)
            yield base64.b64decode(document["payload"]).decode()


def _several(what: str, names: list[str]) -> Iterator[str]:
    for name in names[:_SHOWN]:
        yield f"  {what:11} {name}"
    if len(names) > _SHOWN:
        yield f"  {what:11} and {len(names) - _SHOWN} more: --json"
