"""An environment with a policy, keys and records, and evidence that it lets in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.delivery.admission import Found, Gate
from assay.delivery.approvals import Approved, write_approval
from assay.delivery.bundle import Artefact, Evidence, SelfTest
from assay.delivery.envelope import NAME, write_bundle
from assay.delivery.ledger import Ledger
from assay.delivery.policy import Policy, parse_policy
from assay.delivery.signers import file_signer, make_key, signing
from assay.delivery.store import Folder
from assay.delivery.trust import Trust
from assay.run.events import Server
from assay.run.outcome import Verdict

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
COMMIT, OTHER = "c" * 40, "d" * 40
PLAN, OTHER_PLAN = "1f" * 32, "2e" * 32
BINARY, PACKAGE, IMAGE = "aa" * 32, "bb" * 32, "cc" * 32
ARTEFACTS = {"release_binary": BINARY, "lambda_package": PACKAGE, "worker_image": IMAGE}
ACCOUNT = "222222222222"
KEYS = ("staging", "ci", "ann", "bob", "dev", "nobody")
POLICY = """
origin = "staging"

[[suite]]
name = "conformance"
fresh_hours = 48
cases = 3
pairs = ["16:17", "17:17"]
gaps = ["pk-known *"]
artefacts = ["release_binary"]

[[suite]]
name = "deployment"
environment = "staging"
fresh_hours = 48
cases = 7
self_test = false
artefacts = ["release_binary", "lambda_package", "worker_image"]

[[suite]]
name = "smoke"
environment = "staging"
fresh_hours = 12
cases = 2
artefacts = ["release_binary", "lambda_package", "worker_image"]

[[trust]]
name = "the key of ci"
file = "ci.pem"
environments = [""]
suites = ["conformance"]

[[trust]]
name = "the key of staging"
file = "staging.pem"
environments = ["staging"]
suites = ["smoke", "deployment"]

[[trust]]
name = "the key of dev"
file = "dev.pem"
environments = ["dev"]
suites = ["smoke", "deployment"]

[[person]]
name = "ann"
file = "ann.pem"
roles = ["release", "director"]
emails = ["Ann@example.com"]

[[person]]
name = "bob"
file = "bob.pem"
roles = ["developer"]
emails = ["bob@example.com"]

[approval]
count = 1
roles = ["release"]
hours = 8
others_than_authors = true

[[freeze]]
begins = 2026-12-20T00:00:00Z
ends = 2027-01-02T00:00:00Z
why = "the end of the year"
may_override = ["director"]
"""


def moment(hours: float) -> str:
    """So many hours before NOW."""
    return (NOW - timedelta(hours=hours)).isoformat()


def evidence(suite: str, **more) -> Evidence:
    """Good evidence of a suite, but for what is given."""
    base = Evidence(
        suite=suite, run="0123abcd", commit=COMMIT, started=moment(3), ended=moment(2),
        verdict=Verdict.PASS, line="PASS", assay="0.1.0", seed=7, self_test=SelfTest(9, 9),
        artefacts=tuple(Artefact(name, digest) for name, digest in sorted(ARTEFACTS.items())),
        files={"journal.jsonl": "ee" * 32},
    )  # fmt: skip
    known = {
        "conformance": {
            "passed": ("pk-a reference 16:17", "pk-b reference 17:17"),
            "gaps": ("pk-known reference 17:17",),
            "servers": (Server("source", "16.14", "wheel", "16:17"),
                        Server("target", "17.10", "wheel", "17:17")),
            "artefacts": (Artefact("release_binary", BINARY),),
        },
        "deployment": {
            "environment": "staging", "account": ACCOUNT, "self_test": SelfTest(),
            "passed": tuple("abcdefg"), "started": moment(6), "ended": moment(5),
        },
        "smoke": {
            "environment": "staging", "account": ACCOUNT,
            "passed": ("staging answers", "staging refuses"),
        },
    }  # fmt: skip
    return replace(replace(base, **known[suite]), **more)


@dataclass
class World:
    """What stands before the gate of prod; a test spoils one thing of it."""

    folder: Path
    signers: dict
    policy: Policy
    ledger: Ledger
    evidences: dict = field(default_factory=dict)
    keys: dict = field(default_factory=lambda: {"conformance": "ci", "deployment": "staging",
                                                "smoke": "staging"})  # fmt: skip
    now: datetime = NOW
    commit: str = COMMIT
    artefacts: dict = field(default_factory=lambda: dict(ARTEFACTS))
    accounts: dict = field(default_factory=lambda: {"staging": ACCOUNT})
    plan: str = PLAN
    authors: frozenset = frozenset({"eve@example.com"})
    known: object = None

    def sign(self, name):
        return signing(self.signers[name])

    def change(self, suite, **more):
        """Let evidence say something else, and be signed as it is then."""
        self.evidences[suite] = replace(self.evidences[suite], **more)
        return self.write(suite)

    def write(self, suite):
        path = self.path(suite)
        path.parent.mkdir(exist_ok=True)
        sign = self.sign(self.keys[suite]) if self.keys[suite] else None
        write_bundle(path, self.evidences[suite], sign)
        return path

    def path(self, suite):
        return self.folder / suite / NAME

    def edit(self, suite, change):
        """Let the file of a bundle be another text."""
        path = self.path(suite)
        path.write_text(change(path.read_text()))

    def approve(self, by="ann", **more):
        base = Approved("prod", PLAN, COMMIT, by, "release", moment(1), moment(-3))
        said = replace(base, **more)
        self.ledger.store.put(*write_approval(said, self.sign(by)))

    def files(self):
        return tuple(sorted(self.folder.glob(f"*/{NAME}")))

    def gate(self):
        trust = Trust.of(self.policy, self.folder)
        return Gate("prod", self.policy, trust, self.ledger, self.files(), self.accounts)

    def judge(self) -> Found:
        return self.gate().judge(self.commit, plan=self.plan, artefacts=self.artefacts,
                                 known=self.known, now=self.now)  # fmt: skip

    def kinds(self):
        return {str(one.kind) for one in self.judge().refusals}


@pytest.fixture(scope="session")
def pems(tmp_path_factory):
    """Private keys by name; their public parts are texts."""
    folder = tmp_path_factory.mktemp("keys")
    return {name: (folder / f"{name}.key", make_key(folder / f"{name}.key")) for name in KEYS}


@pytest.fixture
def world(tmp_path, pems, monkeypatch) -> World:
    """All is well in it."""
    monkeypatch.delenv("ASSAY_EVIDENCE_SIGNER", raising=False)
    for name, (_, public) in pems.items():
        (tmp_path / f"{name}.pem").write_text(public)
    (tmp_path / "prod.toml").write_text(POLICY)
    made = World(
        tmp_path,
        {name: file_signer(private) for name, (private, _) in pems.items()},
        parse_policy(tmp_path / "prod.toml"),
        Ledger("prod", Folder(tmp_path / "records")),
        {suite: evidence(suite) for suite in ("conformance", "deployment", "smoke")},
    )
    monkeypatch.setattr("assay.delivery.admission.authors", lambda *_: made.authors)
    for suite in made.evidences:
        made.write(suite)
    made.approve()
    return made
