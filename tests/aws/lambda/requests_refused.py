"""Malformed, hostile and oversized requests as data: what is changed in a good one, the answer.

Independent of where they are sent: in process here, over HTTP to a deployed endpoint elsewhere.
"""

from __future__ import annotations

URL = "postgresql://user:pass@source.example.com:5432/mydb"
DANGEROUS = "Invalid source_url: URL contains potentially dangerous characters"
PRIVATE = "Invalid source_url: the host is a private, loopback or metadata address"
HERE = "Invalid source_url: the host is this machine or a private name"
ENCODE = "URL contains spaces, control or non-ASCII characters; encode them as %XX"
HOST = "Invalid source_url: hostname may have letters, digits, hyphens and dots only"
DATABASE = (
    "Invalid source_url: database name may have letters, digits, underscores and hyphens only"
)
PORT = "Invalid source_url: port must be a number from 1 to 65535"

# Fields of a specification that are put in, and what is said; a field None is left out.
FIELDS: list[tuple[dict[str, object], str]] = [
    *(({name: ...}, f"Missing required field: {name}")
      for name in ("schema_version", "command", "source_url", "target_url")),
    *(({name: value}, f"Field '{name}' must be a string")
      for name in ("schema_version", "command", "source_url", "target_url")
      for value in (None, 1, True, [], {})),
    *(({name: ""}, f"Field '{name}' must not be empty")
      for name in ("schema_version", "command", "source_url", "target_url")),
    *(({"schema_version": value}, f"Unsupported schema version: {value} (supported: 1.0)")
      for value in ("1", "1.1", "2.0", "v1.0", " 1.0")),
    *(({"command": value}, f"Invalid command: {value} (allowed: init, validate, sync, status, verify)")
      for value in ("drop", "init ", "init;rm", "--help")),
    ({"command": "x" * 51}, "Invalid command: longer than 50 characters"),
    *(({"source_url": URL + piece}, DANGEROUS) for piece in (";", "$(id)", "`id`", "||", "&&x")),
    *(({"source_url": URL.replace("source.example.com", host)}, PRIVATE)
      for host in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254",
                   "0.0.0.0", "127.1", "2130706433", "0x7f000001", "017700000001", "100.64.0.1",
                   "192.88.99.1", "224.0.0.1", "255.255.255.255", "127.0.0.1.")),
    *(({"source_url": URL.replace("source.example.com", host)}, HERE)
      for host in ("localhost", "LOCALHOST", "localhost.", "db.localhost", "metadata.google.internal",
                   "printer.local")),
    *(({"source_url": URL.replace("mydb", name)}, DATABASE)
      for name in ("my.db", "a/b", "my%20db", "..", "a'b")),
    *(({"source_url": URL.replace("5432", port)}, PORT)
      for port in ("0", "65536", "-1", "x", "123456", "")),
    *(({"source_url": URL.replace("source.example.com", host)}, HOST)
      for host in ("[::1]", "a_b", "-a", ".a", "a..b", "a%2eb", "a" * 254)),
    *(({"source_url": URL + query}, f"Invalid source_url: parameter {name!r} is not allowed")
      for query, name in (("?host=127.0.0.1", "host"), ("?hostaddr=127.0.0.1", "hostaddr"),
                          ("?service=x", "service"), ("?passfile=/etc/passwd", "passfile"),
                          ("?sslkey=/x", "sslkey"), ("?options=-c", "options"),
                          ("?sslmode=require&host=x", "host"), ("?HOST=x", "HOST"))),
    *(({"source_url": url}, "Invalid source_url: scheme must be postgresql:// or postgres://")
      for url in ("mysql://u:p@h/d", "http://h/d", "postgresql:/h/d", "h/d", "file:///etc/passwd")),
    *(({"source_url": url}, f"Invalid source_url: {ENCODE}")
      for url in (URL + " ", URL + "\n", URL + "\0", "postgresql://üser:p@h/d", URL + "\u2024")),
    ({"source_url": "postgresql://u:p@h@i/d"}, "Invalid source_url: URL must not contain more than one @"),
    ({"source_url": "postgresql:///d"}, "Invalid source_url: URL must name a host"),
    ({"source_url": "postgresql://u:%zz@h/d"}, "Invalid source_url: URL has a malformed %XX sequence"),
    ({"source_url": "postgresql://u:p@h/d#f"}, "Invalid source_url: URL must not have a fragment"),
    ({"source_url": "postgresql://h/" + "a" * 2040}, "Invalid source_url: longer than 2048 characters"),
    *(({"options": value}, "Field 'options' must be an object") for value in (None, [], "x", 1, True)),
    *(({"filter": value}, "Field 'filter' must be an object") for value in (None, [], "x", 1)),
    ({"options": {"dropp": True}}, "Unknown option: dropp"),
    ({"filter": {"tables": []}}, "Unknown filter: tables"),
    ({"filters": {}}, "Unknown field: filters"),
    *(({"options": {"drop_existing": value}}, "Field 'options.drop_existing' must be a boolean")
      for value in (1, 0, "true", None, [])),
    *(({"options": {"estimated_size_bytes": value}}, "Field 'options.estimated_size_bytes' must be a number")
      for value in ("1", True, None)),
    *(({"options": {"estimated_size_bytes": value}},
       "Field 'options.estimated_size_bytes' must be a number of at least 0")
      for value in (-1, -(10**400))),
    *(({"filter": {"include_databases": value}}, "Field 'filter.include_databases' must be a list")
      for value in ("db", {}, None)),
    ({"filter": {"include_databases": [1]}}, "Field 'filter.include_databases' must be a list of strings"),
    *(({"filter": {"include_databases": [value]}}, f"Field 'filter.include_databases' has an invalid item: {value}")
      for value in ("a,b", "--drop-existing", "")),
    *(({"filter": {"exclude_tables": [value]}}, f"Field 'filter.exclude_tables' has an invalid item: {value}")
      for value in ("logs", ".logs", "db.", "--x.y")),
    ({"filter": {"include_databases": ["a"], "exclude_databases": ["b"]}},
     "Field 'filter' must not have both include_databases and exclude_databases"),
]  # fmt: skip

# Whole bodies.
BODIES: list[tuple[str, str]] = [
    *((body, "Invalid JSON: not valid UTF-8 JSON")
      for body in ("", "{", "nope", "{'a': 1}", "\ufeff{}", "[" * 5000, '{"a": 1}}', "\0")),
    *((body, "Job spec must be a JSON object") for body in ("[]", "1", '"x"', "null", "true")),
    ('{"command": "init", "command": "sync"}', "Invalid JSON: a key stands twice in an object"),
    *((f'{{"options": {{"estimated_size_bytes": {word}}}}}', f"Invalid JSON: {word} is no JSON")
      for word in ("NaN", "Infinity", "-Infinity")),
    (" " * 15_361, "Job spec too large: 15361 bytes (max: 15360)"),
    ("ä" * 8000, "Job spec too large: 16000 bytes (max: 15360)"),
]  # fmt: skip

# Odd but legal.
ACCEPTED: list[dict[str, object]] = [
    {"command": "INIT"},
    {"command": "Verify"},
    {"source_url": "postgres://user:p%40ss%3B%27%22@source.example.com/my-db_1"},
    {"source_url": "postgresql://source.example.com"},
    {"source_url": "POSTGRESQL://u:p@SOURCE.example.com.:65535/d?sslmode=verify-full"},
    {"source_url": "postgresql://u:'quote'@8.8.8.8/d?connect_timeout=5"},
    {"filter": {}},
    {"filter": {"include_databases": [], "exclude_databases": []}},
    {"filter": {"include_databases": ["my db", "ünïcode"], "exclude_tables": ["db.a.b", "db.T x"]}},
    {"options": {}},
    {"options": {"estimated_size_bytes": 0}},
    {"options": {"estimated_size_bytes": 10**400}},
    {"options": {"estimated_size_bytes": 1.5e300, "enable_sync": False, "drop_existing": True}},
]
