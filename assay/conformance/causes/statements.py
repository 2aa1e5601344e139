"""What kind of statement failed: two statements of one kind fail by one defect."""

from __future__ import annotations

import re

_LEADING = re.compile(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))*'
_IGNORED = (
    "or|replace|temp|temporary|global|local|unlogged|unique|recursive|only|if|not|exists"
    "|concurrently|trusted|procedural|constraint"
)
_CREATE = re.compile(
    rf"(?P<verb>create|drop|comment\s+on|security\s+label)\s+(?:(?:{_IGNORED})\s+)*"
    r"(?P<kind>(?:materialized|foreign|event|text\s+search|access|default|user)\s+\w+"
    r"|operator\s+(?:class|family)|large\s+object|\w+)",
    re.IGNORECASE,
)
_ALTER = re.compile(
    rf"alter\s+(?P<kind>(?:materialized|foreign|event|text\s+search|default)\s+\w+|large\s+object"
    rf"|\w+)\s+(?:(?:if|exists|only|for)\s+)*{_NAME}(?:\([^)]*\))?\s*(?P<action>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ACTION = re.compile(
    r"(?:alter\s+column\s+\S+\s+)?(?P<verb>add|drop|set|rename|owner|enable|disable|refresh"
    r"|validate|attach|detach|inherit|replica|reset|cluster|type|depends|alter|in)\b\s*"
    r"(?P<what>constraint|column|partition|default|not\s+null|statistics|storage|generated|schema"
    r"|publication|table|trigger|rule|row\s+level\s+security|identity|value)?",
    re.IGNORECASE,
)
_COPY = re.compile(r"copy\b.*?\b(from|to)\s+(?:stdin|stdout|program|')", re.IGNORECASE | re.DOTALL)
_REPLICATION = re.compile(r"(create|start|drop|read|alter)_replication_slot", re.IGNORECASE)
_ASKED = re.compile(r"(?<![\w.])(?:pg_catalog\.)?(pg_\w+|setval|nextval|currval|lo_\w+)\b")
_QUERY = re.compile(r"(?:select|with|declare|show|values|table)\b", re.IGNORECASE)
_APPLIED = re.compile(r'during message type "(\w+)"')


def kind_of(statement: str) -> str:
    """The verb with the kind of object, and for a query the catalogs that it asks.

    ``ALTER TABLE ADD CONSTRAINT``, ``COPY FROM``, ``SELECT pg_stat_subscription``.
    """
    text = _LEADING.sub("", statement, count=1)
    if match := _COPY.match(text):
        return f"COPY {match[1].upper()}"
    if match := _REPLICATION.match(text):
        return f"{match[1].upper()}_REPLICATION_SLOT"
    if _QUERY.match(text):
        asked = " ".join(sorted(set(_ASKED.findall(text))))
        return f"{text.split(None, 1)[0].upper()} {asked}".strip()
    if match := _CREATE.match(text):
        return " ".join(f"{match['verb']} {match['kind']}".upper().split())
    if match := _ALTER.match(text):
        action = _ACTION.match(match["action"])
        words = ("alter", match["kind"], *(action.group("verb", "what") if action else ()))
        return " ".join(" ".join(filter(None, words)).upper().split())
    return text.split(None, 1)[0].rstrip(";").upper() if text.strip() else ""


def applied(context: str) -> str | None:
    """What a worker of logical replication was doing, from the context of its error."""
    if match := _APPLIED.search(context):
        return f"apply {match[1]}"
    return "copy" if context.startswith("COPY ") else None
