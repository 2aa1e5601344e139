"""Which provider serves a pair: the first that works, and never in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.errors import UsageError
from assay.postgres import tools
from assay.postgres.cluster import PortTaken
from assay.postgres.credentials import Credentials
from assay.postgres.lease import RunLease
from assay.postgres.programs.named import Folders
from assay.postgres.providers.base import Order, Provider, Start, Unavailable
from assay.postgres.providers.docker import Docker
from assay.postgres.providers.folder import Folder
from assay.postgres.providers.installed import Installed
from assay.postgres.providers.npm import Npm
from assay.postgres.providers.wheel import Wheel
from assay.postgres.server import Role, Server, ServerPair
from assay.postgres.spec import KNOWN, Spec

T = TypeVar("T")
_PROVIDERS: tuple[Provider, ...] = (Docker(), Installed(), Wheel(), Npm())
NAMES = ("given", *(provider.name for provider in _PROVIDERS))
# Servers of one group reach each other: a container cannot reach a loopback server of its host.
_GROUPS: tuple[tuple[Provider, ...], ...] = (_PROVIDERS[:1], _PROVIDERS[1:])
_ATTEMPTS = 5  # a free port may be taken before the server binds it


def start_pair(
    spec: Spec,
    *,
    lease: RunLease,
    number: int,
    keep: bool,
    provider: str | None,
    folders: Folders | None = None,
    local_first: bool = False,
) -> ServerPair:
    """Start a server pair; a provider asked for by name is the only one tried.

    A folder of programs that was named for a version comes before every provider; `local_first`
    puts programs of this machine before containers, which take many times as long to start.
    """
    named = folders if folders is not None else {}
    client_tools = tools.find(spec.higher, named)
    credentials = Credentials.new()
    orders = [Order(role, spec.major(role), lease, number, credentials, keep=keep) for role in Role]
    candidates = groups(provider, spec, named)
    if local_first:
        candidates = candidates[::-1]
    starts, passed_over = _prepared(orders, candidates)
    source, target = _launched(starts)
    return ServerPair(
        source=source, target=target, tools=client_tools, spec=str(spec), passed_over=passed_over
    )


def outlook(spec: str, provider: str | None, folders: Folders) -> str:
    """For the header, before anything is started: who would serve a version pair and who not."""
    wanted = Spec.parse(spec)
    verdicts = []
    for group in groups(provider, wanted, folders):
        for one in group:
            reasons = {one.why_not(major) for major in (wanted.source, wanted.target)} - {None}
            verdicts.append(f"{one.name} ({'; '.join(map(str, reasons)) or 'available'})")
    return f"PostgreSQL {wanted}, the first available of {', '.join(verdicts)}"


def check(spec: str, provider: str | None, folders: Folders) -> None:
    """UsageError when no provider could serve a version pair; nothing is started or fetched."""
    wanted = Spec.parse(spec)
    able = [one for group in groups(provider, wanted, folders) for one in group]
    for major in (wanted.source, wanted.target):
        if major not in KNOWN:
            raise UsageError(
                f"PostgreSQL {major} is not known here.",
                remedy=f"--pg {min(KNOWN)} to {max(KNOWN)}, or a pair such as 16:17",
            )
        if any(one.fetches(major) for one in able):
            continue
        reasons = [f"{one.name}: {why}" for one in able if (why := one.why_not(major))]
        if len(reasons) == len(able):
            raise UsageError(
                f"Nothing here can serve PostgreSQL {major}.",
                evidence="\n".join(reasons),
                remedy=f"--pg-bin {major}=DIR with its programs, or another --pg",
            )


def groups(provider: str | None, spec: Spec, folders: Folders) -> tuple[tuple[Provider, ...], ...]:
    """The providers to try, in order; one alone when it was asked for by name.

    A folder named for one of the versions comes first, and leaves out what cannot reach it.
    """
    chosen = tuple(one for one in _PROVIDERS if one.name == provider)
    if provider is not None and not chosen:
        raise UsageError(
            f"There is no provider {provider!r}.", remedy=f"choose one of {', '.join(NAMES)}"
        )
    if not {spec.source, spec.target} & folders.keys():
        return (chosen,) if chosen else _GROUPS
    reachable = chosen or _GROUPS[-1]
    if all(one in _GROUPS[0] for one in reachable):
        raise UsageError(
            f"--pg-bin and --pg-provider {provider} exclude each other.",
            evidence="a container does not reach a server on its host's loopback",
            remedy="leave one of them out",
        )
    return ((Folder(folders), *reachable),)


def _prepared(
    orders: Sequence[Order], candidates: Sequence[Sequence[Provider]]
) -> tuple[list[Start], tuple[str, ...]]:
    """The starts of the first group that can serve both sides, and why others could not."""
    reasons: list[str] = []
    for group in candidates:
        try:
            return _both(lambda order, group=group: _first(group, order, reasons), orders), tuple(
                dict.fromkeys(reasons)
            )
        except Unavailable as error:
            last = error
    raise last


def _first(group: Sequence[Provider], order: Order, reasons: list[str]) -> Start:
    for provider in group:
        try:
            return provider.prepare(order)
        except Unavailable as error:
            reasons.append(f"{provider.name}: {error.what}")
            last = error
    raise last


def _launched(starts: Sequence[Start]) -> list[Server]:
    """Launch from this thread, wait for both at once; once more when a port was taken."""
    for start in starts:
        start.launch()
    for _ in range(_ATTEMPTS):
        outcomes = _both(_ready, starts)
        taken = [s for s, o in zip(starts, outcomes, strict=True) if isinstance(o, PortTaken)]
        if not taken:
            break
        for start in taken:
            start.launch()
    servers = []
    for outcome in outcomes:
        if isinstance(outcome, PortTaken):
            raise outcome
        servers.append(outcome)
    return servers


def _ready(start: Start) -> Server | PortTaken:
    try:
        return start.ready()
    except PortTaken as taken:
        return taken


def _both(work: Callable[..., T], items: Sequence[object]) -> list[T]:
    with ThreadPoolExecutor(max_workers=len(items)) as threads:
        return list(threads.map(work, items))
