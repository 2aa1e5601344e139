"""What is done with the issues of a night's causes: one each, which closes itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assay.github.hub import Issue

LABEL = "nightly"
PERSISTENT = "persistent"  # after so many nights:
_PERSISTENT_AFTER = 3
_ROWS = 30  # nights that an issue shows
_CASES = 50  # that it names
_TITLE = 120
_STATE = re.compile(r"<!-- assay-cause (?P<key>[0-9a-f]{16}) (?P<state>\{.*\}) -->")


@dataclass(frozen=True, slots=True)
class Seen:
    """A cause of one night: `cases` are those that it reddened, by name, replicator and versions.

    `line` and `repeat` are fit for Markdown.
    """

    signature: str
    title: str
    line: str
    cases: frozenset[str]
    repeat: str

    @property
    def key(self) -> str:
        """What stays the same from night to night."""
        return hashlib.sha256(self.signature.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Night:
    """What one night has shown; `proved` is False where its verdict is UNKNOWN."""

    date: str
    url: str
    causes: tuple[Seen, ...]
    judged: frozenset[str]
    proved: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with one issue, `number` None: a new one. Empty `comment`: nothing is said."""

    number: int | None
    title: str
    body: str
    open: bool
    labels: frozenset[str]
    comment: str = ""


def steps(night: Night, issues: Sequence[Issue]) -> Iterator[Step]:
    """Open, continue, reopen, close; the newest issue of a cause is the one that goes on.

    A cause that was not seen closes its issue only where all its cases were judged again, in a run
    that proved something: what nobody looked at is not repaired.
    """
    known: dict[str, tuple[Issue, dict[str, list[str]]]] = {}
    for issue in sorted(issues, key=lambda one: one.number):
        if found := _STATE.search(issue.body):
            known[found["key"]] = (issue, json.loads(found["state"]))
    for cause in night.causes:
        yield _seen(night, cause, known.get(cause.key))
    seen = {cause.key for cause in night.causes}
    for key, (issue, state) in known.items():
        again = night.judged.issuperset(state["cases"])
        if issue.open and key not in seen and night.proved and again:
            said = (
                f"Not seen in [{night.date}]({night.url}): all {len(state['cases'])} were judged."
            )
            yield Step(
                issue.number, issue.title, issue.body, open=False, labels=issue.labels, comment=said
            )


def _seen(night: Night, cause: Seen, known: tuple[Issue, dict[str, list[str]]] | None) -> Step:
    issue, state = known or (None, {"nights": [], "cases": []})
    row = f"| [{night.date}]({night.url}) | {len(cause.cases)} |"
    nights = [*(one for one in state["nights"] if one != row), row]  # a night that is run again
    body = _body(cause, nights[-_ROWS:])
    labels = frozenset({LABEL}) | (issue.labels if issue else frozenset())
    if len(nights) >= _PERSISTENT_AFTER:
        labels |= {PERSISTENT}
    back = f"Seen again in [{night.date}]({night.url})." if issue and not issue.open else ""
    number = issue.number if issue else None
    return Step(
        number, f"{LABEL}: {cause.title}"[:_TITLE], body, open=True, labels=labels, comment=back
    )


def _body(cause: Seen, nights: list[str]) -> str:
    state = {"nights": nights, "cases": sorted(cause.cases)}
    hidden = json.dumps(state).replace("<", "\\u003c").replace(">", "\\u003e")
    named = _some(sorted(cause.cases))
    return "\n".join(
        (
            f"<!-- assay-cause {cause.key} {hidden} -->",
            cause.line,
            "",
            f"Cases: {named}",
            "",
            "By hand, with the night's artefact `night` unpacked here:",
            "",
            f"    {cause.repeat}",
            "",
            "| night | cases |",
            "| --- | ---: |",
            *reversed(nights),
            "",
            "Written nightly, and closed when these cases are judged without it.",
        )
    )


def _some(names: Iterable[str]) -> str:
    told = list(names)
    more = f" and {len(told) - _CASES} more" if len(told) > _CASES else ""
    return ", ".join(f"`{name}`" for name in told[:_CASES]) + more
