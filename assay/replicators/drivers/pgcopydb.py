"""`pgcopydb`: clone, and clone --follow with a cut-over by end position."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.environment import inherited
from assay.errors import UsageError
from assay.replicators.base import (
    LOOKING,
    Call,
    Capability,
    Command,
    HandOver,
    Leftovers,
    Phase,
    StatusRule,
)
from assay.replicators.programs import first_line

CAPABILITIES = frozenset({Capability.INIT, Capability.LIVE, Capability.CUTOVER, Capability.ROLES})
NAME = "assay_pgcopydb"  # of slot, publication and origin
LEFTOVERS = Leftovers(
    source={"slot": (NAME,), "publication": (NAME,)},
    target={"origin": (NAME,), "publication": (NAME,), "schema": ("pgcopydb",)},
)
# The stream ends at the end position only when something more is written, so write it.
_CUTOVER = """
{pgcopydb} stream sentinel set endpos --current --source {source} --dir {dir} || exit
for _ in $(seq 90); do
  [ -e {dir}/pgcopydb.pid ] || break
  psql -X -q -o /dev/null -d {source} -c "select pg_logical_emit_message(true, 'assay', 'end')"
  sleep 1
done
[ ! -e {dir}/pgcopydb.pid ] || {{ echo "the stream did not end" >&2; exit 1; }}
exec {pgcopydb} stream cleanup --source {source} --target {target} --dir {dir} {names}
"""


@dataclass(frozen=True, slots=True)
class Pgcopydb:
    """Copies into an existing database; its stream begins with the copy."""

    binary: Path
    name: str = "pgcopydb"
    capabilities: frozenset[Capability] = CAPABILITIES
    leftovers: Leftovers = LEFTOVERS
    refused: frozenset[int] = frozenset()
    # `clone --follow` streams from its own copy.
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: LOOKING)
    status_states: tuple[StatusRule, ...] = ()

    def version(self, path: str | None = None) -> str:
        """The first line of `--version`."""
        return first_line((str(self.binary), "--version"), path)

    def command(self, phase: Phase, call: Call) -> Command | None:
        """A finished work folder makes it do nothing with exit 0: each copy gets a new one."""
        source, target = call.source.url(password=False), call.target.url(password=False)
        folders = sorted(Path(call.workdir).glob("pgcopydb-*"))
        if phase is Phase.INIT:
            folder = Path(call.workdir) / f"pgcopydb-{len(folders)}"
            argv = [str(self.binary), "clone", "--source", source, "--target", target]
            argv += ["--dir", str(folder), "--roles"]
            argv += ["--drop-if-exists"] if call.drop_existing else []
            argv += ["--follow", *_names()] if call.follow else []
            return self._with_passfile(argv, call, background=call.follow)
        if phase is Phase.CUTOVER and folders:
            script = _CUTOVER.format(
                pgcopydb=shlex.quote(str(self.binary)), source=shlex.quote(source),
                target=shlex.quote(target), dir=shlex.quote(str(folders[-1])),
                names=shlex.join(_names()),
            )  # fmt: skip
            return self._with_passfile(["sh", "-c", script], call)
        return None

    def _with_passfile(self, argv: list[str], call: Call, *, background: bool = False) -> Command:
        lines = tuple(dict.fromkeys((call.source.passfile_line(), call.target.passfile_line())))
        return Command(tuple(argv), passfile=lines, background=background, timeout=call.timeout)


def resolve(path: str) -> Pgcopydb:
    """The binary at a path, or the one in PATH where none is given."""
    found = path or shutil.which("pgcopydb", path=inherited()["PATH"])
    if found is None or not Path(found).is_file():
        raise UsageError(
            "There is no pgcopydb.",
            evidence=f"looked for {path or 'pgcopydb in PATH'}",
            remedy="install it (Debian 13: pgcopydb), or --replicator pgcopydb:PATH",
        )
    return Pgcopydb(Path(found).absolute())


def _names() -> list[str]:
    return ["--slot-name", NAME, "--origin", NAME]
