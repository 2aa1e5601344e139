"""A copied data folder gets a system identifier of its own."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from assay.errors import ServerError
from assay.postgres.identity import crc32c, renew


def control_file(data: Path, *, identifier: int, checksum_at: int = 288) -> Path:
    """A control file like PostgreSQL's: identifier first, checksum behind the contents."""
    content = bytearray(8192)
    content[:8] = struct.pack("=Q", identifier)
    content[8:checksum_at] = bytes(i % 251 for i in range(checksum_at - 8))
    content[checksum_at : checksum_at + 4] = struct.pack("=I", crc32c(content[:checksum_at]))
    path = data / "global" / "pg_control"
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def segment(data: Path, *, identifier: int, name: str = "000000010000000000000001") -> Path:
    """A WAL segment's beginning."""
    path = data / "pg_wal" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(24) + struct.pack("=Q", identifier) + bytes(100))
    return path


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_control_file_and_wal_carry_the_new_identifier(tmp_path: Path) -> None:
    control, wal = control_file(tmp_path, identifier=7), segment(tmp_path, identifier=7)
    new = renew(tmp_path)
    content = control.read_bytes()
    assert new != 7
    assert struct.unpack("=Q", content[:8])[0] == new
    assert struct.unpack_from("=I", content, 288)[0] == crc32c(content[:288])
    assert struct.unpack_from("=Q", wal.read_bytes(), 24)[0] == new


def test_a_segment_of_another_server_is_left_alone(tmp_path: Path) -> None:
    control_file(tmp_path, identifier=7)
    foreign = segment(tmp_path, identifier=8)
    before = foreign.read_bytes()
    renew(tmp_path)
    assert foreign.read_bytes() == before


def test_a_control_file_that_is_not_understood_is_left_alone(tmp_path: Path) -> None:
    control = control_file(tmp_path, identifier=7)
    control.write_bytes(bytes([1]) + control.read_bytes()[1:])
    before = control.read_bytes()
    with pytest.raises(ServerError, match="not understood"):
        renew(tmp_path)
    assert control.read_bytes() == before
