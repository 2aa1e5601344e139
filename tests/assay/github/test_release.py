"""A release is what its tag says, with notes and a digest for every file."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import pytest

from assay import __version__
from assay.environment import inherited
from assay.errors import Refused
from assay.github import release
from assay.process import execute

ROOT = Path(__file__).resolve().parents[3]
TAG = f"v{__version__}"
CHANGELOG = (
    f"# Changelog\n\n## {__version__} (2026-01-02)\n\n- One.\n- Two.\n\n## 0.0.9\n\n- Old.\n"
)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What a release reads, fit to be released."""
    (tmp_path / "docs" / "changelog").mkdir(parents=True)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{__version__}"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["release", "notes.md"])
    monkeypatch.setenv("GITHUB_REF_TYPE", "tag")
    monkeypatch.setenv("GITHUB_REF_NAME", TAG)
    return tmp_path


def test_the_notes_are_the_section_of_the_version(clone):
    assert release.main() == 0
    assert (clone / "notes.md").read_text() == "- One.\n- Two.\n"


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("pyproject.toml", '[project]\nversion = "9.9.9"\n', "pyproject.toml says 9.9.9"),
        ("CHANGELOG.md", "# Changelog\n", "has no section"),
        ("CHANGELOG.md", f"# Changelog\n\n## {__version__}1\n\n- One.\n", "has no section"),
        ("docs/changelog/+x.feature.md", "Waits.\n", r"no release names: \+x.feature.md"),
    ],
)
def test_what_does_not_fit_is_not_released(clone, file, text, why):
    (clone / file).write_text(text)
    with pytest.raises(Refused) as refusal:
        release.main()
    assert refusal.match(why)
    assert not (clone / "notes.md").exists()


@pytest.mark.parametrize("tag", ["v9.9.9", __version__, f"v{__version__}rc1", ""])
def test_the_tag_has_to_be_the_version(clone, monkeypatch, tag):
    monkeypatch.setenv("GITHUB_REF_NAME", tag)
    with pytest.raises(Refused, match="is not v"):
        release.main()


def test_a_dry_run_says_what_a_release_would_refuse(clone, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_REF_TYPE", "branch")
    (clone / "CHANGELOG.md").write_text("# Changelog\n")
    assert release.main() == 0
    assert "::notice title=dry run::a release would be refused" in capsys.readouterr().out
    assert "dry run" in (clone / "notes.md").read_text()


def test_towncrier_makes_the_section_that_a_release_reads(clone):
    """With our own settings, so that neither changes without the other."""
    shutil.copy(ROOT / "pyproject.toml", clone)
    (clone / "CHANGELOG.md").write_text((ROOT / "CHANGELOG.md").read_text())
    (clone / "docs/changelog/+x.change.md").write_text("Another exit code.\n")
    argv = (sys.executable, "-m", "towncrier", "build", "--yes", "--version", __version__)
    built = execute(argv, env=inherited("HOME"), cwd=clone, timeout=60)
    assert "Another exit code." in release.notes(clone, __version__), built.output
    assert release.objections(clone, TAG) == []


def dist(folder, **files):
    """A folder of built files, each with its digest beside it."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
        told = hashlib.sha256(content.encode()).hexdigest()
        (folder / f"{name}.sha256").write_text(f"{told}  {name}\n")
    return folder


@pytest.fixture
def publish(tmp_path):
    """Calls .ci/publish-release with a `gh` that writes down what it was called with."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/called\n')
    program.chmod(0o755)
    (tmp_path / "notes.md").write_text("- One.\n")

    def call():
        env = inherited() | {"GITHUB_REF_NAME": TAG}
        env["PATH"] = f"{program.parent}:{env['PATH']}"
        script = str(ROOT / ".ci" / "publish-release")
        return execute(("bash", script, "dist", "notes.md"), env=env, cwd=tmp_path, timeout=30)

    return call


def test_a_release_has_its_files_and_one_list_of_checksums(tmp_path, publish):
    dist(tmp_path / "dist", wheel="w", tool="t")
    done = publish()
    assert done.ok, done.output
    called = (tmp_path / "called").read_text().split()
    assert called[:4] == ["release", "create", TAG, "--verify-tag"]
    assert called[-3:] == ["SHA256SUMS", "tool", "wheel"]
    assert len((tmp_path / "dist" / "SHA256SUMS").read_text().splitlines()) == 2


def test_a_file_that_is_not_what_its_digest_says_is_not_released(tmp_path, publish):
    (dist(tmp_path / "dist", wheel="w") / "wheel").write_text("other")
    assert not publish().ok
    assert not (tmp_path / "called").exists()


def test_a_file_without_a_digest_is_not_released(tmp_path, publish):
    (dist(tmp_path / "dist", wheel="w") / "tool").write_text("t")
    assert "tool has no digest" in publish().stderr
    assert not (tmp_path / "called").exists()
