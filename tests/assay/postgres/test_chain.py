"""The first provider that works, never in silence; one asked for by name never gives way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.errors import ServerError, UsageError
from assay.names import RunId
from assay.postgres import chain, tools
from assay.postgres.address import Address, Viewer
from assay.postgres.cluster import PortTaken
from assay.postgres.lease import RunLease
from assay.postgres.logs import NoLog
from assay.postgres.providers.base import Order, Start, Unavailable
from assay.postgres.server import Server, ServerPair
from assay.postgres.spec import Spec
from assay.redact import Secret


@dataclass(slots=True)
class Fake:
    """A provider that has some versions; `taken` counts starts that lose their port."""

    name: str
    majors: tuple[int, ...]
    taken: int = 0
    error: type[ServerError] = PortTaken
    launched: list[str] = field(default_factory=list)

    def why_not(self, major: int) -> str | None:
        """As `prepare` would say."""
        return None if major in self.majors else f"no {major}"

    def prepare(self, order: Order) -> Start:
        """A server that exists in name only."""
        if order.major not in self.majors:
            raise Unavailable(f"no {order.major}")

        def ready() -> Server:
            if self.taken:
                self.taken -= 1
                raise self.error("taken")
            return server(order, self.name)

        return Start(launch=lambda: self.launched.append(str(order.role)), ready=ready)


def server(order: Order, provider: str) -> Server:
    """A server that exists in name only."""
    address = Address("127.0.0.1", 1, "postgres", Secret("geheim"))
    return Server(
        role=order.role,
        provider=provider,
        version=f"{order.major}.1",
        major=order.major,
        owned=True,
        features=frozenset(),
        system_identifier="1",
        data="nowhere",
        addresses=dict.fromkeys(Viewer, address),
        log=NoLog("fake"),
        end=lambda: None,
        disown=lambda: None,
    )


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[Fake]:
    """What this machine would have: versions are changed by the tests."""
    fakes = [Fake("docker", (17,)), Fake("installed", (17,)), Fake("wheel", (16, 17))]
    monkeypatch.setattr(chain, "_PROVIDERS", tuple(fakes))
    monkeypatch.setattr(chain, "_GROUPS", (tuple(fakes[:1]), tuple(fakes[1:])))
    monkeypatch.setattr(tools, "find", lambda major, folders: Path(f"/tools/{major}"))
    return fakes


def started(
    spec: str, tmp_path: Path, *, provider: str | None = None, local_first: bool = False
) -> ServerPair:
    """What the chain makes of it."""
    return chain.start_pair(
        Spec.parse(spec),
        lease=RunLease(RunId("0a1b2c3d"), directory=tmp_path),
        number=1,
        keep=False,
        provider=provider,
        local_first=local_first,
    )


def test_the_first_provider_serves_both_sides(offered: list[Fake], tmp_path: Path) -> None:
    pair = started("17", tmp_path)
    assert [one.provider for one in pair.servers] == ["docker", "docker"]
    assert pair.passed_over == ()


def test_providers_that_cannot_reach_each_other_are_not_mixed(
    offered: list[Fake], tmp_path: Path
) -> None:
    pair = started("16:17", tmp_path)
    assert [one.provider for one in pair.servers] == ["wheel", "installed"]
    assert pair.passed_over == ("docker: no 16", "installed: no 16")
    assert "passed over docker: no 16" in pair.describe()


def test_a_provider_asked_for_by_name_never_gives_way(offered: list[Fake], tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        started("16:17", tmp_path, provider="docker")
    assert started("17", tmp_path, provider="wheel").source.provider == "wheel"


def test_a_provider_that_does_not_exist_is_refused(offered: list[Fake], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docker"):
        started("17", tmp_path, provider="podman")


def test_no_provider_at_all_says_what_is_missing(offered: list[Fake], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no 15"):
        started("15", tmp_path)


def test_the_tools_are_those_of_the_higher_major(offered: list[Fake], tmp_path: Path) -> None:
    assert started("16:17", tmp_path).tools == Path("/tools/17")
    assert started("17:16", tmp_path).tools == Path("/tools/17")


def test_who_needs_no_container_gets_one_only_where_nothing_else_serves(
    offered: list[Fake], tmp_path: Path
) -> None:
    near = started("17", tmp_path, local_first=True)
    assert [one.provider for one in near.servers] == ["installed", "installed"]
    offered[0].majors = (15,)
    far = started("15", tmp_path, local_first=True)
    assert [one.provider for one in far.servers] == ["docker", "docker"]


def test_a_port_that_was_taken_is_tried_again(offered: list[Fake], tmp_path: Path) -> None:
    offered[0].taken = 1
    pair = started("17", tmp_path)
    assert len(pair.servers) == 2
    assert len(offered[0].launched) == 3


def test_a_server_that_cannot_start_is_trouble_at_once(offered: list[Fake], tmp_path: Path) -> None:
    offered[0].taken, offered[0].error = 1, ServerError
    with pytest.raises(ServerError):
        started("17", tmp_path)


def test_a_folder_named_for_a_version_leaves_out_what_cannot_reach_it(offered: list[Fake]) -> None:
    spec = Spec.parse("17:19")
    (group,) = chain.groups(None, spec, {19: Path("x")})
    assert [one.name for one in group] == ["folder", "installed", "wheel"]
    (group,) = chain.groups("wheel", spec, {19: Path("x")})
    assert [one.name for one in group] == ["folder", "wheel"]
    assert chain.groups("wheel", spec, {18: Path("x")}) == ((offered[2],),)
    with pytest.raises(UsageError, match="exclude each other"):
        chain.groups("docker", spec, {19: Path("x")})


def test_the_outlook_names_who_would_serve_and_who_not(offered: list[Fake]) -> None:
    assert chain.outlook("16:17", None, {}) == (
        "PostgreSQL 16:17, the first available of"
        " docker (no 16), installed (no 16), wheel (available)"
    )
