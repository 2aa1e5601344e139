"""Large objects by OID: owner, privileges, comment, length and a digest of the content."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from assay.oracle.item import Item, item_from_row
from assay.oracle.schema.cluster import large_objects as metadata
from assay.oracle.side import Side

WINDOW = 1 << 20  # bytes hashed at once


def large_object_items(side: Side) -> list[Item]:
    """Every large object; sparse pages read as zeros, as the server reads them."""
    items = [item_from_row(row) for row in side.rows(metadata(side.common))]
    return [
        replace(item, properties={**item.properties, "content": _content(side, int(item.name))})
        for item in items
    ]


def _content(side: Side, oid: int) -> str:
    """Length and a digest of the windows' digests; the servers hash, the bytes stay there."""
    digest, length, offset = hashlib.sha256(), 0, 0
    while True:
        row = side.connection.execute(
            "select length(w), sha256(w) from lo_get(%s::oid, %s::bigint, %s::int) as w",
            (oid, offset, WINDOW),
        ).fetchone()
        if row is None or not row[0]:
            return f"{length} bytes, sha256 {digest.hexdigest()}"
        length += row[0]
        digest.update(bytes(row[1]))
        offset += WINDOW
