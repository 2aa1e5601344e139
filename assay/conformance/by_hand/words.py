"""The words of a command as a shell writes them, with variables for what was the run's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import quote

from assay.conformance.by_hand.steps import Steps


class Words:
    """Words of a command as a shell writes them: addresses, database and folder as variables."""

    def __init__(self, steps: Steps, workdir: Path) -> None:
        self.spelled: dict[str, str] = {}  # a variable for each other spelling of a host
        both = steps.addresses()
        ports = {side: {address.port for address in known} for side, known in both.items()}
        self._ports = {
            str(port): side
            for side in both
            for port in ports[side] - ports["target" if side == "source" else "source"]
        }
        self._hosts = {
            f"{address.host}:{address.port}": side for side, known in both.items()
            for address in known
        }  # fmt: skip
        self._names = {str(workdir): "work", steps.pair.database: "name"}
        name = re.escape(quote(steps.pair.database, safe=""))
        plain = "|".join(re.escape(one) for one in sorted(self._names, key=len, reverse=True))
        self._known = re.compile(
            r"postgres(?:ql)?://(?P<user>[^\s:/@]*)(?P<secret>:[^\s@]*)?@(?P<host>[^\s/@:]+)"
            rf":(?P<port>\d+)(?P<main>/{name}(?![\w%]))?|(?P<plain>{plain})"
        )

    def of(self, word: str) -> str:
        """One word."""
        parts, at = [], 0
        for match in self._known.finditer(word):
            if (variable := self._variable(match)) is None:
                continue
            parts += [literal(word[at : match.start()]), f'"{variable}"']
            at = match.end()
        return "".join([*parts, literal(word[at:])]) or "''"

    def _variable(self, match: re.Match[str]) -> str | None:
        if match["plain"]:
            return f"${{{self._names[match['plain']]}}}"
        side: str | None = self._hosts.get(f"{match['host']}:{match['port']}")
        secret = "_secret" if match["secret"] else ""
        variable = f"{side}{secret}"
        if side is None:
            side = self._ports.get(match["port"])
            if side is None:
                return None
            variable = f"{side}_{re.sub(r'[^a-z0-9]', '_', match['host'].lower())}{secret}"
            self.spelled[variable] = f'$(spelled "${side}{secret}" {shlex.quote(match["host"])})'
        return f"${{{variable}}}" + ("/${database}" if match["main"] else "")


def literal(text: str) -> str:
    """Quoted where a shell would read it otherwise."""
    return shlex.quote(text) if text else ""
