"""The defects of `lossy`: each is faithful but for the one thing that its sentence names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assay.replicators.controls import calls, names, rows, schema, security, stream, values
from assay.replicators.controls.place import Damage
from assay.replicators.reference.context import Run
from assay.replicators.reference.options import Options

Command = Callable[[Run], int]
Around = Callable[[Run, Command], int]

COPIED = ("init", "caught_up")  # after a snapshot without a stream, and before a comparison
CAUGHT_UP = ("caught_up",)


@dataclass(frozen=True, slots=True)
class Defect:
    """One way of being wrong.

    `damages` maps a moment (``init`` without a stream, ``before_sync``, ``sync``, ``caught_up``,
    ``cutover``) to damage in the target; `once` does it in one database only, because it is about
    the server. `asks` changes what a command was asked; `around` takes the place of commands.
    """

    sentence: str
    damages: Mapping[str, Damage] = field(default_factory=dict)
    asks: Callable[[Run], Options] | None = None
    around: Mapping[str, Around] = field(default_factory=dict)
    once: bool = False


def _data(sentence: str, damage: Damage, *moments: str, once: bool = False) -> Defect:
    return Defect(sentence, dict.fromkeys(moments or COPIED, damage), once=once)


def _since(sentence: str, damage: Damage) -> Defect:
    """Damage that needs to know what was there when the stream began."""
    return Defect(sentence, {"sync": stream.remember, "caught_up": damage})


def _role(sentence: str, damage: Damage) -> Defect:
    return _data(sentence, damage, once=True)


def _cutover(sentence: str, damage: Damage) -> Defect:
    return _data(sentence, damage, "cutover")


_EVERY = ("validate", "init", "sync", "status", "verify", "cutover")

_VALUES = {
    "narrowed-integers": _data(
        "bigint values beyond int4 become int4's limits",
        values.rewrite("least(greatest({c}, -2147483648), 2147483647)", "int8"),
    ),
    "null-for-special": _data(
        "NaN and infinities become NULL",
        values.rewrite(values.SPECIAL, *values.NUMBERS, *values.MOMENTS, "interval"),
    ),
    "trimmed-numeric": _data(
        "numeric loses its trailing zeros", values.rewrite("trim_scale({c})", "numeric")
    ),
    "unsigned-zero": _data(
        "-0 becomes 0",
        values.rewrite("case when {c}::text = '-0' then 0 else {c} end", "float4", "float8"),
    ),
    "rounded-floats": _data(
        "floats keep two decimals", values.rewrite(values.ROUNDED, "float4", "float8")
    ),
    "ad-for-bc": _data(
        "dates before Christ lose their era",
        values.rewrite("pg_catalog.replace({c}::text, ' BC', '')::{t}", *values.MOMENTS),
    ),
    "shifted-timezone": _data(
        "timestamps with time zone are an hour late", values.rewrite(values.SHIFTED, "timestamptz")
    ),
    "justified-interval": _data(
        "30 days become a month", values.rewrite(values.JUSTIFIED, "interval")
    ),
    "empty-bytea-for-null": _data(
        "a bytea NULL becomes empty", values.rewrite("coalesce({c}, '')", "bytea")
    ),
    "null-for-empty-bytea": _data(
        "an empty bytea becomes NULL", values.rewrite("nullif({c}, '')", "bytea")
    ),
    "truncated-bytea": _data(
        "a bytea loses its second half", values.rewrite(values.HALF_BYTES, "bytea")
    ),
    "reserialised-json": _data(
        "json is parsed and written again", values.rewrite("({c}::jsonb)::json", "json")
    ),
    "reserialised-jsonb": _data(
        "numbers in jsonb lose their zeros", values.rewrite(values.WHOLE_JSON, "jsonb")
    ),
    "array-bounds-lost": _data("arrays begin at 1", values.lost_array_bounds),
    "range-bounds-lost": _data("ranges change their bounds", values.lost_range_bounds),
    "composite-field-lost": _data("a field of composite values becomes NULL", values.lost_field),
    "empty-for-null": _data(
        "a text NULL becomes empty", values.rewrite("coalesce({c}, '')", *values.TEXTS)
    ),
    "null-for-empty": _data(
        "an empty text becomes NULL", values.rewrite("nullif({c}, '')", *values.TEXTS)
    ),
    "trimmed-char": _data("char(n) loses its blanks", values.trimmed_characters),
    "truncated-toast": _data(
        "values stored out of line lose their second half",
        values.both(
            values.large_texts("pg_catalog.left({c}, pg_catalog.length({c}) / 2)"),
            values.large_bytes(values.HALF_BYTES),
        ),
    ),
    "stale-toast": _data(
        "values stored out of line are replaced by a placeholder",
        values.both(
            values.large_texts("'unchanged-toast-datum'"),
            values.large_bytes("'unchanged-toast-datum'::bytea"),
        ),
    ),
    "generated-not-computed": _data("generated columns hold nothing", values.not_computed),
}

_NAMES = {
    "folded-names": _data("names are folded to lower case", names.all_renamed(str.lower)),
    "twins-merged": _data(
        "of tables whose names differ in case or blanks one is left", schema.twins_dropped
    ),
    "reserved-names-renamed": _data(
        "tables called like a keyword get an underscore", names.reserved_renamed
    ),
    "split-names": _data(
        "names end at a blank, dot, slash or dash", names.all_renamed(names.cut_at_separator)
    ),
    "quotes-lost": _data(
        "quotation marks in names are lost", names.all_renamed(names.without_quotes)
    ),
    "truncated-names": _data("names are cut to 31 bytes", names.relations_renamed(names.cut_short)),
    "ascii-names": _data("names lose what is not ASCII", names.relations_renamed(names.ascii_only)),
    "database-lost": _data(
        "one of several databases is not there", security.lost_database, once=True
    ),
}

_ROWS = {
    "table-lost": _data("the last table is not there", schema.last_table_lost),
    "table-emptied": _data("the last table with rows is empty", rows.emptied),
    "row-lost": _data("one row of the last table is not there", rows.last_row_lost),
    "rows-doubled": _data("rows of tables without a key are there twice", rows.doubled),
    "copied-again": Defect(
        "the stream copies every table again that the snapshot has loaded",
        asks=calls.copies_again,
    ),
    "duplicates-lost": _data(
        "deleting one of several equal rows deletes all of them", rows.copies_lost
    ),
    "equal-rows-mixed-up": Defect(
        "rows without a key are found by =, which takes the first of several equal ones",
        asks=calls.accepts_equal_rows,
    ),
    "trigger-doubled": _data(
        "triggers fire again, their tables hold rows twice", rows.audited_twice
    ),
    "child-rows-in-parent": _data(
        "rows of inheriting tables lie in the parent", rows.moved_to_parent
    ),
    "row-in-wrong-partition": _data("one row lies in the wrong partition", rows.wrong_partition),
    "rolled-back-rows-kept": _data(
        "a row that was rolled back is there", rows.row_kept, *CAUGHT_UP
    ),
    "transaction-skipped": _data(
        "the newest transaction's rows are not there", rows.newest_transaction_lost, *CAUGHT_UP
    ),
    "updates-ignored": _since("updates are not applied", stream.updates_undone),
    "deletes-ignored": _since("deletes are not applied", stream.deletes_undone),
    "update-as-insert": _since("a changed key leaves the old row behind", stream.deletes_undone),
    "truncate-ignored": _since("TRUNCATE is not applied", stream.truncates_undone),
    "gap-row-lost": _data(
        "changes between snapshot and stream are lost", stream.skip_gap, "before_sync"
    ),
}

_DEFINITIONS = {
    "domain-check-lost": _data("domains lose their checks", schema.no_domain_checks),
    "enum-order-lost": _data("the labels of an enum are in another order", schema.enum_order),
    "enum-label-renamed": _data("the last label of an enum is another", schema.enum_renamed),
    "generated-as-plain": _data("generated columns are plain ones", schema.plain_generated),
    "identity-lost": _data("identity columns are plain ones", schema.no_identity),
    "identity-weakened": _data("GENERATED ALWAYS becomes BY DEFAULT", schema.weak_identity),
    "default-lost": _data("columns lose their defaults", schema.no_default),
    "ownership-lost": _data("sequences belong to no column", schema.no_owned_sequences),
    "constraint-lost": _data("check constraints are not there", schema.no_checks),
    "constraint-validated": _data("NOT VALID constraints pass for valid", schema.validated),
    "fk-lost": _data("foreign keys are not there", schema.no_foreign_keys),
    "deferrable-lost": _data("deferrable constraints are immediate", schema.not_deferrable),
    "nulls-distinct": _data("NULLS NOT DISTINCT is forgotten", schema.nulls_distinct),
    "replica-identity-lost": _data("replica identities are default", schema.no_identity_of_rows),
    "logged-for-unlogged": Defect(
        "unlogged tables are followed, and are logged ones",
        dict.fromkeys(COPIED, schema.logged),
        asks=calls.accepts_unlogged,
    ),
    "partition-detached": _data("a partition stands alone", schema.detached),
    "rls-lost": _data("row level security is off", schema.no_row_security),
    "policy-lost": _data("policies are not there", schema.no_policies),
    "trigger-lost": _data("triggers are not there", schema.no_triggers),
    "trigger-state-lost": _data(
        "triggers fire as by default", schema.plain_triggers, "init", "cutover"
    ),
    "matview-unpopulated": _data("materialised views hold nothing", schema.unpopulated),
    "sequences-left-behind": _data(
        "sequences are at their start", schema.sequences_at_start, "init", "cutover"
    ),
    "restart-identity-ignored": _data(
        "sequences that were restarted go on", schema.sequences_used, *CAUGHT_UP
    ),
}

_SECURITY = {
    "owner-lost": _data("everything belongs to the superuser", security.owners),
    "large-object-damaged": _data(
        "the first byte of large objects is another", security.large_object_bytes
    ),
    "large-object-owner-lost": _data(
        "large objects belong to the superuser", security.large_object_owners
    ),
    "privilege-lost": _data("grants to others than the owner are lost", security.privileges),
    "default-privs-lost": _data("default privileges are lost", security.default_privileges),
    "role-attribute-lost": _role("roles have no attributes", security.role_attributes),
    "role-setting-lost": _role("roles have no settings", security.role_settings),
    "membership-lost": _role("roles are members of nothing", security.memberships),
    "password-lost": _role("roles have no passwords", security.passwords),
    "role-lost": _role("the last role is not there", security.last_role),
}

_CALLS = {
    "same-database-accepted": Defect(
        "source and target may be one database, which is dropped",
        around={"init": calls.accepts_itself},
    ),
    "init-appends": Defect("a second init loads again", around={"init": calls.appends}),
    "target-overwritten": Defect("a target in use is replaced", asks=calls.drops_unasked),
    "filter-ignored": Defect("filters of databases do nothing", asks=calls.no_database_filter),
    "excluded-table-copied": Defect("filters of tables do nothing", asks=calls.no_table_filter),
    "typo-ignored": Defect("unknown names in filters are passed over", asks=calls.no_unknown_names),
    "publication-left": _cutover("a publication stays on the source", calls.leave_publication),
    "slot-left": _cutover("a slot stays on the source", calls.leave_slot),
    "replica-identity-left": _cutover(
        "replica identities of the source stay FULL", calls.leave_identities
    ),
    "subscription-left": _cutover("a subscription stays on the target", calls.leave_subscription),
    "trigger-left-disabled": _cutover(
        "a trigger of the target stays disabled", schema.disabled_trigger
    ),
    "password-in-argv": Defect(
        "a child has the password in its arguments",
        around=dict.fromkeys(_EVERY, calls.password_in_argv),
    ),
    "prints-password": Defect(
        "the password is printed", around=dict.fromkeys(_EVERY, calls.prints_password)
    ),
    "verify-always-equal": Defect(
        "verify finds everything equal", around={"verify": calls.always_equal}
    ),
    "status-always-streaming": Defect(
        "status says that all is well whatever has happened",
        around={"status": calls.always_streaming},
    ),
    "status-never-streaming": Defect(
        "status says that nothing was set up", around={"status": calls.never_streaming}
    ),
    "status-hides-lag": Defect("status knows no lag", around={"status": calls.hides_lag}),
    "verify-names-no-row": Defect(
        "verify counts the rows of a table that differs and names none",
        around={"verify": calls.names_no_row},
    ),
    "verify-fails-on-empty": Defect(
        "verify trips over an empty table", around={"verify": calls.fails_on_empty}
    ),
}

DEFECTS: Mapping[str, Defect] = {
    **_VALUES,
    **_NAMES,
    **_ROWS,
    **_DEFINITIONS,
    **_SECURITY,
    **_CALLS,
}
