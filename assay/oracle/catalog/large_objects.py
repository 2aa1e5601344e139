"""Large objects by OID: owner, privileges, comment, length and a digest of the content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.oracle.catalog.item import Item, item_from_row
from assay.oracle.catalog.queries.cluster import large_objects as metadata
from assay.oracle.session.side import Side

WINDOW = 1 << 20  # bytes hashed at once
_TOGETHER = 1000  # of which the first windows are asked for at once


def large_object_items(side: Side) -> list[Item]:
    """Every large object; sparse pages read as zeros, as the server reads them."""
    items = [item_from_row(row) for row in side.rows(metadata(side.common))]
    contents: dict[int, str] = {}
    for start in range(0, len(items), _TOGETHER):
        some = [int(item.name) for item in items[start : start + _TOGETHER]]
        contents |= _contents(side, some)
    return [
        replace(item, properties={**item.properties, "content": contents[int(item.name)]})
        for item in items
    ]


def _contents(side: Side, oids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Length and a digest of the windows' digests; the servers hash, the bytes stay there."""
    for oid, length, first in _windows(side, oids, 0):
        digest, whole, offset = hashlib.sha256(first), length, WINDOW
        while length == WINDOW:
            ((_, length, next_),) = _windows(side, [oid], offset)
            digest.update(next_)
            whole, offset = whole + length, offset + WINDOW
        yield oid, f"{whole} bytes, sha256 {digest.hexdigest()}"


def _windows(side: Side, oids: Sequence[int], offset: int) -> list[tuple[int, int, bytes]]:
    """The length and the digest of each one's window there."""
    rows = side.connection.execute(
        "select o, length(w), sha256(w) from unnest(%s::oid[]) as o,"
        " lo_get(o, %s::bigint, %s::int) as w",
        (list(oids), offset, WINDOW),
    )
    return [(oid, length, bytes(digest)) for oid, length, digest in rows]
