"""What only superusers may read: of which things, so that it is named and not taken for absent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from assay.oracle.catalog.queries import cluster
from assay.oracle.session.side import Side
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.scope import SideName

_SHOWN = 10  # names in a list
_OTHERS: dict[SideName, SideName] = {"source": "target", "target": "source"}
# By the rule that reads it: what it is, and the names of the things that have it.
_NEEDED = {
    "roles": (
        "passwords of roles",
        f"select rolname as name from pg_roles r where {cluster.OURS} and oid <> 10",
    ),
    "user-mappings": (
        "options of user mappings",
        "select concat(srvname, ' for ', case umuser when 0 then 'PUBLIC' else usename end) as name"
        " from pg_user_mappings",
    ),
    "subscriptions": (
        "connection strings of subscriptions",
        f"select subname as name from pg_subscription where subdbid = {cluster.HERE}",
    ),
}


def hidden_things(side: Side, but: Collection[str] = ()) -> dict[str, list[str]]:
    """By rules, but for some, that only a superuser can follow to the end: what they are about."""
    found = {
        rule: sorted(row["name"] for row in side.rows(query))
        for rule, (_, query) in _NEEDED.items()
        if rule not in but
    }
    return {rule: names for rule, names in found.items() if names}


def hidden_doubts(side: Side, hidden: Mapping[str, Sequence[str]]) -> Iterator[Doubt]:
    """What our role, or the other side's, may not see of what this side has."""
    for rule, names in hidden.items():
        yield Doubt(
            f"only a superuser may read the {_NEEDED[rule][0]}: {some_of(names)}",
            side=_OTHERS[side.name] if side.superuser else side.name,
            remedy="connect as a superuser, or leave them out (--no-roles, --schema, --table)",
        )


def some_of(names: Sequence[str]) -> str:
    """A list of names that is not too long to be read."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
