"""What stands for a secret: a mark, equal for equal values within a run and worth nothing outside.

A mark is an HMAC whose key is drawn when the program starts and kept nowhere: nobody can try
guesses against a stored report. Servers make the marks themselves, with the key as a setting of
our sessions, so that what they conceal does not leave them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

_DIGITS = 16  # hexadecimal
_BLOCK = 64  # bytes of a block of sha256
INNER, OUTER = "assay.mark_inner", "assay.mark_outer"  # session settings: the two halves of a key

# Names of options of foreign wrappers, servers, mappings, tables and columns that hold no secret.
HARMLESS_OPTIONS = frozenset(
    {
        # how libpq and its like connect
        "host", "hostaddr", "port", "dbname", "database", "user", "username",
        "servername", "connect_timeout", "client_encoding", "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "sslmode", "gssencmode", "channel_binding", "target_session_attrs",
        "load_balance_hosts", "krbsrvname", "password_required", "use_scram_passthrough",
        # how postgres_fdw plans and transfers
        "use_remote_estimate", "fdw_startup_cost", "fdw_tuple_cost", "fetch_size",
        "batch_size", "updatable", "truncatable", "async_capable", "parallel_commit",
        "parallel_abort", "keep_connections", "analyze_sampling", "extensions",
        # what a foreign table or column is called, and what its file looks like
        "schema_name", "table_name", "column_name", "schema", "table", "filename",
        "format", "header", "delimiter", "quote", "escape", "null", "encoding",
        "force_not_null", "force_null", "force_quote", "on_error", "log_verbosity",
        "reject_limit",
    }
)  # fmt: skip
# Settings with a dot belong to extensions and applications; of these ones what they hold is known.
HARMLESS_PREFIXES = ("plpgsql.", "auto_explain.", "pg_stat_statements.", "pg_trgm.")
# A value that may carry a credential whatever its option is called: a URL, a connection string.
SUSPICIOUS = "[@=]|://"

_LITERAL = r"E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'"
_NAMED_LITERAL = re.compile(
    rf"""(?:(?P<name>"(?:[^"]|"")+"|(?<![\w.])[\w.]++)(?P<gap>\s+(?:TO\s+)?))?(?P<value>{_LITERAL})""",
    re.IGNORECASE | re.DOTALL,
)
# A password inside a text: of a URL, of a connection string, of a statement.
_CREDENTIALS = (
    re.compile(r"(\w://[^\s:/@']*:)([^\s@']++)(?=@)"),
    re.compile(r"(password=\s*)((?:''|\\')(?:[^'\\]|\\[^'])*(?:''|\\')|[^\s'\"&]+)", re.IGNORECASE),
    re.compile(rf"(password\s+)({_LITERAL})", re.IGNORECASE | re.DOTALL),
)
_HINTS = ("://", "assword", "ASSWORD")


@dataclass(frozen=True, slots=True)
class Marks:
    """Makes marks with one key; what two of them say of one value cannot be compared."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(_BLOCK), repr=False)

    def digest(self, text: str) -> str:
        """The mark alone, hexadecimal."""
        told = text.encode("utf-8", "surrogateescape")
        return hmac.new(self.key, told, hashlib.sha256).hexdigest()[:_DIGITS]

    def of(self, text: str) -> str:
        """What is shown instead of a secret, as `marked_by_server` makes it."""
        return f"*** ({self.digest(text)})"

    def settings(self) -> dict[str, str]:
        """What a session has to know to make the same marks."""
        inner, outer = (bytes(byte ^ pad for byte in self.key).hex() for pad in (0x36, 0x5C))
        return {INNER: inner, OUTER: outer}

    def without_credentials(self, text: str) -> str:
        """A definition or message without the passwords that are written out in it."""
        if not any(hint in text for hint in _HINTS):
            return text
        for pattern in _CREDENTIALS:
            text = pattern.sub(lambda match: match[1] + self.of(match[2]), text)
        return text

    def without_literals(self, statement: str) -> str:
        """A statement whose string literals are marks, but for those of harmless names."""

        def replaced(match: re.Match[str]) -> str:
            name, value = match["name"], match["value"]
            plain = value.removeprefix("E").removeprefix("e")[1:-1].replace("''", "'")
            bare = (name or "").strip('"').lower()
            setting = "TO" in (match["gap"] or "").upper()  # SET name TO value
            harmless = harmless_setting(bare) if setting else bare in HARMLESS_OPTIONS
            if bare and harmless and not re.search(SUSPICIOUS, plain):
                return match[0]
            return f"{name or ''}{match['gap'] or ''}{self.of(plain)}"

        return _NAMED_LITERAL.sub(replaced, statement)


def harmless_setting(name: str) -> bool:
    """Whether a setting is PostgreSQL's own, or one of an extension that holds no secret."""
    return "." not in name or name.startswith(HARMLESS_PREFIXES)


def marked_by_server(value: str) -> str:
    """SQL for the mark of a text, NULL for NULL; asks for the session's `Marks.settings`."""
    # Text of a database without an encoding is bytes as they are.
    told = (
        f"convert_to({value}, case getdatabaseencoding() when 'SQL_ASCII' then 'SQL_ASCII'"
        " else 'UTF8' end)"
    )
    inner = f"sha256(decode(current_setting('{INNER}'), 'hex') || {told})"
    outer = f"sha256(decode(current_setting('{OUTER}'), 'hex') || {inner})"
    return f"'*** (' || left(encode({outer}, 'hex'), {_DIGITS}) || ')'"


RUN = Marks()  # one process is one run: what it stores at two moments can be compared
