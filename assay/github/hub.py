"""Issues and comments of a repository, by GitHub's own program `gh`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.environment import inherited, variables
from assay.errors import SetupError
from assay.process import execute

LIMIT = 60.0  # seconds of one call


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is kept; pull requests are none."""

    number: int
    title: str
    body: str
    open: bool
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment by its id."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class Hub:
    """The repository OWNER/NAME; every call raises SetupError where `gh` fails."""

    repository: str

    def issues(self, label: str) -> tuple[Issue, ...]:
        """All that carry a label, open or closed, the newest first."""
        path = f"issues?labels={label}&state=all&per_page=100"
        told = self._call("GET", path, "--paginate", "--slurp")
        return tuple(_issue(one) for page in told for one in page if "pull_request" not in one)

    def create(self, title: str, body: str, *, label: str) -> int:
        """Open an issue, its number; a label that was dropped in silence is trouble."""
        told = self._call(
            "POST", "issues", fields={"title": title, "body": body, "labels": [label]}
        )
        made = _issue(told)
        if label not in made.labels:  # the next night would not find it
            raise SetupError(
                f"Issue {made.number} was made without its label {label}.",
                evidence=f"labels: {', '.join(sorted(made.labels)) or 'none'}",
                remedy=f"create the label {label}; the job needs `permissions: issues: write`",
            )
        return made.number

    def change(self, number: int, **fields: Any) -> None:
        """Change title, body, state or labels of an issue."""
        self._call("PATCH", f"issues/{number}", fields=fields)

    def comment(self, number: int, body: str) -> None:
        """Say something in an issue or a pull request."""
        self._call("POST", f"issues/{number}/comments", fields={"body": body})

    def comments(self, number: int) -> tuple[Comment, ...]:
        """What was said in an issue or a pull request, in order."""
        told = self._call("GET", f"issues/{number}/comments?per_page=100", "--paginate", "--slurp")
        return tuple(Comment(one["id"], one["body"] or "") for page in told for one in page)

    def edit_comment(self, comment: int, body: str) -> None:
        """Replace what a comment says."""
        self._call("PATCH", f"issues/comments/{comment}", fields={"body": body})

    def _call(
        self, method: str, path: str, *words: str, fields: Mapping[str, Any] | None = None
    ) -> Any:
        env = inherited("HOME") | variables("GH_") | variables("GITHUB_")
        with tempfile.TemporaryDirectory() as folder:
            if fields is not None:
                sent = Path(folder) / "fields.json"
                sent.write_text(json.dumps(fields), encoding="utf-8")
                words = (*words, "--input", str(sent))
            argv = ("gh", "api", "--method", method, f"repos/{self.repository}/{path}", *words)
            done = execute(argv, env=env, timeout=LIMIT, kept=None)
        if not done.ok:
            raise SetupError(
                f"GitHub did not do {method} {path.partition('?')[0]}.",
                evidence=f"gh: exit {done.exit}: {done.output[-500:]}",
                remedy="give the step GH_TOKEN, the job `issues: write` or `pull-requests: write`",
            )
        return json.loads(done.stdout)


def _issue(told: Mapping[str, Any]) -> Issue:
    return Issue(
        number=told["number"],
        title=told["title"],
        body=told["body"] or "",
        open=told["state"] == "open",
        labels=frozenset(label["name"] for label in told["labels"]),
    )
