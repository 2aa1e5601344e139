"""A program in place of `gh` that keeps issues and comments in a file."""

from __future__ import annotations

import json
import os
import sys

import pytest

from assay.environment import variable

GH = """#!{python} -IS
import json, pathlib, re, sys
words = sys.argv[1:]
store = pathlib.Path({store!r})
kept = json.loads(store.read_text())
method = words[words.index("--method") + 1]
path = next(word for word in words if word.startswith("repos/"))
fields = {{}}
if "--input" in words:
    fields = json.loads(pathlib.Path(words[words.index("--input") + 1]).read_text())
kept["calls"].append([method, path])
if kept["refuses"]:
    sys.exit(kept["refuses"])
assert path.startswith("repos/o/r/"), path
path, _, query = path.removeprefix("repos/o/r/").partition("?")
labels = lambda names: [{{"name": name}} for name in names if name not in kept["dropped"]]
if path == "issues" and method == "GET":
    label = re.search("labels=([a-z-]+)", query)[1]
    with_label = [i for i in kept["issues"] if label in [one["name"] for one in i["labels"]]]
    answer = [with_label]
elif path == "issues":
    number = len(kept["issues"]) + 1
    answer = fields | {{"number": number, "state": "open", "labels": labels(fields["labels"])}}
    kept["issues"].append(answer)
elif found := re.fullmatch(r"issues/(\\d+)/comments", path):
    mine = kept["comments"].setdefault(found[1], [])
    if method == "POST":
        mine.append({{"id": sum(map(len, kept["comments"].values())) + 1, "body": fields["body"]}})
    answer = [mine]
elif found := re.fullmatch(r"issues/comments/(\\d+)", path):
    (answer,) = [c for cs in kept["comments"].values() for c in cs if str(c["id"]) == found[1]]
    answer["body"] = fields["body"]
elif found := re.fullmatch(r"issues/(\\d+)", path):
    answer = kept["issues"][int(found[1]) - 1]
    if "labels" in fields:
        fields["labels"] = labels(fields["labels"])
    answer.update(fields)
store.write_text(json.dumps(kept))
print(json.dumps(answer))
"""


class Kept:
    """What the repository holds."""

    def __init__(self, path):
        self.path = path
        path.write_text(
            json.dumps({"issues": [], "comments": {}, "calls": [], "dropped": [], "refuses": ""})
        )

    def __getitem__(self, name):
        return json.loads(self.path.read_text())[name]

    def put(self, name, value):
        """Change what it holds or how it answers."""
        self.path.write_text(json.dumps(json.loads(self.path.read_text()) | {name: value}))

    @property
    def states(self):
        """Of each issue, in the order of their numbers."""
        return [issue["state"] for issue in self["issues"]]


@pytest.fixture
def hub_of(tmp_path, monkeypatch):
    """What the repository o/r holds, behind `gh`; the variables of a step are set."""
    kept = Kept(tmp_path / "hub.json")
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH.format(python=sys.executable, store=str(kept.path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{variable('PATH')}")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://hub.example")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    return kept
