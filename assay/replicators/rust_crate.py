"""A crate's integration tests, one by one: built by cargo, listed and run by their own binaries."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from assay import environment
from assay.environment import inherited
from assay.errors import SetupError, UsageError
from assay.process import CALL, Execution, die_with_parent, end_marked, execute
from assay.replicators import rust_says
from assay.replicators.tool import call_mark

VARIABLES = ("TEST_SOURCE_URL", "TEST_TARGET_URL")  # contracts.md section 2
# A forgotten --local would send a job to somebody's cloud: a closed port, which is no service.
CLOSED = {"SEREN_REMOTE_API": "http://127.0.0.1:9"}
_ONE_PASSED = re.compile(r"^test result: ok\. 1 passed; 0 failed;", re.MULTILINE)
_RAN_NOTHING = re.compile(r"^test result: ok\. 0 passed; 0 failed;", re.MULTILINE)
_STALE_LOCK = "--locked"
_BUILD_LIMIT = 1800.0
_CARGO_NEEDS = (
    "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "HTTPS_PROXY", "https_proxy",
    "NO_PROXY", "no_proxy", "CARGO_HTTP_CAINFO", "CURL_CA_BUNDLE", "SSL_CERT_DIR",
)  # fmt: skip


class RustResult(StrEnum):
    """What a Rust test says; ERROR: it did not get as far as saying anything.

    DIVERGED: it passed, and the oracle disagrees. SKIPPED: it needs a service that nobody gave.
    """

    PASSED = "passed"
    FAILED = "failed"
    DIVERGED = "diverged"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RustTest:
    """One test of one binary; `ignored` ones, which cargo leaves out unless asked, are run too.

    `source` is the target's main file.
    """

    target: str
    name: str
    ignored: bool
    binary: str
    root: str
    source: str = ""

    @property
    def id(self) -> str:
        """``target::name``."""
        return f"{self.target}::{self.name}"


@dataclass(frozen=True, slots=True)
class Built:
    """All tests of a crate; `note` says how it was built."""

    tests: tuple[RustTest, ...]
    note: str

    def save(self, path: Path) -> None:
        """Keep the listing, so that collecting needs no build."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def load(path: Path) -> Built:
    """What `Built.save` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Built(tuple(RustTest(**test) for test in data["tests"]), data["note"])


def folder_of(crate: Path, *, below: Path) -> Path:
    """Where the build of a crate is kept between runs."""
    return below / hashlib.sha256(str(crate.resolve()).encode()).hexdigest()[:12]


def build(crate: Path, *, folder: Path, say: Callable[[str], None]) -> Built:
    """Build the crate's integration-test targets in `folder` and list every test.

    With `--locked`; when cargo refuses a stale lock file, in a copy without the flag, and `note`
    says so. Raises UsageError when there is no crate, SetupError when cargo fails.
    """
    if not (crate / "Cargo.toml").is_file():
        raise UsageError(
            "There is no crate here.", evidence=str(crate / "Cargo.toml"), remedy="--rust-crate DIR"
        )
    if shutil.which("cargo", path=inherited()["PATH"]) is None:
        raise SetupError(
            "cargo is not installed.", remedy="install Rust, or leave out --rust-crate"
        )
    folder.mkdir(parents=True, exist_ok=True)
    say(f"building the tests of {crate}")
    root, note = crate, "built with --locked"
    done = _cargo(crate, folder, locked=True)
    if not done.ok and _STALE_LOCK in done.stderr and "lock file" in done.stderr:
        root, note = folder / "copy", "lock file is stale: built in a copy without --locked"
        shutil.copytree(crate, root, ignore=shutil.ignore_patterns("target", ".git"),
                        dirs_exist_ok=True)  # fmt: skip
        say(note)
        done = _cargo(root, folder, locked=False)
    if not done.ok:
        raise SetupError("cargo could not build the crate's tests.",
                         evidence=done.stderr[-2000:].strip(),
                         remedy=f"cargo test --no-run --test '*' in {crate}")  # fmt: skip
    tests = tuple(t for found in _binaries(done.stdout) for t in _list(*found, root))
    return Built(tests, note)


def run(
    test: RustTest, *, source: str, target: str, path: str, tmp: Path, timeout: float
) -> tuple[RustResult, str, Execution]:
    """Run one test alone against two servers; its result, why, and everything it printed.

    PASSED only when the binary ends with 0 and says itself that exactly one test passed. Variables
    of ours that begin with TEST_ are handed on: they name further services.
    """
    env = {
        **_variables(test), **CLOSED, "PATH": path, "HOME": str(tmp), "TMPDIR": str(tmp),
        VARIABLES[0]: source, VARIABLES[1]: target, CALL: (mark := call_mark()),
    }  # fmt: skip
    argv = [test.binary, "--exact", test.name, "--include-ignored", "--test-threads=1"]
    done = execute(argv, env=env, timeout=timeout, cwd=Path(test.root))
    end_marked(mark)
    return (*judge(done, test.name), done)


def given(test: RustTest) -> frozenset[str]:
    """The variables that a test finds set, but for those that lead nowhere."""
    return frozenset({*_variables(test), *VARIABLES, "PATH", "HOME", "TMPDIR"} - CLOSED.keys())


def _variables(test: RustTest) -> dict[str, str]:
    return {
        **environment.variables("TEST_"), "LANG": "C.UTF-8", "NO_COLOR": "1", "RUST_LOG": "info",
        "RUST_BACKTRACE": "0", "CARGO_MANIFEST_DIR": test.root,
    }  # fmt: skip


def judge(done: Execution, name: str = "") -> tuple[RustResult, str]:
    """What one run of a test binary came to (contracts 2.1.4)."""
    if done.timed_out:
        return RustResult.ERROR, f"did not end within {done.seconds:g} s"
    if done.exit == 0 and _ONE_PASSED.search(done.stdout):
        return RustResult.PASSED, ""
    if done.exit == 0 and _RAN_NOTHING.search(done.stdout):
        return RustResult.ERROR, "no test of that name was run"
    if done.exit == 101:
        return RustResult.FAILED, rust_says.message(done.stdout, name) or "it failed (exit 101)"
    how = "could not be started" if done.exit is None else f"ended with {done.exit}"
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return RustResult.ERROR, f"the test binary {how} and no result" + (last and f": {last}")


def _cargo(root: Path, folder: Path, *, locked: bool) -> Execution:
    argv = ["cargo", "test", "--no-run", "--message-format=json", "--test", "*"]
    argv += ["--locked"] if locked else []
    env = {
        **inherited(*_CARGO_NEEDS),
        "CARGO_TARGET_DIR": str(folder / "target"),
        "CARGO_TERM_COLOR": "never",
    }
    # Nothing watches over a build: it goes when we go.
    tied = die_with_parent()
    return execute(argv, env=env, timeout=_BUILD_LIMIT, cwd=root, before_exec=tied)


def _binaries(messages: str) -> Iterable[tuple[str, str, Path]]:
    """Integration-test targets in cargo's JSON messages: name, main file, executable."""
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") != "compiler-artifact" or not message.get("executable"):
            continue
        if message["target"]["kind"] == ["test"]:
            target = message["target"]
            yield target["name"], target["src_path"], Path(message["executable"])


def _list(target: str, source: str, binary: Path, root: Path) -> list[RustTest]:
    ignored = set(_names(binary, "--ignored"))
    return [
        RustTest(target, name, name in ignored, str(binary), str(root), source)
        for name in _names(binary)
    ]


def _names(binary: Path, *more: str) -> list[str]:
    argv = [str(binary), "--list", "--format", "terse", *more]
    done = execute(argv, env=inherited(), timeout=60)
    if not done.ok:
        raise SetupError(f"{binary.name} could not list its tests.", evidence=done.output.strip())
    lines = (line for line in done.stdout.splitlines() if line.endswith(": test"))
    return [line.removesuffix(": test") for line in lines]
