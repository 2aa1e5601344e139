"""Runs a case's SQL with psql, which splits statements, reads COPY data and names the line."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.conformance.by_hand.steps import Steps
from assay.conformance.case import Section
from assay.conformance.evidence import Answer
from assay.errors import SetupError
from assay.names import RunId, uniquify
from assay.postgres.address import Address
from assay.postgres.session import LIMITS
from assay.process import Execution, execute

_ERROR = re.compile(
    r"^psql:(.*?): ?(?:ERROR|FATAL|PANIC): +(?:([0-9A-Z]{5}): )?(.*)$", re.MULTILINE
)
_WITHIN = re.compile(r"^(?:QUERY|CONTEXT): ", re.MULTILINE)  # raised by a statement in a function
_FOOTER = re.compile(r"^\(\d+ rows?\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StatementError:
    """A statement that failed: file and line, SQLSTATE ("" where psql failed), the server's words.

    `within`: it was raised inside a function, by a statement that is not the case's own.
    """

    where: str
    sqlstate: str
    text: str
    within: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"

    @property
    def misspelt(self) -> bool:
        """Whether the case's own statement does not parse, which no tool can bring about."""
        return self.sqlstate == "42601" and not self.within

    @property
    def of_what_is_not_there(self) -> bool:
        """Whether it names something that does not exist, does not fit or may not be used."""
        return self.sqlstate.startswith("42")


@dataclass(frozen=True, slots=True)
class Psql:
    """psql of the pair's client tools, with a private password file; `name` is the case file's."""

    tools: Path
    workdir: Path
    run: RunId
    name: str = "case.sql"
    steps: Steps | None = None  # where what was done is kept

    def apply(self, section: Section, address: Address) -> None:
        """Run statements that must all succeed; SetupError with file and line when one does not."""
        if self.steps is not None:
            self.steps.applied(section, address, must=True)
        done = self._execute(section, address, stop=True)
        if not done.ok:
            raise SetupError(
                f"The case's @{section.kind} statements failed.",
                evidence="; ".join(map(str, _errors(done))) or done.output.strip(),
                remedy="correct the case file, or name in `requires` what it needs",
            )

    def attempt(self, section: Section, address: Address) -> tuple[StatementError, ...]:
        """Run statements one after the other, whatever fails; SetupError for one that is no SQL."""
        done = self._execute(section, address, stop=False)
        errors = _errors(done)
        refuse_mistakes(section, [error for error in errors if error.misspelt])
        if done.timed_out or (done.exit != 0 and not errors):
            text = done.output.strip() or f"psql ended with {done.exit}"
            errors = (*errors, StatementError(f"{self.name}:{section.line}", "", text))
        if self.steps is not None:
            self.steps.applied(section, address, must=False, errors=tuple(map(str, errors)))
        return errors

    def ask(self, section: Section, address: Address) -> tuple[Answer, ...]:
        """Ask queries that must each return exactly one true."""
        answers = self._answers(section, address)
        if self.steps is not None:
            self.steps.asked(section, address, answers)
        return answers

    def _answers(self, section: Section, address: Address) -> tuple[Answer, ...]:
        results = self.workdir / "answers"
        results.unlink(missing_ok=True)
        done = self._execute(section, address, stop=False, extra=("-v", "ECHO=queries", "-A",
                             "-P", "null=NULL", "-o", str(results)))  # fmt: skip
        queries = [" ".join(q.split()) for q in re.split(r";\s*\n", done.stdout) if q.strip()]
        errors = _errors(done)
        refuse_mistakes(section, [error for error in errors if error.misspelt])
        if errors or not results.exists():
            why = "; ".join(map(str, errors)) or done.output.strip()
            return (Answer(" ".join(section.sql.split())[:500], held=False, error=why),)
        blocks = _FOOTER.split(results.read_text(encoding="utf-8"))[:-1]
        values = [block.strip().splitlines()[1:] for block in blocks]
        if len(queries) != len(values):
            queries = [f"query {n} of line {section.line}" for n in range(1, len(values) + 1)]
        return tuple(
            Answer(query, held=value == ["t"], error="" if value == ["t"] else f"returned {value}")
            for query, value in zip(queries, values, strict=True)
        )

    def _execute(
        self, section: Section, address: Address, *, stop: bool, extra: tuple[str, ...] = ()
    ) -> Execution:
        script = self.workdir / self.name
        # Blank lines before the section make psql report the case file's own line numbers.
        script.write_text("\n" * (section.line - 1) + uniquify(section.sql, self.run) + "\n")
        argv = [str(self.tools / "psql"), "-X", "-q", "-f", self.name, *extra]
        argv += ["-v", "VERBOSITY=verbose"]  # with the SQLSTATE
        argv += ["-v", "ON_ERROR_STOP=1"] if stop or section.single else []
        argv += ["-1"] if section.single else []
        return execute(argv, env=self._environment(address), timeout=150, cwd=self.workdir)

    def _environment(self, address: Address) -> dict[str, str]:
        passfile = self.workdir / "psql-passfile"
        passfile.unlink(missing_ok=True)
        passfile.touch(mode=0o600)
        passfile.write_text(address.passfile_line() + "\n")
        limits = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
        return {
            "PATH": os.defpath,
            "PGHOST": address.host,
            "PGPORT": str(address.port),
            "PGUSER": address.user,
            "PGDATABASE": address.database,
            "PGPASSFILE": str(passfile),
            "PGAPPNAME": f"assay/{self.run}/case",
            "PGCONNECT_TIMEOUT": "10",
            "PGCLIENTENCODING": "UTF8",
            "PGOPTIONS": limits,
            "LC_MESSAGES": "C",
        }


def refuse_mistakes(section: Section, errors: Sequence[StatementError]) -> None:
    """SetupError that names the statements of a section by which the case's author is at fault."""
    if errors:
        raise SetupError(
            f"The case's @{section.kind} statements are wrong by themselves.",
            evidence="; ".join(map(str, errors)),
            remedy="correct the case file: no tool had a part in it",
        )


def _errors(done: Execution) -> tuple[StatementError, ...]:
    found = list(_ERROR.finditer(done.stderr))
    ends = [match.start() for match in found] + [len(done.stderr)]
    return tuple(
        StatementError(
            where=match[1],
            sqlstate=match[2] or "",
            text=match[3],
            within=_WITHIN.search(done.stderr, match.end(), end) is not None,
        )
        for match, end in zip(found, ends[1:], strict=True)
    )
