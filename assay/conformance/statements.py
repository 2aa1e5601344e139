"""Runs a case's SQL with psql, which splits statements, reads COPY data and names the line."""

from __future__ import annotations

import os
import re
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

_ERROR = re.compile(r"^psql:(.*?): ?(ERROR|FATAL|PANIC): +(.*)$", re.MULTILINE)
_FOOTER = re.compile(r"^\(\d+ rows?\)$", re.MULTILINE)


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
                evidence="; ".join(_errors(done)) or done.output.strip(),
                remedy="correct the case file, or name in `requires` what it needs",
            )

    def attempt(self, section: Section, address: Address) -> tuple[str, ...]:
        """Run statements one after the other, whatever fails; the errors, with file and line."""
        done = self._execute(section, address, stop=False)
        errors = _errors(done)
        if done.timed_out or (done.exit != 0 and not errors):
            errors = (*errors, done.output.strip() or f"psql ended with {done.exit}")
        if self.steps is not None:
            self.steps.applied(section, address, must=False, errors=errors)
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
        if errors or not results.exists():
            why = "; ".join(errors) or done.output.strip()
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


def _errors(done: Execution) -> tuple[str, ...]:
    return tuple(f"{where}: {text}" for where, _, text in _ERROR.findall(done.stderr))
