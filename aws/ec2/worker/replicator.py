"""The tool of this image: how it is called, how it gets passwords, how its addresses are pinned.

The image's `replicator.json` says so:

* `argv` begins every call, `environment` are further variables;
* `passwords`: `passfile` for a tool that reads libpq's password file, `urls` for one that takes
  them nowhere else;
* `pin`: `hostaddr` for a tool that obeys libpq's parameter of that name, `hosts` for one that looks
  names up by itself: `pinned.sh` shows it a hosts file of its own.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobcore import addresses, contract, urls

NAME = "replicator.json"
HOSTS = Path("/etc/hosts")
REACHED = 3.0  # seconds in which an address has to take a connection to be preferred
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ")
SIDES = ("source_url", "target_url")
Resolve = Callable[[str], tuple[addresses.Address, ...]]


class Unusable(Exception):
    """A job that cannot be handed to the tool; the text may be shown."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the tool: its words and its whole environment."""

    argv: tuple[str, ...]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Replicator:
    """What `replicator.json` says."""

    argv: tuple[str, ...]
    passwords: str
    pin: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, root: Path) -> Replicator:
        """Of the image below `root`; ValueError for a description that means nothing."""
        given = json.loads((root / NAME).read_text(encoding="utf-8"))
        if given["passwords"] not in ("passfile", "urls") or given["pin"] not in (
            "hostaddr",
            "hosts",
        ):
            raise ValueError(f"{NAME}: passwords is passfile or urls, pin is hostaddr or hosts")
        return cls(
            argv=tuple(given["argv"]),
            passwords=given["passwords"],
            pin=given["pin"],
            environment=given.get("environment", {}),
        )

    def prepare(self, spec: Mapping[str, Any], *, private: Path, guarded: bool) -> Call:
        """Pin the addresses, hand over the passwords, put the call together.

        `private` is a folder that only we can read. `guarded`: no private addresses. Each host is
        asked for once; what the tool then connects to is what was checked. Raises Unusable.
        """
        resolver = addresses.checked if guarded else addresses.resolve
        given = {side: urls.parse(spec[side]) for side in SIDES}
        chosen = {side: _choose(side, url, resolver) for side, url in given.items()}
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {"HOME": str(private), "TMPDIR": str(private), **self.environment}
        if self.pin == "hosts":
            pinned = {given[side].host: chosen[side] for side in SIDES}
            environment["REPLICATOR_HOSTS"] = str(_hosts(private, pinned))
        if self.passwords == "passfile":
            environment["PGPASSFILE"] = str(_passfile(private, *given.values()))
        source, target = (self._url(given[side], chosen[side]) for side in SIDES)
        words = contract.argv(dict(spec), source=source, target=target)
        return Call((*self.argv, *words), environment)

    def _url(self, url: urls.DatabaseUrl, address: addresses.Address) -> str:
        text = url.text
        if self.passwords == "passfile":
            text = re.sub(r"^([^:]+://[^:@/?]*):[^@/?]*@", r"\1@", text)
        if self.pin == "hostaddr":
            text += f"{'&' if '?' in text else '?'}hostaddr={address}"
        return text


def _hosts(private: Path, pinned: Mapping[str, addresses.Address]) -> Path:
    """A hosts file in which checked names have the one address that they keep from now on.

    The image's `pinned.sh`, with which `argv` begins, shows it to the tool as /etc/hosts.
    """
    lines = (f"{address} {host}" for host, address in pinned.items()
             if addresses.literal(host) is None)  # fmt: skip
    path = private / "hosts"
    # The first line of a name wins.
    path.write_text("\n".join([*lines, HOSTS.read_text(encoding="utf-8")]), encoding="utf-8")
    return path


def _choose(side: str, url: urls.DatabaseUrl, resolver: Resolve) -> addresses.Address:
    """The first of a host's addresses that takes a connection, else the first of all."""
    try:
        found = resolver(url.host)
    except (addresses.RefusedAddress, addresses.Unresolvable) as error:
        raise Unusable(f"{side}: {error}") from None
    for address in found:
        try:
            with socket.create_connection((str(address), url.port), timeout=REACHED):
                return address
        except OSError:
            continue
    return found[0]


def _passfile(private: Path, *given: urls.DatabaseUrl) -> Path:
    """libpq's password file for both servers, any database."""
    lines = []
    for url in given:
        if "\n" in url.password or "\r" in url.password:
            raise Unusable("a password with a line break cannot be handed to this replicator")
        parts = (url.host, str(url.port), "*", url.user or "*", url.password)
        escaped = (part.replace("\\", "\\\\").replace(":", "\\:") for part in parts)
        lines.append(":".join(escaped) + "\n")
    path = private / "passfile"
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")
    return path
