"""The words of a manifest: placeholders, and how they are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assay.replicators.base import Call, Filters

LISTS = ("include_databases", "exclude_databases", "include_tables", "exclude_tables")
SINGLE = (
    "source", "target", "source_nopass", "target_nopass", "database", "workdir", "attempt",
    "manifest_dir",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"(?<!\$)\{([a-z_]+)\}")  # ${name} is the shell's


def unknown(word: str, known: tuple[str, ...]) -> list[str]:
    """The placeholders of a word that are none."""
    return [name for name in _PLACEHOLDER.findall(word) if name not in known]


def values(call: Call, manifest_dir: str) -> dict[str, str]:
    """What each placeholder of a single value stands for."""
    return {
        "source": call.source.url(),
        "target": call.target.url(),
        "source_nopass": call.source.url(password=False),
        "target_nopass": call.target.url(password=False),
        "database": call.source.database,
        "workdir": call.workdir,
        "attempt": call.attempt,
        "manifest_dir": manifest_dir,
    }


def fill(word: str, known: Mapping[str, str], filters: Filters) -> tuple[str, ...]:
    """A word with its placeholders replaced; one with an empty list is left out altogether."""
    lists = {name: ",".join(getattr(filters, name)) for name in LISTS}
    if any(f"{{{name}}}" in word and not items for name, items in lists.items()):
        return ()
    return (substitute(word, {**known, **lists}),)


def substitute(word: str, known: Mapping[str, str]) -> str:
    """A word with what is known replaced."""
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), word)
