"""The only reader of the process environment and of the places that belong to the user."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path

APPLICATION = "replicator-assay"
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "DOCKER_HOST")


def variable(name: str) -> str | None:
    """The value of one variable; None when it is not set."""
    return os.environ.get(name)


def variables(prefix: str) -> dict[str, str]:
    """All variables whose name begins with `prefix`."""
    return {name: value for name, value in os.environ.items() if name.startswith(prefix)}


def inherited(*more: str) -> dict[str, str]:
    """The few variables that our own programs may see, and `more` of them by name."""
    return {name: os.environ[name] for name in (*_INHERITED, *more) if name in os.environ}


def for_pip() -> dict[str, str]:
    """What pip needs besides: where its index is, whom to trust, its cache's home."""
    return inherited("HOME", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE", "REQUESTS_CA_BUNDLE")


def for_npm() -> dict[str, str]:
    """What npm needs besides: its configuration, whom to trust, its cache's home."""
    configured = (*variables("NPM_CONFIG_"), *variables("npm_config_"))
    return inherited("HOME", "NODE_EXTRA_CA_CERTS", *configured)


def forget(prefix: str) -> None:
    """Remove all variables whose name begins with `prefix`, so that no library reads them."""
    for name in variables(prefix):
        del os.environ[name]


def replace(env: dict[str, str]) -> None:
    """Let these be all variables, for libraries and children as well."""
    os.environ.clear()
    os.environ.update(env)


def is_root() -> bool:
    """Whether we run with all privileges, which PostgreSQL refuses to do."""
    return os.geteuid() == 0


def cache_dir() -> Path:
    """Where copies of binaries and templates lie; as root a place that others can read."""
    if is_root():
        return _usable(Path("/var/cache") / APPLICATION, mode=0o755)
    return _usable(_home_or("XDG_CACHE_HOME", ".cache") / APPLICATION, mode=0o700)


def state_dir() -> Path:
    """Where leases lie: what a run made and who may remove it."""
    return _usable(_home_or("XDG_STATE_HOME", ".local/state") / APPLICATION, mode=0o700)


def _home_or(name: str, below_home: str) -> Path:
    """The XDG folder, else one below the home of the account: HOME may be a test's own."""
    given = os.environ.get(name)
    if given:
        return Path(given)
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # a container's arbitrary user
        home = Path(os.environ.get("HOME", "/nonexistent"))
    return home / below_home


def _usable(folder: Path, *, mode: int) -> Path:
    """The folder, made if need be; one of this user's in the temp folder where it cannot be."""
    try:
        return _made(folder, mode=mode)
    except OSError:
        return _made(
            Path(tempfile.gettempdir()) / f"{APPLICATION}-{os.getuid()}" / folder.parent.name,
            mode=mode,
        )


def _made(folder: Path, *, mode: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(folder)
    if folder.stat().st_uid == os.getuid():
        folder.chmod(mode)
    return folder
