"""What git says: which commit this is, what is not in it, who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.errors import SetupError
from assay.process import execute

UNTRACKED = "git does not say what is committed"


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit of a folder, and what of it is not committed."""

    digest: str
    uncommitted: str

    @classmethod
    def of(cls, folder: Path) -> Commit:
        """What git says now; `unknown` where it says nothing."""
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=normal")
        if head is None or changed is None:
            return cls("unknown", UNTRACKED)
        return cls(head.strip(), changed.strip())

    def until(self, later: Commit) -> Commit:
        """Of a run that began here and ended at another: what it was of is then not certain."""
        if later.digest == self.digest:
            return Commit(self.digest, self.uncommitted or later.uncommitted)
        return Commit(self.digest, f"the commit became {later.digest[:12]} while it ran")


def authors(folder: Path, commit: str, since: str = "") -> frozenset[str]:
    """The e-mail addresses of who wrote a commit, or all after `since`, co-authors as well.

    SetupError where git does not know them: nobody could be told apart from the authors.
    """
    asked = ("--format=%ae%n%(trailers:key=Co-authored-by,valueonly)",)
    what = (f"{since}..{commit}",) if since and since != commit else ("-1", commit)
    told = _git(folder, "log", *asked, *what)
    if since and told is not None and not told.strip():  # back to what it was: nothing is new
        return authors(folder, commit)
    if not told:
        raise SetupError(
            "git does not say who wrote what is to be approved.",
            evidence=f"git log {' '.join(what)} in {folder}",
            remedy="fetch the history: git fetch --unshallow",
        )
    lines = (line.strip() for line in told.splitlines())
    return frozenset(line.rpartition("<")[2].rstrip(">").lower() for line in lines if line)


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = execute(["git", *words], env=environment.inherited("HOME"), cwd=folder, timeout=30)
    except OSError:  # there is no git
        return None
    return done.stdout if done.ok else None
