"""`validate`: connection, privileges, versions and settings of both sides; it changes nothing."""

from __future__ import annotations

from assay.errors import Refused
from assay.postgres.session import Connection, fetch, scalar
from assay.replicators.reference import guards
from assay.replicators.reference.catalog import user_objects
from assay.replicators.reference.context import Run, exists, maintenance, session
from assay.replicators.reference.selection import Selected, select

_OLDEST = 12
_LOSSES = (  # what a stream does not carry, and what tells that it is there
    ("large objects", "select exists (select from pg_catalog.pg_largeobject_metadata)"),
    (
        "refreshes of materialised views",
        "select exists (select from pg_catalog.pg_class where relkind = 'm')",
    ),
)


def validate(run: Run) -> int:
    """Refuse what init and sync would refuse, and warn of what a stream does not carry."""
    selected = select(run)
    run.say(f"✓ Found {len(selected)} database(s) to replicate:")
    for chosen in selected:
        run.say(f"  - {chosen.database}")
    guards.refuse_same_database(run, selected)
    with maintenance(run.source) as source, maintenance(run.target) as target:
        versions = [_version(side, name) for side, name in ((source, "source"), (target, "target"))]
        _refuse_few_privileges(source, "source")
        _refuse_few_privileges(target, "target")
        guards.refuse_few_workers(target, len(selected))
    run.say("✓ Source has replication privileges")
    run.say("✓ Target has sufficient privileges")
    run.say(f"✓ Versions: source {versions[0]}, target {versions[1]}")
    guards.refuse_missing_tools(run)
    guards.refuse_missing_tablespaces(run)
    guards.refuse_unfollowable(run, selected)
    for chosen in selected:
        _warn(run, chosen)
    run.say("✅ Validation complete - ready for migration")
    return 0


def _version(connection: Connection, side: str) -> str:
    number = connection.info.server_version
    if number // 10000 < _OLDEST:
        raise Refused(
            f"The {side} is PostgreSQL {number // 10000}; {_OLDEST} is the oldest served."
        )
    return str(scalar(connection, "select split_part(current_setting('server_version'), ' ', 1)"))


def _refuse_few_privileges(connection: Connection, side: str) -> None:
    user, superuser = fetch(
        connection,
        "select rolname, rolsuper from pg_catalog.pg_roles where rolname = current_user",
    )[0]
    if not superuser:
        raise Refused(
            f"The role {user} is no superuser of the {side}.",
            evidence="roles with their passwords, owners and publications of all tables need one",
            remedy=f"ALTER ROLE ... SUPERUSER on the {side}, or give the URL of one",
        )


def _warn(run: Run, chosen: Selected) -> None:
    with session(run.source.at(chosen.database), read_only=True) as source:
        for what, query in _LOSSES:
            if scalar(source, query):
                run.warn(f"Warning: database {chosen.database}: a stream does not carry {what}")
    with maintenance(run.target) as server:
        there = exists(server, chosen.database)
    if there:
        with session(run.target.at(chosen.database), read_only=True) as target:
            if found := user_objects(target):
                run.warn(
                    f"Warning: the target database {chosen.database} is not empty "
                    f"({', '.join(found)}): init will refuse it without --drop-existing"
                )
