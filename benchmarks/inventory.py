"""What is on this machine, seen from outside: the standard library only, nothing of ours.

``python -m benchmarks.inventory > before.json`` writes it down; ``... --since before.json`` prints
what is new since then, exit 1 if anything is.

Nothing is left out by its name but pytest's ``pytest-of-USER`` folder, which pytest keeps by
design. Caches and leases lie elsewhere and are no temp entries. Left out by kind: kernel threads,
this program and its ancestors, the process trees named by ``--ignore-tree``. With ``--ours PID``
what others do on the machine meanwhile is not counted: processes that do not descend from PID, and
files, ports, segments and slots that only such processes hold. Mind that an orphan descends from
PID only where PID has made itself a subreaper. Containers, networks, volumes, mounts, semaphores
and queues name no process: they always count.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, not written to
DOCKER_SOCKET = "/var/run/docker.sock"
KEPT_BY_PYTEST = "pytest-of-"
KERNEL_THREADS = 2  # the id of their parent
LISTENING = "0A"  # state of a socket in /proc/net/tcp
DOCKER = {  # section: (path, name of the list in the answer, key of the id)
    "containers": ("/containers/json?all=1", None, "Id"),
    "networks": ("/networks", None, "Id"),
    "volumes": ("/volumes", "Volumes", "Name"),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of the machine: what it is for a reader, and the processes that hold it."""

    what: str
    holders: tuple[int, ...] = ()


Section = dict[str, Thing]
Inventory = dict[str, Section]


@dataclass(frozen=True, slots=True)
class Process:
    """A living process, by id and start time."""

    pid: int
    parent: int
    started: str
    argv: str

    @property
    def key(self) -> str:
        """A recycled id is another process."""
        return f"{self.pid}@{self.started}"


def take(
    *,
    temp: Iterable[Path],
    ignored: Iterable[int] = (),
    ours: int | None = None,
    docker: str = DOCKER_SOCKET,
) -> Inventory:
    """Everything, section by section; with `ours` only what that process can answer for."""
    alive = {process.pid: process for process in processes()}
    unseen = {os.getpid(), *ancestors(os.getpid(), alive)}
    unseen |= {pid for root in ignored for pid in tree(root, alive)}
    seen = [process for pid, process in alive.items() if pid not in unseen]
    held = holders(alive)
    found: Inventory = {
        "processes": {
            one.key: Thing(f"child of {one.parent}: {one.argv}", (one.pid,)) for one in seen
        },
        "shared memory": entries(SHARED_MEMORY, held),
        "temp entries": {},
        "ports": dict(ports(held)),
        "segments": dict(segments()),
        "slots": dict(slots(alive)),
        "mounts": {line: Thing("mount") for line in mounts()},
    }
    for folder in temp:
        found["temp entries"] |= entries(folder, held)
    if ours is not None:
        found = only(found, pids=set(tree(ours, alive)))
    return found | {name: docker_things(name, docker) for name in DOCKER}


def new(
    before: Mapping[str, Mapping[str, Thing]], after: Mapping[str, Mapping[str, Thing]]
) -> Inventory:
    """What `after` has and `before` had not."""
    return {
        name: {key: thing for key, thing in things.items() if key not in before.get(name, {})}
        for name, things in after.items()
    }


def only(found: Inventory, *, pids: Set[int]) -> Inventory:
    """Without what other processes hold; what nobody holds stays."""
    return {
        name: {
            key: thing
            for key, thing in things.items()
            if not thing.holders or pids & set(thing.holders)
        }
        for name, things in found.items()
    }


def lines(found: Inventory) -> list[str]:
    """For people, one line a thing."""
    return [
        f"{name}: {key}: {thing.what}"
        for name, things in found.items()
        for key, thing in things.items()
    ]


def processes() -> Iterator[Process]:
    """All but kernel threads and zombies."""
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            pid, parent = int(folder.name), int(fields[1])
            argv = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if fields[0] not in "ZX" and KERNEL_THREADS not in (pid, parent):
                yield Process(pid, parent, fields[19], argv.strip()[:200])


def ancestors(pid: int, alive: Mapping[int, Process]) -> Iterator[int]:
    """Parent, grandparent and so on."""
    while pid in alive:
        pid = alive[pid].parent
        yield pid


def tree(root: int, alive: Mapping[int, Process]) -> Iterator[int]:
    """A process and all that descend from it."""
    yield root
    for process in alive.values():
        if root in ancestors(process.pid, alive):
            yield process.pid


def holders(alive: Iterable[int]) -> dict[str, list[int]]:
    """By path or ``socket:[inode]``: who has it open, mapped, or as working folder.

    Of processes that we may not look into, nothing.
    """
    held: dict[str, list[int]] = {}
    for pid in alive:
        names: set[str] = set()
        folder = PROC / str(pid)
        with suppress(OSError):
            names.add(str((folder / "cwd").readlink()))
        with suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):
                    names.add(str(descriptor.readlink()))
        with suppress(OSError, IndexError):
            for line in (folder / "maps").read_text().splitlines():
                words = line.split(None, 5)
                if len(words) > 5 and words[5].startswith("/"):
                    names.add(words[5])
        for name in names:
            held.setdefault(name, []).append(pid)
    return held


def entries(folder: Path, held: Mapping[str, list[int]]) -> Section:
    """What lies in a folder, not deeper; whoever holds something inside holds the entry."""
    found: Section = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(KEPT_BY_PYTEST):
            continue
        below = f"{path}/"
        pids = {
            pid
            for name, some in held.items()
            if name == str(path) or name.startswith(below)
            for pid in some
        }
        with suppress(OSError):  # it has gone meanwhile
            found[str(path)] = Thing(stat.filemode(path.lstat().st_mode), tuple(sorted(pids)))
    return found


def ports(held: Mapping[str, list[int]]) -> Iterator[tuple[str, Thing]]:
    """TCP ports that somebody listens on."""
    for family in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / family).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENING:
                    address, _, port = words[1].rpartition(":")
                    pids = tuple(sorted(held.get(f"socket:[{words[9]}]", ())))
                    yield f"{family} {int(port, 16)}", Thing(f"listening at {address}", pids)


def segments() -> Iterator[tuple[str, Thing]]:
    """System V shared memory, semaphores and message queues."""
    for kind in ("shm", "sem", "msg"):
        with suppress(OSError):
            head, *rows = (PROC / "sysvipc" / kind).read_text().splitlines()
            names = head.split()
            for row in rows:
                values = dict(zip(names, row.split(), strict=False))
                maker = int(values.get("cpid", 0))  # PostgreSQL's is the postmaster
                alive = (maker,) if maker and (PROC / str(maker)).exists() else ()
                what = f"owner {values['uid']}, attached {values.get('nattch', '-')}"
                yield f"{kind} {row.split()[1]}", Thing(what, alive)


def slots(alive: Iterable[int]) -> Iterator[tuple[str, Thing]]:
    """Replication slots of every PostgreSQL whose data folder can be seen, containers included."""
    found: dict[str, set[int]] = {}
    for pid in alive:
        with suppress(OSError):
            folder = PROC / str(pid) / "cwd"
            if (folder / "PG_VERSION").exists():
                for slot in (folder / "pg_replslot").iterdir():
                    found.setdefault(f"{folder.readlink()} {slot.name}", set()).add(pid)
    for key, pids in found.items():
        yield key, Thing("replication slot", tuple(sorted(pids)))


def mounts() -> Iterator[str]:
    """Where something is mounted in our namespace."""
    for line in (PROC / "self" / "mounts").read_text().splitlines():
        yield " ".join(line.split()[1:3])


class _Unix(http.client.HTTPConnection):
    """HTTP through a socket file."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def docker_things(section: str, path: str) -> Section:
    """Ids of one kind of thing; none where no daemon answers at that socket."""
    url, inside, key = DOCKER[section]
    connection = _Unix(path)
    try:
        connection.request("GET", url)
        answer: Any = json.loads(connection.getresponse().read())
    except (FileNotFoundError, ConnectionRefusedError, PermissionError):
        return {}
    finally:
        connection.close()
    listed = (answer if inside is None else answer[inside]) or []
    return {one[key]: Thing(str(one.get("Names") or one.get("Name"))) for one in listed}


def from_json(text: str) -> Inventory:
    """Read back what this program wrote."""
    return {
        name: {key: Thing(thing["what"], tuple(thing["holders"])) for key, thing in things.items()}
        for name, things in json.loads(text).items()
    }


def to_json(found: Inventory) -> str:
    """One object: section, id, thing."""
    plain = {
        name: {key: asdict(thing) for key, thing in things.items()}
        for name, things in found.items()
    }
    return json.dumps(plain, indent=1, sort_keys=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take it; print all, or what is new."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--since", type=Path, metavar="FILE", help="print only what is new")
    parser.add_argument("--ours", type=int, metavar="PID", help="count only what descends from it")
    parser.add_argument("--ignore-tree", type=int, action="append", default=[], metavar="PID")
    parser.add_argument(
        "--temp",
        type=Path,
        action="append",
        metavar="DIR",
        help="a temp folder (default: TMPDIR and /tmp)",
    )
    parser.add_argument("--docker", default=DOCKER_SOCKET, metavar="SOCKET")
    options = parser.parse_args(arguments)
    temp = options.temp or [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108
    found = take(temp=temp, ignored=options.ignore_tree, ours=options.ours, docker=options.docker)
    if options.since is None:
        sys.stdout.write(to_json(found) + "\n")
        return 0
    said = lines(new(from_json(options.since.read_text(encoding="utf-8")), found))
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
