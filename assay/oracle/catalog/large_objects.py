"""Large objects by OID: owner, privileges, comment, length and a digest of the content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.oracle.catalog.item import Item, item_from_row
from assay.oracle.catalog.queries.cluster import large_objects as metadata
from assay.oracle.session.side import Side

CONTENT = "content"  # the property that an item lacks where nobody let us read it
WINDOW = 1 << 20  # bytes hashed at once


def large_object_items(side: Side, together: int = 1000) -> list[Item]:
    """Every large object, with its content where our role may read that.

    Sparse pages read as zeros, as the server reads them. Of so many `together` the first windows
    are asked for at once.
    """
    rows = side.rows(metadata(side.common))
    items = [item_from_row(row) for row in rows]
    read = [int(i.name) for i, row in zip(items, rows, strict=True) if row["readable"]]
    contents: dict[str, str] = {}
    for start in range(0, len(read), together):
        some = _contents(side, read[start : start + together])
        contents |= {str(oid): content for oid, content in some}
    return [
        replace(item, properties={**item.properties, CONTENT: contents[item.name]})
        if item.name in contents
        else item
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
    rows = side.ask(
        "select o, length(w), sha256(w) from unnest(%s::oid[]) as o,"
        " lo_get(o, %s::bigint, %s::int) as w",
        list(oids), offset, WINDOW,
    )  # fmt: skip
    return [(oid, length, bytes(digest)) for oid, length, digest in rows]
