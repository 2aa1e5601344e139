"""A system identifier of its own for a data folder that was copied from a template.

Source and target are told apart by it (S4), so two copies must not share one. It stands in the
control file, under a CRC-32C, and in the first page of every WAL segment.
"""

from __future__ import annotations

import re
import secrets
import struct
from pathlib import Path

from assay.errors import ServerError

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_SEGMENT_OFFSET = 24  # of xlp_sysid in XLogLongPageHeaderData
_CRC_FROM, _CRC_TO = 200, 400  # where the control file's checksum lies, by version


def renew(data: Path) -> int:
    """Give a stopped server's data folder a new random system identifier, and return it."""
    control = data / "global" / "pg_control"
    content = bytearray(control.read_bytes())
    old, new = bytes(content[:8]), struct.pack("=Q", 1 + secrets.randbits(62))
    offset = _checksum_offset(content)
    content[:8] = new
    content[offset : offset + 4] = struct.pack("=I", crc32c(content[:offset]))
    control.write_bytes(content)
    for segment in sorted((data / "pg_wal").iterdir()):
        if _SEGMENT.fullmatch(segment.name):
            _renew_segment(segment, old=old, new=new)
    return int(struct.unpack("=Q", new)[0])


def crc32c(content: bytes | bytearray) -> int:
    """The Castagnoli checksum, which PostgreSQL uses."""
    value = 0xFFFFFFFF
    for byte in content:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _checksum_offset(content: bytearray) -> int:
    """Where the checksum lies: behind exactly the bytes that it is of."""
    for offset in range(_CRC_FROM, _CRC_TO, 4):
        if struct.unpack_from("=I", content, offset)[0] == crc32c(content[:offset]):
            return offset
    raise ServerError("The control file of the template is not understood.")


def _renew_segment(segment: Path, *, old: bytes, new: bytes) -> None:
    with segment.open("r+b") as stream:
        stream.seek(_SEGMENT_OFFSET)
        if stream.read(8) == old:
            stream.seek(_SEGMENT_OFFSET)
            stream.write(new)


def _row(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0x82F63B78 if byte & 1 else byte >> 1
    return byte


_TABLE = tuple(_row(byte) for byte in range(256))
