"""What steps of the workflows run besides `make` and `assay`, with stand-ins for programs."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from assay import cli
from assay.environment import inherited
from assay.process import execute

ROOT = Path(__file__).resolve().parents[1]
STAND_IN = """#!/bin/sh
printf '%s %s\\n' "$(basename "$0")" "$*" >>calls
case "$(basename "$0") $*" in {fails}) exit 3 ;; esac
case "$*" in *nightly_plan*) echo '{{"include": []}}' ;; *--matrix*) echo '{{"job": []}}' ;; esac
"""


class Clone:
    """A clone with our scripts, in which other programs write down their calls."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ROOT / ".ci", folder / ".ci")
        shutil.copytree(ROOT / "environments", folder / "environments")
        self.programs = folder / "programs"
        self.stand_in("make", "gh", "cargo")
        self.stand_in("assay", "pytest", "python", "pip-audit", "zizmor", into=".venv/bin")

    def stand_in(self, *names, into="programs", fails="nothing"):
        """Put a program in place; it fails where its call fits a pattern of the shell."""
        place = self.folder / into
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            (place / name).write_text(STAND_IN.format(fails=fails))
            (place / name).chmod(0o755)

    def run(self, script, *words, **env):
        """One of the scripts; CI is set only where a test says so."""
        path = f"{self.programs}:/usr/bin:/bin"
        argv = ("bash", f".ci/{script}", *map(str, words))
        return execute(argv, env={"PATH": path, **env}, cwd=self.folder, timeout=60)

    @property
    def calls(self):
        """Every call of a stand-in."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def leg(clone, name):
    """A leg's run, as it is downloaded."""
    (clone.folder / "legs" / name).mkdir(parents=True)


def test_a_night_is_two_matrices(clone):
    done = clone.run("plan-night")
    assert done.stdout == 'legs={"include": []}\nlong={"job": []}\n'


def test_a_night_that_cannot_be_planned_has_no_matrix(clone):
    clone.stand_in("python", into=".venv/bin", fails="*nightly_plan*")
    done = clone.run("plan-night")
    assert not done.ok
    assert not done.stdout


@pytest.mark.parametrize(("wanted", "ok"), [(2, True), (3, False)])
def test_a_leg_that_left_no_run_is_said_and_the_page_is_made(clone, wanted, ok):
    leg(clone, "run-0")
    leg(clone, "run-1")
    legs = json.dumps({"include": [{}] * wanted})
    done = clone.run("merge-night", "legs", "night", LEGS=legs)
    assert done.ok is ok
    assert clone.calls == ["assay merge legs/run-0 legs/run-1 -o night"]
    assert ok or "2 of 3 legs left a run" in done.stderr


def test_a_merge_that_is_red_is_red(clone):
    leg(clone, "run-0")
    clone.stand_in("assay", into=".venv/bin", fails="*merge*")
    assert clone.run("merge-night", "legs", "night", LEGS='{"include": [{}]}').exit == 3


@pytest.mark.parametrize(
    ("environment", "which"), [("dev", "smoke"), ("staging", "prod_safe"), ("prod", "prod_safe")]
)
def test_what_is_protected_is_asked_only_what_creates_nothing(clone, environment, which):
    clone.run("smoke-deployed", environment, "report")
    words = f"--environment {environment} -m {which} --report-dir report"
    assert clone.calls == [f"pytest smoke {words}"]


@pytest.mark.parametrize(
    ("origin", "more"), [("", ""), ("staging", " --evidence got/evidence-staging")]
)
def test_the_approved_plan_is_applied(clone, origin, more):
    given = {"ENVIRONMENT": "prod", "REPLICATOR": "r", "PLAN": "3f2a", "FROM": origin, "AMI": ""}
    done = clone.run("deploy", **given)
    assert done.ok, done.output
    words = "--environment prod --replicator r --apply --approve 3f2a"
    assert clone.calls == [f"assay deploy {words}{more}"]


def test_what_was_planned_with_is_not_made_again(clone):
    steps = clone.folder / "got" / "steps-prod"
    steps.mkdir(parents=True)
    (steps / "worker_image.json").write_text("{}")
    given = {"ENVIRONMENT": "prod", "REPLICATOR": "r", "PLAN": "3f2a", "FROM": "", "AMI": "ami-1"}
    assert clone.run("deploy", **given).ok
    assert (clone.folder / ".assay/steps/prod/worker_image.json").exists()
    assert clone.calls[0].endswith(" --ami ami-1")


def test_without_an_approved_plan_nothing_is_applied(clone):
    done = clone.run("deploy", ENVIRONMENT="prod", REPLICATOR="r", PLAN="", FROM="")
    assert "no plan was approved" in done.stderr
    assert not done.ok
    assert not clone.calls


def test_evidence_is_of_the_runs_and_of_the_deployment(clone):
    got = ("run-docker", "run-noop", "run-controls", "dist-wheel", "evidence-dev")
    for place in (*(f"got/{one}" for one in got), ".assay/steps/dev/bundles/deployment-1"):
        (clone.folder / place).mkdir(parents=True)
    (clone.folder / ".assay/steps/dev/journal.jsonl").write_text("a step\n")
    done = clone.run("evidence", "evidence", ENVIRONMENT="dev")
    assert done.ok, done.output
    assert clone.calls == [
        "assay evidence make -o evidence got/run-docker",
        "assay evidence make --environment dev -o evidence .assay/smoke",
    ]
    assert (clone.folder / "evidence" / "deployment-1").is_dir()
    journal = clone.folder / "evidence" / "journals" / "dev" / "journal.jsonl"
    assert journal.read_text() == "a step\n"


def test_a_deployment_without_evidence_is_none(clone):
    assert not clone.run("evidence", "evidence", ENVIRONMENT="dev").ok


def test_news_go_to_whom_the_secret_names(clone):
    hub = {"GITHUB_SERVER_URL": "https://h", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
    assert clone.run("news", "night", ASSAY_NEWS="json://x", **hub).ok
    assert clone.calls == ["assay notify night --link https://h/o/r/actions/runs/7"]


def test_that_nobody_is_told_is_said(clone):
    assert "NOT RUN: the secret ASSAY_NEWS" in clone.run("news", "night", ASSAY_NEWS="").stdout
    assert not clone.calls


def test_a_wheel_is_published_if_it_is_what_was_built(clone):
    dist = clone.folder / "dist"
    dist.mkdir()
    (dist / "a.whl").write_text("w")
    told = hashlib.sha256(b"w").hexdigest()
    (dist / "a.whl.sha256").write_text(f"{told}  a.whl\n")
    clone.stand_in("twine")
    assert clone.run("publish", "dist").ok
    calls = (dist / "calls").read_text().splitlines()
    upload = "twine upload --non-interactive --username __token__ -- a.whl"
    assert calls == ["twine check --strict -- a.whl", upload]
    (dist / "a.whl").write_text("other")
    (dist / "calls").unlink()
    assert not clone.run("publish", "dist").ok
    assert not (dist / "calls").exists()


def test_noop_has_to_be_red(clone):
    done = clone.run("noop", ".assay/noop")
    assert "noop ended with 0, not 1" in done.stderr
    assert not done.ok


def test_all_is_asked_in_an_audit(clone):
    clone.stand_in("cargo-audit")
    done = clone.run("audit", GH_TOKEN="t")
    assert done.ok, done.output
    assert [call.split()[0] for call in clone.calls] == ["pip-audit", "cargo", "zizmor"]


@pytest.mark.parametrize(("name", "into"), [("pip-audit", ".venv/bin"), ("cargo", "programs")])
def test_what_an_audit_finds_is_red_and_the_rest_is_asked(clone, name, into):
    clone.stand_in("cargo-audit")
    clone.stand_in(name, into=into, fails="*")
    assert clone.run("audit", GH_TOKEN="t").exit == 1
    assert len(clone.calls) == 3


def test_what_an_audit_cannot_ask_is_named_and_no_success(clone):
    done = clone.run("audit")
    assert done.exit == 2
    assert "NOT RUN: Rust: cargo-audit" in done.stderr
    assert "NOT RUN: actions: zizmor with GitHub's advisories" in done.stderr


def test_a_missing_linter_is_named_and_fails_in_ci(clone):
    clone.stand_in("check-jsonschema", into=".venv/bin")
    (clone.folder / ".github" / "actions" / "one").mkdir(parents=True)
    for place in ("action.yml", ".github/actions/one/action.yml"):
        (clone.folder / place).touch()
    assert "NOT RUN: actionlint" in clone.run("lint-workflows").stdout
    done = clone.run("lint-workflows", CI="true")
    assert not done.ok
    assert "actionlint is missing" in done.stderr
    clone.stand_in("go")
    assert clone.run("lint-workflows", CI="true").ok
    assert clone.calls[-1].startswith("go run github.com/rhysd/actionlint/cmd/actionlint@v")


def test_elsewhere_than_on_linux_it_is_said_what_is_not_run(clone):
    done = clone.run("test", "macOS")
    assert "NOT RUN on macOS: tests marked servers" in done.stdout
    assert "NOT RUN on macOS: the suite" in done.stdout
    assert clone.calls == ["make test ARGS=-m 'not servers and not docker'"]


def test_on_macos_the_suite_has_an_installed_server(clone):
    clone.stand_in("brew")
    assert clone.run("test", "macOS").ok
    _, brewed, suite = clone.calls
    assert brewed == "brew install --quiet postgresql@17"
    assert "--pg-provider installed" in suite


@pytest.fixture(scope="module")
def site():
    """The program that puts the site's sources together; CI itself builds the site."""
    spec = importlib.util.spec_from_file_location("site_sources", ROOT / ".ci" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_has_every_command_and_option(site):
    text = site.commands()
    assert {f"## assay {name}\n" for name in cli._COMMANDS} <= set(
        re.findall(r"## assay \w+\n", text)
    )
    assert "## assay state migrate" in text
    assert "--ignore-column" in text


def test_the_changelog_begins_with_what_waits(site):
    assert site.changelog().startswith("# Changelog\n\n## Unreleased\n")


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("[x](docs/smoke.md#production)", "[x](../smoke.md#production)"),
        ("[x](environments/dev.tfvars)", "[x](REPOSITORY/blob/main/environments/dev.tfvars)"),
        ("[x](aws/ec2)", "[x](REPOSITORY/tree/main/aws/ec2)"),
        ("[x](https://example.org/docs)", "[x](https://example.org/docs)"),
        ("![x](docs/page.png)", "![x](../page.png)"),
    ],
)
def test_a_link_leads_within_the_site_or_to_the_repository(site, monkeypatch, link, led):
    monkeypatch.setenv("REPOSITORY", "REPOSITORY")
    lost = []
    assert site.led(link, ROOT, Path("reference/one.md"), lost) == led
    assert lost == []


@pytest.mark.parametrize("link", ["[x](docs/nothing.md)", "[x](../../etc/passwd)"])
def test_a_link_that_leads_nowhere_is_said(site, link):
    lost = []
    site.led(link, ROOT, Path("one.md"), lost)
    assert len(lost) == 1


LOCK = """\
boto3==1.43.5 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
Types_Requests==2 ; sys_platform == 'linux' \\
    --hash=sha256:cc
"""


@pytest.fixture
def lock_part(tmp_path):
    """What the program prints for a lock and some words."""
    (tmp_path / "lock").write_text(LOCK)

    def call(*words):
        argv = (sys.executable, str(ROOT / ".ci" / "lock_part.py"), "lock", *words)
        return execute(argv, env=inherited(), cwd=tmp_path, timeout=30)

    return call


def test_the_action_installs_a_part_of_the_lock_by_digest(lock_part, tmp_path):
    names = [{"metadata": {"name": name}} for name in ("types.requests", "replicator-assay")]
    (tmp_path / "needed.json").write_text(json.dumps({"install": names}))
    assert lock_part("needed.json").stdout == "".join(LOCK.splitlines(keepends=True)[3:])
    assert lock_part("boto3").stdout == "".join(LOCK.splitlines(keepends=True)[:3])


def test_what_the_lock_does_not_have_is_not_installed(lock_part):
    done = lock_part("boto3", "evil")
    assert "does not have evil" in done.stderr
    assert (done.exit, done.stdout) == (1, "")


def test_constraints_are_versions_alone(lock_part):
    told = lock_part("--versions").stdout
    assert told == "boto3==1.43.5\nTypes_Requests==2 ; sys_platform == 'linux'\n"


def test_our_own_lock_is_read_whole():
    lock = ROOT / "requirements.lock"
    argv = (sys.executable, str(ROOT / ".ci" / "lock_part.py"), str(lock), "--versions")
    told = execute(argv, env=inherited(), timeout=30).stdout.splitlines()
    assert len(told) == len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE)) > 50
