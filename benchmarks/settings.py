"""Settings of server and session that must not change what a comparison says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from assay.clock import wait_until
from assay.postgres.address import Address
from assay.postgres.session import Connection, connect, fetch, literal, scalar

VALUES: dict[str, tuple[str, ...]] = {
    "TimeZone": ("Asia/Kathmandu", "America/New_York", "<west>+12:34"),
    "DateStyle": ("German", "SQL, DMY", "Postgres, MDY"),
    "IntervalStyle": ("sql_standard", "postgres_verbose", "iso_8601"),
    "extra_float_digits": ("-15", "0"),
    "bytea_output": ("escape",),
    "xmloption": ("document",),
    "xmlbinary": ("hex",),
    "array_nulls": ("off",),
    "client_encoding": ("LATIN1",),
    "search_path": ('nowhere, "$user"', "information_schema, pg_catalog, public"),
    "standard_conforming_strings": ("off",),
    "escape_string_warning": ("off",),
    "backslash_quote": ("on",),
    "quote_all_identifiers": ("on",),
    "transform_null_equals": ("on",),
    "row_security": ("off",),
    "session_replication_role": ("replica",),
    "check_function_bodies": ("off",),
    "default_transaction_isolation": ("serializable", "repeatable read"),
    "default_transaction_read_only": ("on",),
    "default_transaction_deferrable": ("on",),
    "default_toast_compression": ("pglz", "lz4"),
    "statement_timeout": ("5s",),
    "lock_timeout": ("5s",),
    "idle_in_transaction_session_timeout": ("5s",),
    "transaction_timeout": ("5s",),
    "work_mem": ("64kB", "256MB"),
    "enable_seqscan": ("off",),
    "enable_indexscan": ("off",),
    "enable_bitmapscan": ("off",),
    "enable_hashjoin": ("off",),
    "enable_mergejoin": ("off",),
    "enable_nestloop": ("off",),
    "enable_hashagg": ("off",),
    "enable_sort": ("off",),
    "enable_incremental_sort": ("off",),
    "enable_material": ("off",),
    "enable_memoize": ("off",),
    "random_page_cost": ("0.1", "100"),
    "geqo_threshold": ("2",),
    "join_collapse_limit": ("1",),
    "from_collapse_limit": ("1",),
    "plan_cache_mode": ("force_generic_plan", "force_custom_plan"),
    "debug_parallel_query": ("on", "regress"),
    "parallel_setup_cost": ("0",),
    "parallel_tuple_cost": ("0",),
    "min_parallel_table_scan_size": ("0",),
    "max_parallel_workers_per_gather": ("0", "4"),
    "synchronize_seqscans": ("off",),
    "jit_above_cost": ("0",),
    "cursor_tuple_fraction": ("1",),
    "default_statistics_target": ("1",),
    "constraint_exclusion": ("on",),
    "lo_compat_privileges": ("on",),
    "timezone_abbreviations": ("India", "Australia"),
    "password_encryption": ("md5",),
}


def choose(dice: random.Random, address: Address, *, least: int = 8) -> dict[str, str]:
    """A random choice of what the server of an address knows."""
    with connect(address) as connection:
        known = {
            name.lower(): values
            for name, values in fetch(connection, "select name, enumvals from pg_settings")
        }
    there = {
        name: fitting
        for name, values in VALUES.items()
        if name.lower() in known
        and (fitting := [v for v in values if v in (known[name.lower()] or values)])
    }
    names = dice.sample(list(there), dice.randrange(least, len(there)))
    return {name: dice.choice(there[name]) for name in names}


@contextmanager
def of_the_server(address: Address, settings: dict[str, str]) -> Iterator[list[str]]:
    """ALTER SYSTEM while the block lasts; gives the statements."""
    value = {name: text if name == "search_path" else literal(text)
             for name, text in settings.items()}  # fmt: skip
    done = [f"alter system set {name} = {value[name]}" for name in settings]
    try:
        _reload(address, done)
        yield done
    finally:
        _reload(address, [f"alter system reset {name}" for name in settings])


def of_the_session(address: Address, settings: dict[str, str]) -> Address:
    """The same address; who connects to it begins with these settings, as with PGOPTIONS."""
    escaped = {
        name: "".join("\\" + c if c in " \\" else c for c in value)
        for name, value in settings.items()
    }
    options = " ".join(f"-c {name}={value}" for name, value in escaped.items())
    return replace(address, options=(*address.options, ("options", options)))


def _reload(address: Address, statements: list[str]) -> None:
    with connect(address, settings={"default_transaction_read_only": "off"}) as connection:
        before = _loaded(connection)
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("select pg_reload_conf()")
    wait_until(lambda: _newly_loaded(address) > before, what="new settings", timeout=10)


def _newly_loaded(address: Address) -> float:
    """Of a new session: it begins with what the postmaster has read."""
    with connect(address) as connection:
        return _loaded(connection)


def _loaded(connection: Connection) -> float:
    return float(scalar(connection, "select extract(epoch from pg_conf_load_time())"))
