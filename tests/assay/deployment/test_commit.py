"""Commits and authors are git's word."""

from __future__ import annotations

import pytest

from assay import environment
from assay.deployment.commit import Commit, authors
from assay.errors import SetupError
from assay.process import execute


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder, and what makes a commit in it."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    env = environment.inherited("HOME")

    def commit(message, email):
        words = ["git", "-c", "user.name=x", "-c", f"user.email={email}", "commit", "-q",
                 "--allow-empty", "-m", message]  # fmt: skip
        assert execute(words, env=env, cwd=tmp_path, timeout=30).ok
        return Commit.of(tmp_path).digest

    assert Commit.of(tmp_path) == Commit("unknown", "git does not say what is committed")
    assert execute(["git", "init", "-q"], env=env, cwd=tmp_path, timeout=30).ok
    return tmp_path, commit


def test_a_commit_and_what_is_not_in_it(repository):
    folder, commit = repository
    digest = commit("first", "ann@example.com")
    assert (len(digest), Commit.of(folder)) == (40, Commit(digest, ""))
    (folder / "new").touch()
    assert Commit.of(folder) == Commit(digest, "?? new")


def test_a_commit_that_moved_while_something_ran_is_not_certain():
    before = Commit("a" * 40, "")
    assert before.until(before) == before
    assert before.until(Commit("a" * 40, " M x")).uncommitted == " M x"
    moved = before.until(Commit("b" * 40, ""))
    assert moved.digest == before.digest
    assert "became bbbbbbbbbbbb" in moved.uncommitted


def test_authors_are_those_of_all_that_is_new(repository):
    folder, commit = repository
    first = commit("first", "ann@example.com")
    commit("second\n\nCo-authored-by: Bob <Bob@Example.com>", "eve@example.com")
    last = commit("third", "ann@example.com")
    assert authors(folder, last) == {"ann@example.com"}
    assert authors(folder, last, first) == {"ann@example.com", "eve@example.com", "bob@example.com"}


def test_the_author_of_what_is_gone_back_to_is_known(repository):
    folder, commit = repository
    first = commit("first", "ann@example.com")
    last = commit("second", "eve@example.com")
    assert authors(folder, first, last) == {"ann@example.com"}


def test_authors_that_git_does_not_know_are_an_error(repository):
    folder, commit = repository
    commit("first", "ann@example.com")
    with pytest.raises(SetupError, match="who wrote"):
        authors(folder, "c" * 40)
