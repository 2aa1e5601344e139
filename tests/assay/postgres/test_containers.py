"""A machine without a Docker daemon is told so, and nothing is left open by asking."""

from __future__ import annotations

import gc
import socket
from pathlib import Path

import pytest

from assay.postgres import containers


def asked(monkeypatch: pytest.MonkeyPatch, path: Path) -> str | None:
    """Why Docker is absent; an unclosed socket would fail the test (filterwarnings = error)."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    reason = containers.why_absent()
    gc.collect()
    return reason


def test_a_missing_socket_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "docker.sock"
    assert asked(monkeypatch, path) == (
        f"no daemon answers on unix://{path}: No such file or directory"
    )
    assert not containers.has_image("postgres:17")


def test_a_socket_that_nobody_serves_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert "Connection refused" in str(asked(monkeypatch, path))
