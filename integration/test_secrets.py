"""Passwords stay out of what other people can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.redact import Scrubber

BULKY = """
create table bulk (id int primary key, body text not null);
insert into bulk select i, (select string_agg(md5((i * k)::text), '') from generate_series(1, 64) k)
from generate_series(1, 12000) i;
"""
SMALL = """
create table note (id int primary key, body text);
insert into note values (1, 'one'), (2, null);
"""


@dataclass
class Arguments:
    """Watches the command lines of a tool's children for a secret."""

    scrubber: Scrubber
    seen: dict[str, str] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)

    def __call__(self, group: int) -> None:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                stat = (entry / "stat").read_text()
                argv = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue  # it ended while we looked
            if int(entry.name) == group or int(stat.rpartition(")")[2].split()[2]) != group:
                continue
            program = Path(argv[0]).name
            self.children.add(program)
            if self.scrubber.shown_in(" ".join(argv)):
                self.seen[program] = self.scrubber.scrub(" ".join(argv))


@pytest.mark.integration
@pytest.mark.case(
    "se-argv-children",
    "secrets",
    phases=("init",),
    caught_by="lossy:password-in-argv finds secret argv of *",
)
def test_no_child_carries_the_password_in_its_arguments(judged_case):
    """The password never stands in the arguments of a child, sampled every few milliseconds."""
    with judged_case() as trial:
        watching = Arguments(trial.bench.scrubber)
        trial.bench.tool.watch = watching
        trial.prepare(setup=BULKY)
        trial.init()
        trial.expose(
            tuple(
                Finding(Kind.SECRET, f"argv of {program}", target=argv)
                for program, argv in sorted(watching.seen.items())
            )
        )


@pytest.mark.integration
@pytest.mark.case(
    "se-stdout-logs",
    "secrets",
    phases=("init",),
    caught_by="lossy:prints-password finds secret *",
)
def test_no_output_shows_the_password_on_success_and_on_failure(judged_case):
    """Nothing the tool prints or leaves in files shows a password, also when it fails."""
    with judged_case() as trial:
        trial.prepare(setup=SMALL)
        trial.validate()
        trial.init()
        trial.attempt_again()
        left = [
            str(path.relative_to(trial.bench.workdir))
            for path in (trial.bench.workdir / "tmp").rglob("*")
            if path.is_file() and trial.bench.scrubber.shown_in(path.read_text(errors="replace"))
        ]
        trial.expose(
            tuple(
                Finding(Kind.SECRET, place, target="shows the password")
                for place in (*trial.bench.tool.shown, *left)
            )
        )
