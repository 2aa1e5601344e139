"""What of a database's catalogs holds anything that initdb did not make: one cheap question.

Planning a rule's query costs more than running it, so a rule with nothing to read is not asked.
"""

from __future__ import annotations

import re
from typing import Any

from assay.oracle.catalog.queries.fragments import FIRST_USER_OID
from assay.oracle.session.side import Side

# Catalogs whose rows have an OID, and which everybody may read.
CATALOGS = (
    "pg_class", "pg_type", "pg_proc", "pg_namespace", "pg_collation", "pg_conversion",
    "pg_operator", "pg_opclass", "pg_opfamily", "pg_amop", "pg_amproc", "pg_am", "pg_cast",
    "pg_transform", "pg_language", "pg_ts_parser", "pg_ts_template", "pg_ts_dict", "pg_ts_config",
    "pg_statistic_ext", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_event_trigger",
    "pg_publication",
)  # fmt: skip
# Of these every row is somebody's; of what hangs on extensions, what was said to.
_WHOLE = {
    "pg_default_acl": "pg_default_acl",
    "pg_largeobject_metadata": "pg_largeobject_metadata",
    "pg_depend": "pg_depend where refclassid = 'pg_extension'::regclass and deptype = 'x'",
}
HELD = " union all ".join(
    f"select '{name}' as catalog where exists (select from {rows})"
    for name, rows in {
        **{name: f"{name} where oid >= {FIRST_USER_OID}" for name in CATALOGS},
        **_WHOLE,
    }.items()
)
_MADE = re.compile(
    rf" >= {FIRST_USER_OID} and not exists \(select from pg_depend assay_m"
    r" where assay_m\.deptype = 'e' and assay_m\.classid = '(\w+)'::regclass"
)


def is_held(side: Side, *catalogs: str) -> bool:
    """Whether one of them holds anything that initdb did not make; True of one nobody asks about.

    Through a lens, which turns to what initdb and extensions made, always.
    """
    if side.lens is not None or not all(name in CATALOGS or name in _WHOLE for name in catalogs):
        return True
    return not holding(side).isdisjoint(catalogs)


def holding(side: Side) -> frozenset[str]:
    """The catalogs that hold something."""
    return frozenset(side.once(HELD, _name))


def may_tell(side: Side, query: str) -> bool:
    """Whether a query about what users made, and nothing else, may have an answer."""
    made = _MADE.findall(query)
    return not made or is_held(side, *made)


def _name(row: dict[str, Any]) -> str:
    return str(row["catalog"])
