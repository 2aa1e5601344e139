"""Ways to falsify evidence or to use it for what it is not: each is refused for its own reason."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest
from securesystemslib.dsse import Envelope

from assay.delivery.bundle import Artefact, SelfTest
from assay.delivery.envelope import NAME, open_unsigned, read_bundle, write_bundle
from assay.delivery.ledger import Known, Ledger, read_list, write_list
from assay.delivery.opened import Unreadable
from assay.delivery.refusals import NotLetIn
from assay.delivery.statements import OURS, PROVENANCE, TEST_RESULT
from assay.delivery.store import Folder
from assay.run.outcome import Verdict

from .conftest import COMMIT, NOW, OTHER, OTHER_PLAN, PLAN, evidence, moment


@dataclass(frozen=True)
class Way:
    """One way; `does` spoils the world, `kinds` are the reasons of which there must be no other."""

    name: str
    kinds: str
    does: object


def in_payload(number, old, new):
    """Replace bytes of a statement, leaving its signature as it was."""

    def change(text):
        lines = [json.loads(line) for line in text.splitlines()]
        payload = base64.b64decode(lines[number]["payload"])
        assert old in payload
        lines[number]["payload"] = base64.b64encode(payload.replace(old, new)).decode()
        return "\n".join(map(json.dumps, lines))

    return change


def in_envelope(change):
    """Change both envelopes themselves."""

    def changed(text):
        lines = [json.loads(line) for line in text.splitlines()]
        for line in lines:
            change(line)
        return "\n".join(map(json.dumps, lines))

    return changed


def flipped(line):
    signature = bytearray(base64.b64decode(line["signatures"][0]["sig"]))
    signature[3] ^= 1
    line["signatures"][0]["sig"] = base64.b64encode(signature).decode()


def resigned(world, suite, by, *, claims=None):
    """Sign the bundle with another key; `claims` is the key's id that it gives for its own."""
    world.keys[suite] = by
    world.write(suite)
    if claims:
        keyid = world.signers[claims].public_key.keyid
        world.edit(suite, in_envelope(lambda line: line["signatures"][0].update(keyid=keyid)))


def swapped_provenance(world):
    """The test-result of one run beside the provenance of another, both signed by the right key."""
    other = replace(evidence("smoke"), files={"journal.jsonl": "ff" * 32})
    aside = world.folder / "aside"
    write_bundle(aside, other, world.sign("staging"))
    second = aside.read_text().splitlines()[1]
    world.edit("smoke", lambda text: f"{text.splitlines()[0]}\n{second}\n")


def two_signers(world):
    aside = world.folder / "aside"
    write_bundle(aside, world.evidences["smoke"], world.sign("dev"))
    second = aside.read_text().splitlines()[1]
    world.edit("smoke", lambda text: f"{text.splitlines()[0]}\n{second}\n")


def remade(world, number, change, *, kind=None):
    """Another statement, or one of another type, signed by the right key all the same."""
    path = world.path("smoke")
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    statement = json.loads(base64.b64decode(documents[number]["payload"]))
    change(statement)
    kind = kind or documents[number]["payloadType"]
    envelope = Envelope(json.dumps(statement).encode(), kind, {})
    envelope.sign(world.signers["staging"])
    documents[number] = envelope.to_dict()
    path.write_text("".join(f"{json.dumps(one)}\n" for one in documents))


def not_for_smoke(world):
    """The key of staging is trusted for deployments only."""
    trusted = tuple(
        msgspec.structs.replace(one, suites=("deployment",)) if "smoke" in one.suites else one
        for one in world.policy.trusted
    )
    world.policy = msgspec.structs.replace(world.policy, trusted=trusted)


def changed_file(world):
    """The journal beside the bundle is another one than the run wrote."""
    journal = world.path("smoke").with_name("journal.jsonl")
    journal.write_text("as it was\n")
    world.change("smoke", files={"journal.jsonl": sha256(b"as it was\n").hexdigest()})
    assert world.kinds() == set()
    journal.write_text("as it is not\n")


def revoked(world, digest):
    world.ledger.revoke(digest, "it was wrong")


def used(world):
    """The same evidence has brought the same plan; whoever spells the file otherwise is seen."""
    gate = world.gate()
    gate.found = world.judge()
    gate.use(PLAN)
    for suite in world.evidences:
        world.edit(suite, in_envelope(lambda line: line.update(spelt="otherwise")))


def listed(world, known, by="staging", then=lambda text: text):
    text = then(write_list(known, world.sign(by) if by else None))
    world.known = read_list(text, world.gate().trust.of_ledger)


def unapproved(world):
    shutil.rmtree(world.ledger.store.path / "approvals")


def approved(world, **said):
    unapproved(world)
    world.approve(**said)


def forged_approval(world):
    """Bob signs that ann has approved."""
    unapproved(world)
    from assay.delivery.approvals import Approved, write_approval

    said = Approved("prod", PLAN, COMMIT, "ann", "release", moment(1), moment(-3))
    world.ledger.store.put(*write_approval(said, world.sign("bob")))


def stranger_approves(world):
    unapproved(world)
    from assay.delivery.approvals import Approved, write_approval

    said = Approved("prod", PLAN, COMMIT, "ann", "release", moment(1), moment(-3))
    world.ledger.store.put(*write_approval(said, world.sign("nobody")))


def altered_approval(world):
    (path,) = (world.ledger.store.path / "approvals").iterdir()
    document = json.loads(path.read_text())
    payload = base64.b64decode(document["payload"]).replace(PLAN.encode(), OTHER_PLAN.encode())
    document["payload"] = base64.b64encode(payload).decode()
    path.write_text(json.dumps(document))
    world.plan = OTHER_PLAN


def artefact(name, digest):
    return tuple(Artefact(one.name, digest if one.name == name else one.digest)
                 for one in evidence("smoke").artefacts)  # fmt: skip


def without(name):
    return tuple(one for one in evidence("smoke").artefacts if one.name != name)


FAILED = {"passed": ("staging answers",), "failed": ("staging refuses",), "line": "FAIL",
          "verdict": Verdict.FAIL, "reasons": ("1 check failed",)}  # fmt: skip
DOUBT = {"verdict": Verdict.UNKNOWN, "line": "UNKNOWN", "reasons": ("nothing was proved",)}


def at(world, moment_):
    """Move everything that was, so that only the date is another."""
    ahead = moment_ - NOW
    for suite, one in list(world.evidences.items()):
        times = {name: (_parsed(getattr(one, name)) + ahead).isoformat()
                 for name in ("started", "ended")}  # fmt: skip
        world.change(suite, **times)
    world.now = moment_
    unapproved(world)
    return ahead


def _parsed(text):
    from datetime import datetime

    return datetime.fromisoformat(text)


def frozen(world, **said):
    ahead = at(world, NOW.replace(month=12, day=24))
    span = {
        "at": (NOW + ahead).isoformat(),
        "until": (NOW + ahead + timedelta(hours=2)).isoformat(),
    }
    world.approve(**{**span, **said})


def frozen_again(world):
    """The director approves as well, and overrides nothing."""
    until = (world.now + timedelta(hours=1)).isoformat()
    world.approve(role="director", at=world.now.isoformat(), until=until)


WAYS = [
    # altered
    Way("a verdict is replaced", "altered",
        lambda w: (w.change("smoke", **FAILED),
                   w.edit("smoke", in_payload(0, b'"result":"FAILED"', b'"result":"PASSED"')))),
    Way("a commit is replaced", "altered",
        lambda w: w.edit("smoke", in_payload(0, COMMIT.encode(), OTHER.encode()))),
    Way("a time is replaced", "altered",
        lambda w: w.edit("smoke", in_payload(0, b"2026-11-30T10", b"2026-11-30T11"))),
    Way("the provenance is changed", "altered",
        lambda w: w.edit("smoke", in_payload(1, b"0123abcd", b"0123abce"))),
    Way("a signature is changed", "altered", lambda w: w.edit("smoke", in_envelope(flipped))),
    Way("another signs in the key's name", "altered",
        lambda w: resigned(w, "smoke", "nobody", claims="staging")),
    Way("the payload's type is replaced", "altered",
        lambda w: w.edit("smoke", in_envelope(lambda line: line.update(payloadType="text/plain")))),
    Way("the provenance is of another run", "altered", swapped_provenance),
    Way("two keys have signed one half each", "altered", two_signers),
    Way("a statement is missing", "altered",
        lambda w: w.edit("smoke", lambda text: text.splitlines()[0])),
    Way("a statement is there twice", "altered",
        lambda w: w.edit("smoke", lambda text: text + text.splitlines()[0])),
    Way("the statements are in the other order", "altered",
        lambda w: w.edit("smoke", lambda text: "\n".join(reversed(text.splitlines())))),
    Way("the file is cut", "altered", lambda w: w.edit("smoke", lambda text: text[:999])),
    Way("the file is no JSON", "altered", lambda w: w.edit("smoke", lambda text: "PASS\nPASS\n")),
    Way("the file is empty", "altered", lambda w: w.edit("smoke", lambda text: "")),
    Way("a PASS names failures", "altered",
        lambda w: remade(w, 0, lambda one: one["predicate"].update(failedTests=["x"]))),
    Way("the form's own result is another", "altered",
        lambda w: remade(w, 0, lambda one: one["predicate"].update(result="FAILED"))),
    Way("a statement of another kind", "altered",
        lambda w: remade(w, 0, lambda one: one.update(predicateType="https://example.com/v1"))),
    Way("it was signed as something else", "altered",
        lambda w: remade(w, 0, lambda one: None, kind="application/json")),
    Way("a time without a zone", "altered",
        lambda w: remade(w, 0, lambda one: one["predicate"][OURS].update(ended="2026-11-30"))),
    Way("a subject is left out", "altered",
        lambda w: remade(w, 0, lambda one: one.update(subject=[]))),
    Way("our field is left out", "altered",
        lambda w: remade(w, 0, lambda one: one["predicate"].pop(OURS))),
    Way("the journal beside it is changed", "altered", changed_file),
    # unsigned, signed by somebody else
    Way("signatures are taken away", "unsigned",
        lambda w: w.edit("smoke", in_envelope(lambda line: line.update(signatures=[])))),
    Way("it was never signed", "unsigned", lambda w: resigned(w, "smoke", None)),
    Way("an unknown key has signed", "foreign", lambda w: resigned(w, "smoke", "nobody")),
    Way("dev's key signs for staging", "foreign", lambda w: resigned(w, "smoke", "dev")),
    Way("the key may not sign this suite", "foreign", not_for_smoke),
    Way("staging's key signs for the suite", "foreign",
        lambda w: resigned(w, "conformance", "staging")),
    # foreign
    Way("evidence of another commit", "foreign", lambda w: w.change("smoke", commit=OTHER)),
    Way("another commit is to go", "foreign", lambda w: (setattr(w, "commit", OTHER),
                                                         approved(w, commit=OTHER))),
    Way("evidence of another environment", "foreign",
        lambda w: (w.change("smoke", environment="dev"), resigned(w, "smoke", "dev"))),
    Way("evidence of another account", "foreign", lambda w: w.change("smoke", account="9" * 12)),
    Way("evidence of no account", "foreign", lambda w: w.change("smoke", account="")),
    Way("another package was tested", "foreign",
        lambda w: w.change("smoke", artefacts=artefact("lambda_package", "0" * 64))),
    Way("another package is to be deployed", "foreign",
        lambda w: w.artefacts.update(lambda_package="0" * 64)),
    Way("another image is to be deployed", "foreign",
        lambda w: w.artefacts.update(worker_image="0" * 64)),
    Way("the suite has run another binary", "foreign",
        lambda w: w.change("conformance", artefacts=(Artefact("release_binary", "0" * 64),))),
    Way("files that were not committed", "uncommitted",
        lambda w: w.change("conformance", uncommitted=" M aws/terraform/table.tf")),
    # stale
    Way("evidence that is too old", "stale",
        lambda w: w.change("smoke", started=moment(14), ended=moment(13))),
    Way("a suite that ran too long ago", "stale",
        lambda w: w.change("conformance", started=moment(50), ended=moment(49))),
    Way("evidence from the future", "stale", lambda w: w.change("smoke", ended=moment(-2))),
    Way("evidence that ended before it began", "stale",
        lambda w: w.change("smoke", started=moment(1), ended=moment(2))),
    Way("smoke before the deployment", "stale", lambda w: w.change("smoke", started=moment(5.5))),
    # partial
    Way("a suite is missing", "partial", lambda w: shutil.rmtree(w.path("conformance").parent)),
    Way("the deployment is missing", "partial",
        lambda w: shutil.rmtree(w.path("deployment").parent)),
    Way("too few cases", "partial",
        lambda w: w.change("conformance", passed=("pk-a reference 16:17",))),
    Way("one shard for a whole run", "partial",
        lambda w: w.change("conformance", part="shard 3/8")),
    Way("a server pair is missing", "partial",
        lambda w: w.change("conformance", servers=evidence("conformance").servers[1:])),
    Way("it does not say what it tested", "partial",
        lambda w: w.change("smoke", artefacts=without("worker_image"))),
    Way("a gap that nobody accepted", "gaps",
        lambda w: w.change("conformance", gaps=("pk-new reference 17:17",))),
    # vacuous, failed, unknown
    Way("nothing was judged", "vacuous", lambda w: w.change("smoke", passed=())),
    Way("there was no self-test", "vacuous", lambda w: w.change("smoke", self_test=SelfTest())),
    Way("the self-test missed damage", "vacuous",
        lambda w: w.change("conformance", self_test=SelfTest(9, 8, ("a row",)))),
    Way("a failed run", "failed", lambda w: w.change("smoke", **FAILED)),
    Way("an UNKNOWN run", "unknown", lambda w: w.change("conformance", **DOUBT)),
    # replayed, revoked
    Way("the same evidence for the same plan again", "replayed", used),
    Way("a revoked bundle", "revoked",
        lambda w: revoked(w, read_bundle(w.path("smoke").read_text(), open_unsigned).digest)),
    Way("a revoked package", "revoked", lambda w: revoked(w, w.artefacts["lambda_package"])),
    Way("a revoked commit", "revoked", lambda w: revoked(w, COMMIT)),
    Way("a revoked key", "revoked", lambda w: revoked(w, w.signers["ci"].public_key.keyid)),
    Way("a list that knows a revocation", "revoked",
        lambda w: listed(w, Known("prod", moment(1), (COMMIT,)))),
    Way("a list that is too old", "stale", lambda w: listed(w, Known("prod", moment(25)))),
    Way("a list of another environment", "foreign", lambda w: listed(w, Known("dev", moment(1)))),
    # approvals
    Way("who approves has a revoked key", "revoked",
        lambda w: revoked(w, w.signers["ann"].public_key.keyid)),
    Way("nobody has approved", "unapproved", unapproved),
    Way("another plan was approved", "foreign", lambda w: approved(w, plan=OTHER_PLAN)),
    Way("an approval of another commit", "foreign", lambda w: approved(w, commit=OTHER)),
    Way("an approval for another environment", "foreign",
        lambda w: approved(w, environment="staging")),
    Way("an approval that has expired", "expired", lambda w: approved(w, until=moment(0.5))),
    Way("an approval from the future", "expired",
        lambda w: approved(w, at=moment(-1), until=moment(-2))),
    Way("an approval that holds too long", "expired", lambda w: approved(w, until=moment(-100))),
    Way("the wrong role", "unapproved", lambda w: approved(w, by="bob", role="developer")),
    Way("a role that the person has not", "unapproved", lambda w: approved(w, by="bob")),
    Way("who approves has written it", "own work",
        lambda w: setattr(w, "authors", frozenset({"ann@example.com"}))),
    Way("bob signs that ann approves", "altered", forged_approval),
    Way("a stranger signs that ann approves", "foreign", stranger_approves),
    Way("an approval is changed to another plan", "altered", altered_approval),
    Way("a frozen time", "frozen", frozen),
    Way("a frozen time, and who may override says no why", "frozen",
        lambda w: (frozen(w), frozen_again(w))),
    Way("a frozen time, overridden by who may not", "frozen",
        lambda w: frozen(w, override="urgent")),
]  # fmt: skip


def test_the_untouched_evidence_is_let_in(world):
    found = world.judge()
    assert found.refusals == ()
    assert [one.evidence.suite for one in found.bundles] == ["conformance", "deployment", "smoke"]
    assert [one.by for one in found.approvals] == ["ann"]
    assert "0 revoked, 0 used" in found.known.told


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_way_to_deceive_is_refused_for_its_reason(way, world):
    way.does(world)
    assert world.kinds() == {way.kinds}


def test_there_are_enough_ways():
    assert len({way.name for way in WAYS}) == len(WAYS) >= 30
    kinds = {way.kinds for way in WAYS}
    assert {"stale", "partial", "foreign", "altered", "vacuous", "unknown", "replayed",
            "revoked"} <= kinds  # fmt: skip


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        (lambda text: text.replace(text[20:40], text[24:44]), "altered"),
        (lambda text: json.dumps({**json.loads(text), "signatures": []}), "unsigned"),
        (lambda text: "[]", "altered"),
    ],
    ids=("another payload", "no signature", "no envelope"),
)
def test_a_list_that_was_changed_is_not_read(world, then, kind):
    with pytest.raises(Unreadable) as refused:
        listed(world, Known("prod", moment(1), (COMMIT,)), then=then)
    assert refused.value.kind == kind


def test_a_freeze_is_overridden_by_who_may_and_that_is_recorded(world):
    frozen(world)
    later = {"at": world.now.isoformat(), "until": (world.now + timedelta(hours=1)).isoformat()}
    world.approve(role="director", override="the bridge is down", **later)
    found = world.judge()
    assert found.refusals == ()
    gate = world.gate()
    gate.found = found
    gate.use(PLAN)
    (record,) = world.ledger.store.all_of("admitted").values()
    assert json.loads(record)["overrides"] == [["ann", "the bridge is down"]]


def test_who_has_the_wrong_role_is_told_which_it_takes(world):
    approved(world, by="bob", role="developer")
    (refusal,) = world.judge().refusals
    assert refusal.why == "it takes release"
    assert refusal.about.startswith("the approval of bob as developer")


def test_an_override_is_no_approval(world):
    at(world, NOW.replace(month=12, day=24))
    later = {"at": world.now.isoformat(), "until": (world.now + timedelta(hours=1)).isoformat()}
    world.approve(role="director", override="the bridge is down", **later)
    assert world.kinds() == {"unapproved"}


def test_the_same_evidence_may_bring_another_plan(world):
    gate = world.gate()
    gate.found = world.judge()
    gate.use(PLAN)
    assert world.kinds() == {"replayed"}
    world.plan = OTHER_PLAN
    world.approve(plan=OTHER_PLAN)
    assert world.kinds() == set()


def test_of_two_at_once_only_one_brings_a_plan(world):
    first, second = world.gate(), world.gate()
    first.found = second.found = world.judge()
    first.use(PLAN)
    with pytest.raises(NotLetIn, match="replayed"):
        second.use(PLAN)


def test_the_newest_fitting_run_speaks(world):
    older = replace(evidence("smoke"), run="11111111", ended=moment(2.5), **FAILED)
    aside = world.folder / "older"
    aside.mkdir()
    write_bundle(aside / NAME, older, world.sign("staging"))
    assert world.kinds() == set()
    write_bundle(aside / NAME, replace(older, ended=moment(1)), world.sign("staging"))
    assert world.kinds() == {"failed"}
    write_bundle(aside / NAME, replace(older, ended=moment(1), commit=OTHER), world.sign("staging"))
    assert world.kinds() == set()


def test_what_is_used_is_written_beside_the_environment(world, tmp_path):
    gate = world.gate()
    gate.found = world.judge()
    gate.use(PLAN)
    again = Ledger("prod", Folder(tmp_path / "records")).known()
    assert len(again.used) == 3
    assert {plan for _, plan in again.used} == {PLAN}
    assert gate.deployed() == COMMIT


def test_both_statements_are_of_in_totos_kinds(world):
    text = world.path("smoke").read_text()
    kinds = [json.loads(base64.b64decode(json.loads(line)["payload"]))["predicateType"]
             for line in text.splitlines()]  # fmt: skip
    assert kinds == [TEST_RESULT, PROVENANCE]
