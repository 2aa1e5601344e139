"""What a narrowed comparison did not look at, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assay.oracle.words.extent import Extent
from assay.oracle.words.narrowing import WHOLE, Narrowing
from assay.oracle.words.scope import Scope

_SHOWN = 10  # names in a list
_DATA = "rows, the state of sequences, large objects"


def left_out(
    extent: Extent,
    *,
    narrowing: Narrowing = WHOLE,
    passwords: bool = True,
    foreign: Iterable[str] = (),
) -> tuple[str, ...]:
    """Everything that nobody asked about; `foreign` are foreign tables whose rows lie elsewhere."""
    scope = extent.scope
    partial = scope.schemas is not None or scope.include_tables is not None
    verifiers = not passwords and not partial and scope.roles != () and scope.parts != "data"
    return (
        *_told(extent, sorted(foreign)),
        *(("the passwords of roles",) if verifiers else ()),
        *narrowing.left_out(),
    )


def _told(extent: Extent, foreign: Sequence[str]) -> Iterator[str]:
    scope = extent.scope
    if scope.include_tables is not None:
        yield (
            "what does not belong to the named relations: others, functions, types, large objects,"
            " roles, settings"
        )
    elif scope.schemas is not None:
        yield (
            "what lies in no schema or another one: others' relations, large objects, extensions,"
            " publications, roles, settings"
        )
    if scope.exclude_tables:
        yield f"relations: {_listed(extent.excluded())}"
    if scope.schema_only_tables and scope.parts != "schema":
        yield f"the rows of {_listed(extent.without_rows())}"
    yield from _parts(scope)
    if foreign and scope.parts != "schema":
        yield f"the rows of foreign tables, which lie elsewhere: {_listed(foreign)}"


def _parts(scope: Scope) -> Iterator[str]:
    if scope.parts == "schema":
        yield _DATA
    elif scope.parts == "data":
        yield f"everything but {_DATA}, and which tables and columns there are"
    if scope.sequences == "skip" and scope.parts != "schema":
        yield "the state of sequences"
    if scope.sequences == "ahead" and scope.parts != "schema":
        yield "how far sequences of the target are ahead of the source's"
    if scope.schemas is None and scope.include_tables is None and scope.parts != "data":
        if scope.roles == ():
            yield "roles and tablespaces"
        elif scope.roles is not None:
            yield f"roles but {_listed(sorted(scope.roles))}, and tablespaces of others"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
