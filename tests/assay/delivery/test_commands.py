"""`assay evidence`, `assay promote`, `assay approve` on a clone with three environments."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime

import pytest

from assay import cli, environment
from assay.clock import utc_now
from assay.delivery import signers
from assay.delivery.admission import guarded as gated
from assay.delivery.envelope import NAME, open_unsigned, read_bundle
from assay.delivery.refusals import NotLetIn
from assay.deployment import environments, ladder
from assay.deployment.approval import Approval
from assay.deployment.commit import Commit
from assay.deployment.ladder import Deployment
from assay.deployment.steps import Outcome, Result, StepError
from assay.process import execute

from .conftest import ARTEFACTS, COMMIT, KEYS, OTHER, OTHER_PLAN, PLAN
from .test_collect import steps_in
from .test_tampering import at

OFFLINE = """
import socket, sys
from pathlib import Path

def none(*_, **__):
    raise AssertionError("a network was asked for")

socket.socket.connect = none
socket.getaddrinfo = none
from assay import cli
from assay.deployment import environments, ladder
environments.CLONE = Path(sys.argv[1])
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.fixture
def clone(world, monkeypatch):
    """The world as files of a clone, at the present time; gives the folder of its bundles."""
    folder = world.folder / "clone" / "environments"
    folder.mkdir(parents=True)
    for name in ("dev", "staging", "prod"):
        shutil.copy(environments.path_of(name), folder)
    shutil.copy(world.folder / "prod.toml", folder)
    for name in KEYS:
        shutil.copy(world.folder / f"{name}.pem", folder)
    monkeypatch.setattr(environments, "CLONE", world.folder / "clone")
    monkeypatch.setattr("assay.commands.deployments.STEPS", world.folder / "clone" / "steps")
    monkeypatch.setattr(environment, "state_dir", lambda: world.folder / "home")
    at(world, datetime.now(UTC).replace(microsecond=0))
    bundles = world.folder / "bundles"
    for suite in world.evidences:
        shutil.copytree(world.folder / suite, bundles / suite)
    return bundles


def promote(clone, *more, commit=COMMIT):
    return cli.main(["promote", "--from", "staging", "--to", "prod", "--commit", commit,
                     *more, str(clone)])  # fmt: skip


def key_of(world, name):
    """Put a key where this machine has its own."""
    home = signers.home_of(name)
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_bytes(world.signers[name].private_bytes)
    home.chmod(0o600)


def test_good_evidence_is_let_in_as_of_a_list(clone, capsys):
    assert promote(clone) == 0
    said = capsys.readouterr().out
    assert "prod: may be deployed" in said
    assert "as of the list" in said
    assert "0 revoked, 0 used" in said


def test_what_is_refused_is_told_with_all_its_reasons(clone, world, capsys):
    assert promote(clone, commit=OTHER) == 1
    said = capsys.readouterr().out
    assert said.count("foreign: ") == 3
    assert said.endswith("prod: refused\n")


def test_it_comes_from_the_environment_before(clone, capsys):
    code = cli.main(["promote", "--from", "dev", "--to", "prod", str(clone)])
    assert code == 4
    assert "What goes to prod comes from staging, not from dev" in capsys.readouterr().err


def test_one_approval_is_of_one_plan(clone, world, capsys):
    key_of(world, "ann")
    assert promote(clone, "--plan", PLAN) == 1
    assert "unapproved: prod: 0 of 1 approvals" in capsys.readouterr().out
    words = ["approve", "--environment", "prod", "--as", "ann", "--role", "release"]
    assert cli.main([*words, "--plan", PLAN, "--commit", COMMIT]) == 0
    assert promote(clone, "--plan", PLAN) == 0
    assert promote(clone, "--plan", OTHER_PLAN) == 1
    assert "for plan 1f1f1f1f1f1f, not 2e2e2e2e2e2e" in capsys.readouterr().out


@pytest.mark.parametrize("plan", ["", "1f1f1f1f1f1f", "x" * 64])
def test_an_approval_names_a_whole_plan(clone, world, capsys, plan):
    key_of(world, "ann")
    assert cli.main(["approve", "--environment", "prod", "--as", "ann", "--plan", plan]) == 4
    assert "An approval is of one plan" in capsys.readouterr().err


def test_who_has_no_key_here_approves_nothing(clone, capsys):
    assert cli.main(["approve", "--environment", "prod", "--as", "ann", "--plan", PLAN]) == 4
    assert "There is no key of ann" in capsys.readouterr().err


def test_a_revocation_reaches_who_verifies_without_network(clone, world, capsys):
    key_of(world, "staging")
    shutil.copy(signers.home_of("staging"), signers.home_of("prod"))
    lists = [world.folder / "before.json", world.folder / "after.json"]
    words = ["evidence", "list", "--environment", "prod", "-o"]
    assert cli.main([*words, str(lists[0])]) == 0
    revoke = ["evidence", "revoke", "--environment", "prod", COMMIT, "--why", "it is wrong"]
    assert cli.main(revoke) == 0
    assert cli.main([*words, str(lists[1])]) == 0
    capsys.readouterr()
    alone = ["unshare", "-rn"] if _unshares() else []
    for path, code, told in ((lists[0], 0, "0 revoked"), (lists[1], 1, "1 revoked")):
        done = execute(
            [*alone, sys.executable, "-c", OFFLINE, str(world.folder / "clone"), "evidence",
             "verify", "--environment", "prod", "--list", str(path), str(clone)],
            env=environment.inherited("HOME"), timeout=120,
        )  # fmt: skip
        assert done.exit == code, done.output
        assert f"{told}, 0 used" in done.stdout
        assert done.stdout.count("revoked: ") == (0 if code == 0 else 3)


def _unshares() -> bool:
    """Whether this machine gives a process a network of its own, which has none."""
    if shutil.which("unshare") is None:
        return False
    return execute(["unshare", "-rn", "true"], env=environment.inherited(), timeout=30).ok


def test_without_a_list_nothing_is_known_of_revocations(clone, capsys):
    assert cli.main(["evidence", "verify", "--environment", "prod", str(clone)]) == 2
    assert "no list was given" in capsys.readouterr().out


def test_what_was_altered_is_refused_and_shown(clone, capsys):
    path = clone / "smoke" / "evidence.intoto.jsonl"
    path.write_text(path.read_text().replace("payloadType", "payloadKind"))
    assert cli.main(["evidence", "verify", "--environment", "prod", str(clone)]) == 1
    assert "altered: " in capsys.readouterr().out
    assert cli.main(["evidence", "show", str(clone)]) == 1


def test_evidence_is_shown_whoever_signed_it(clone, capsys):
    assert cli.main(["evidence", "show", str(clone / "conformance")]) == 0
    said = capsys.readouterr().out
    assert f"commit      {COMMIT}" in said
    assert "known gap   pk-known reference 17:17" in said
    assert cli.main(["evidence", "show", "--json", str(clone / "smoke")]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["predicate"]["result"] == "PASSED"
    assert second["predicateType"] == "https://slsa.dev/provenance/v1"


def test_a_key_is_made_once_and_shown_again(clone, capsys):
    assert cli.main(["evidence", "key", "--name", "new"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("-----BEGIN PUBLIC KEY-----")
    assert cli.main(["evidence", "key", "--name", "new"]) == 0
    assert capsys.readouterr().out == first


def test_what_a_run_left_is_signed_afterwards(clone, world, capsys):
    key_of(world, "ci")
    world.keys["conformance"] = None
    run = world.write("conformance").parent
    out = world.folder / "signed"
    assert cli.main(["evidence", "make", str(run), "-o", str(out)]) == 0
    assert "unsigned" not in capsys.readouterr().out
    shutil.rmtree(clone / "conformance")
    shutil.move(out / "conformance-0123abcd", clone / "conformance")
    assert promote(clone) == 0


def test_the_ladder_asks_the_gate_with_what_it_deploys(clone, world, monkeypatch):
    key_of(world, "ann")
    words = ["approve", "--environment", "prod", "--as", "ann", "--role", "release"]
    assert cli.main([*words, "--plan", PLAN, "--commit", COMMIT]) == 0
    monkeypatch.setattr(Commit, "of", lambda _: Commit(COMMIT, ""))
    prod = environments.read("prod")
    home = world.folder / "clone" / "steps" / "prod"
    where = gated(Deployment(prod, None, home, approval=Approval(write=True, plan=PLAN)), [clone])
    other = {**ARTEFACTS, "lambda_package": "0" * 64}
    with pytest.raises(NotLetIn, match=r"foreign: .*lambda_package"):
        where.approval.demand(prod, PLAN, 3, other)
    said = where.approval.demand(prod, PLAN, 3, ARTEFACTS)
    assert said["let_in_by"]["approvals"] == ["ann as release"]
    where.approval.use(PLAN)
    with pytest.raises(NotLetIn, match="replayed"):
        where.approval.demand(prod, PLAN, 3, ARTEFACTS)
    assert where.approval.demand(prod, PLAN, 0, ARTEFACTS)["how"] == "none is needed"


def test_where_no_policy_is_nothing_is_asked(clone, world):
    where = Deployment(environments.read("dev"), None, world.folder / "dev")
    assert gated(where, []) is where


def test_a_plan_from_this_clone_is_named_by_its_beginning(clone, world, capsys):
    home = world.folder / "clone" / "steps" / "prod"
    home.mkdir(parents=True)
    made = {"plan": {"digest": PLAN}, "lambda_package": {"sha256": "0" * 64}}
    for name, told in made.items():
        Result(name, "", "", "me", Outcome.DONE, made=told).write(home)
    assert promote(clone, "--plan", PLAN[:12]) == 1
    said = capsys.readouterr().out
    assert "is of lambda_package bbbbbbbbbbbb, not 000000000000" in said


@pytest.mark.parametrize("fails", [False, True])
def test_a_deployment_leaves_evidence_also_when_it_fails(clone, world, monkeypatch, fails):
    monkeypatch.setattr(Commit, "of", lambda _: Commit(COMMIT, ""))

    def climb(where, **_):
        outcome = Outcome.FAILED if fails else Outcome.DONE
        steps_in(where.home, outcome=outcome, began=utc_now())
        if fails:
            raise StepError("It could not be applied.")
        return {}

    monkeypatch.setattr(ladder, "climb", climb)
    code = cli.main(["deploy", "--environment", "dev", "--apply"])
    assert code == (4 if fails else 0)
    (path,) = (world.folder / "clone" / "steps" / "dev" / "bundles").glob(f"*/{NAME}")
    told = read_bundle(path.read_text(), open_unsigned).evidence
    assert told.verdict == ("FAIL" if fails else "PASS")
    assert (told.environment, told.commit) == ("dev", COMMIT)


@pytest.mark.parametrize(("more", "guarded"), [(["--apply"], True), ([], False)])
def test_what_is_applied_to_prod_goes_through_its_gate(clone, monkeypatch, more, guarded):
    seen = []
    monkeypatch.setattr(ladder, "climb", lambda where, **_: seen.append(where.approval) or {})
    assert cli.main(["deploy", "--environment", "prod", "--evidence", str(clone), *more]) == 0
    assert [one.admission is not None for one in seen] == [guarded]
