"""What pytest loads wherever this package is installed: decides whether a run is ours.

It is light on purpose: a run that is not ours pays for this module alone, gets no option, no
marker and no line. A run is ours when a word of its command line says so; then the plugins of
`fixtures/` are loaded, before pytest reads the options that they add.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from pluggy import HookimplMarker

from assay.suites import CONFORMANCE, SMOKE

hookimpl = HookimplMarker("pytest")  # pytest's own, without pytest

# What one imports of another is loaded before it.
PLUGINS = (
    "options", "needs", "servers", "asked", "conformance", "rust", "cloud", "deployment", "smoke",
    "shards", "report",
)  # fmt: skip
SUITES = {"integration": "assay.suite", "smoke": "assay.smoke_suite"}
PATHS = ("--replicator", "--rust-crate", "--cases", "--baseline", "--report-dir", "--shard-times")
# Each of these says that the run is ours; others of our options are read once it is.
WORDS = (*PATHS, "--controls", "--endpoint", "--environment", "--source-url", "--target-url")
_NOTHING_COLLECTED = 5  # pytest's exit code


@hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: Any, args: list[str]
) -> Generator[None, object, object]:
    """Load the plugins where the run is ours, before anything is captured."""
    if is_ours(args):
        _begin_again_with(joined(early_config.invocation_params.args), early_config)
        for name in PLUGINS:
            early_config.pluginmanager.import_plugin(f"{_package(early_config)}.{name}")
    return (yield)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: Any) -> None:
    """Where `-m integration` or `-m smoke` met nothing at all, say what may have been meant."""
    # A run that is ours has met the suite: -k, or a path, chose nothing of it.
    unmet = exitstatus == _NOTHING_COLLECTED and not is_ours(config.invocation_params.args)
    if unmet and config.option.markexpr in SUITES:
        suite = SUITES[config.option.markexpr]
        advice = {"integration": "--replicator FILE.toml", "smoke": "--endpoint URL"}
        line = f"Replicator Assay: pytest --pyargs {suite} {advice[config.option.markexpr]}"
        terminalreporter.write_line(line)


def is_ours(words: Sequence[str]) -> bool:
    """Whether a command line names one of our options, or one of the suites."""
    return any(
        word.partition("=")[0] in WORDS
        or word.startswith(tuple(SUITES.values()))
        or (word[:1] != "-" and _in_a_suite(Path(word.partition("::")[0]).absolute()))
        for word in words
    )


def _in_a_suite(path: Path) -> bool:
    return any(folder == path or folder in path.parents for folder in (CONFORMANCE, SMOKE))


def joined(words: Sequence[str]) -> list[str]:
    """`--option PATH` as `--option=PATH` where the path exists.

    pytest looks for its root folder before it knows any plugin's option, and takes what exists
    for a test path: the root would move there, and with it the ini file.
    """
    found: list[str] = []
    for word in words:
        if found and found[-1] in PATHS and Path(word).exists():
            found[-1] = f"{found[-1]}={word}"
        else:
            found.append(word)
    return found


def _begin_again_with(words: list[str], early_config: Any) -> None:
    """Replace this process by one that is called with `words`, if they are others.

    Only where the command line is this process's own: never under somebody's `pytest.main`, nor in
    a worker of xdist.
    """
    given = list(early_config.invocation_params.args)
    start = len(sys.orig_argv) - len(given)
    if words == given or sys.orig_argv[start:] != given or sys.argv[1:] != given:
        return
    from assay.process import become

    become([sys.executable, *sys.orig_argv[1:start], *words])


def _package(early_config: Any) -> str:
    """Where the plugins are: in the package as installed, beside it in a clone."""
    in_clone = (early_config.rootpath / "assay" / Path(__file__).name).is_file()
    installed = importlib.util.find_spec("assay.fixtures") is not None
    return "assay.fixtures" if installed and not in_clone else "fixtures"
