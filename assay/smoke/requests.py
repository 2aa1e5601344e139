"""Requests that must be refused: without a key, malformed, oversized, to hosts within."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from assay.jobs.answers import Answer
from assay.redact import Secret
from assay.smoke import raw
from assay.smoke.check import UNREACHABLE, Inconclusive, Site, all_refused, check, expect, refused

UNAUTHORIZED = {"error": "Unauthorized"}
URL = f"postgresql://assay:c4n4ry-s0urce@{UNREACHABLE}:5432/smoke"


def keyless(site: Site, *keys: str, method: str = "GET", body: bytes = b"") -> Answer:
    """A call with these keys in the header, or none."""
    path = "/jobs" if method == "POST" else f"/jobs/{uuid.uuid4()}"
    headers = [("x-api-key", key) for key in keys]
    return site.remember(raw.send(site.client, method, path, headers, body, authenticated=False))


def the_key(site: Site) -> str:
    """The key that is accepted."""
    if site.client.key is None:
        raise Inconclusive("no key was given", remedy="set ASSAY_API_KEY")
    return site.client.key.reveal()


@check("authentication")
def without_a_key_nothing_is_answered(site: Site) -> None:
    """No key: 401 with the contract's body, for GET and POST alike."""
    body = json.dumps(site.spec()).encode()
    expect(keyless(site), 401, UNAUTHORIZED, what="GET without a key")
    expect(keyless(site, method="POST", body=body), 401, UNAUTHORIZED, what="POST without a key")


@check("authentication")
def an_empty_key_is_refused(site: Site) -> None:
    """An empty header is no key."""
    expect(keyless(site, ""), 401, UNAUTHORIZED, what="an empty key")


@check("authentication")
def a_wrong_key_is_refused(site: Site) -> None:
    """A key of the right form that was never given out."""
    key = the_key(site)
    wrong = key[:3] + "".join("0" if letter != "0" else "1" for letter in key[3:])
    expect(keyless(site, wrong), 401, UNAUTHORIZED, what="a wrong key")


@check("authentication")
def part_of_the_key_is_refused(site: Site) -> None:
    """The key without its end, with more at its end, and its first half."""
    key = the_key(site)
    for what, part in (("without its end", key[:-1]), ("with more", key + "0"),
                       ("its half", key[: len(key) // 2])):  # fmt: skip
        expect(keyless(site, part), 401, UNAUTHORIZED, what=f"the key {what}")


@check("authentication")
def the_key_in_another_case_is_refused(site: Site) -> None:
    """Keys are compared letter by letter."""
    key = the_key(site)
    for other in {key.upper(), key.swapcase()} - {key}:
        expect(keyless(site, other), 401, UNAUTHORIZED, what="the key in another case")


@check("authentication")
def a_very_long_key_is_refused(site: Site) -> None:
    """Eight kilobytes: refused, by us or by the gateway, never an error of ours."""
    expect(keyless(site, "k" * 8000), (400, 401, 413, 431, 494), what="8 kB of key")


@check("authentication")
def the_key_counts_in_its_header_only(site: Site) -> None:
    """In the query, or as another scheme, it is not looked at."""
    key = the_key(site)
    path = f"/jobs/{uuid.uuid4()}?x-api-key={key}&api_key={key}"
    answer = site.client.call("GET", path, authenticated=False)
    expect(answer, 401, UNAUTHORIZED, what="the key in the query")
    other = {"authorization": f"Bearer {key}"}
    answer = site.client.call("GET", f"/jobs/{uuid.uuid4()}", headers=other, authenticated=False)
    expect(answer, 401, UNAUTHORIZED, what="the key as a bearer token")


@check("authentication")
def two_keys_are_not_one(site: Site) -> None:
    """A repeated header with the right key and a wrong one is not accepted."""
    key = the_key(site)
    for keys in (("wrong", key), (key, "wrong")):
        answer = keyless(site, *keys)
        expect(answer, (400, 401), what="a right and a wrong key")


@check("authentication")
def the_key_comes_before_everything_else(site: Site) -> None:
    """With a wrong key a malformed body is a 401 still, and tells nothing."""
    for body in (b"{", b"", b"[]", b"x" * 20_000):
        answer = keyless(site, "wrong", method="POST", body=body)
        expect(answer, 401, UNAUTHORIZED, what=f"a wrong key with {body[:10]!r}")


@check("authentication", needs="revoked")
def a_withdrawn_key_is_refused(site: Site) -> None:
    """A key that was rotated out no longer opens anything."""
    revoked: Secret | None = site.revoked
    expect(keyless(site, revoked.reveal() if revoked else ""), 401, UNAUTHORIZED,
           what="a withdrawn key")  # fmt: skip


@check("authentication")
def the_headers_name_is_read_in_any_case(site: Site) -> None:
    """`X-API-KEY` is `x-api-key`."""
    key = the_key(site)
    for name in ("X-API-KEY", "X-Api-Key"):
        path = f"/jobs/{uuid.uuid4()}"
        answer = raw.send(site.client, "GET", path, [(name, key)], authenticated=False)
        expect(answer, 404, {"error": "Job not found"}, what=name)


VALIDATION: tuple[tuple[dict[str, Any], str], ...] = (
    ({"schema_version": "9.9"}, "Unsupported schema version: 9.9 (supported: 1.0)"),
    ({"schema_version": 1.0}, "schema_version"),
    ({"command": "drop"}, "Invalid command: drop (allowed: init, validate, sync, status, verify)"),
    ({"command": "validate; rm -rf /"}, "Invalid command"),
    ({"command": "x" * 51}, "command"),
    ({"command": ""}, "command"),
    ({"command": ["init"]}, "command"),
    ({"source_url": URL + ";id"}, "URL contains potentially dangerous characters"),
    ({"target_url": URL + "$(id)"}, "URL contains potentially dangerous characters"),
    ({"source_url": URL + "`id`"}, "URL contains potentially dangerous characters"),
    ({"source_url": URL + "||id"}, "URL contains potentially dangerous characters"),
    ({"source_url": URL + "&&id"}, "URL contains potentially dangerous characters"),
    ({"source_url": "mysql://a:b@c.example/d"}, "source_url"),
    ({"source_url": "postgresql://a:b@c@d.example/e"}, "source_url"),
    ({"source_url": URL.replace("5432", "65536")}, "source_url"),
    ({"source_url": URL.replace("smoke", "sm/oke")}, "source_url"),
    ({"source_url": URL + "\n"}, "source_url"),
    ({"source_url": URL + "\u0000"}, "source_url"),
    ({"source_url": URL.replace("invalid", "inv\u0430lid")}, "source_url"),
    ({"source_url": URL + "x" * 2048}, "source_url"),
    ({"source_url": 7}, "source_url"),
    ({"options": "none"}, "Field 'options' must be an object"),
    ({"options": {"dropp": True}}, "Unknown option: dropp"),
    ({"options": {"drop_existing": "yes"}}, "drop_existing"),
    ({"options": {"estimated_size_bytes": -1}}, "estimated_size_bytes"),
    ({"filter": []}, "Field 'filter' must be an object"),
    ({"filter": {"include_databases": "a"}}, "include_databases"),
    ({"filter": {"include_databases": ["a"], "exclude_databases": ["b"]}}, "databases"),
    ({"filter": {"exclude_tables": ["no-database"]}}, "exclude_tables"),
    ({"filter": {"surprise": []}}, "surprise"),
)


@check("validation")
def every_documented_error_is_given(site: Site) -> None:
    """Each malformed field is a 400 whose reason names it (contracts 3.2 and 3.3)."""
    all_refused((json.dumps(fields)[:80], said, partial(_posted, site, site.spec(**fields)))
                for fields, said in VALIDATION)  # fmt: skip


def _posted(site: Site, spec: dict[str, Any]) -> Answer:
    return site.remember(site.client.post(spec))


@check("validation")
def null_is_no_value(site: Site) -> None:
    """`null` where an object or a string belongs is a 400, not an omission."""
    for name in ("filter", "options", "command", "source_url"):
        body = json.dumps({**site.spec(), name: None}).encode()
        refused(_sent(site, body), name, what=name)


@check("validation")
def a_specification_has_a_largest_size(site: Site) -> None:
    """15,361 bytes are refused with their number; not one byte later."""
    spec = site.spec(filter={"exclude_tables": []})
    padding = 15_361 - len(json.dumps(spec)) - 2
    spec["filter"] = {"exclude_tables": ["d." + "t" * (padding - 2)]}
    refused(_posted(site, spec), "Job spec too large: 15361 bytes (max: 15360)",
            what="15,361 bytes")  # fmt: skip


def bodies(site: Site) -> Iterator[tuple[str, bytes]]:
    """Bodies that are no JSON object of the contract."""
    good = json.dumps(site.spec())
    deep = site.profile.nesting
    yield "half an object", good[:-5].encode()
    yield "nothing", b""
    yield "an array", f"[{good}]".encode()
    yield "a string", b'"validate"'
    yield "a number", b"7"
    yield "null", b"null"
    yield "two values", (good + good).encode()
    yield "a repeated name", good.replace("{", '{"command": "init", ', 1).encode()
    yield "NaN", good.replace("}", ', "options": {"estimated_size_bytes": NaN}}').encode()
    yield "Infinity", good.replace("}", ', "options": {"estimated_size_bytes": 1e999}}').encode()
    yield "a byte order mark", b"\xef\xbb\xbf" + good.encode()
    yield "UTF-16", good.encode("utf-16")
    yield "bytes that are no text", b'{"command": "\xff\xfe"}'
    yield "deep nesting", b'{"options":' * 1 + b"[" * deep + b"]" * deep + b"}"
    many = {f"f{n}": n for n in range(site.profile.fields)}
    yield "very many fields", json.dumps({**site.spec(), **many}).encode()
    yield "gzip", gzip.compress(good.encode())


@check("bodies")
def every_body_that_is_no_specification_is_refused(site: Site) -> None:
    """Malformed JSON in all its forms is a 400 with a reason, never an error of ours."""
    all_refused((what, "", partial(_sent, site, body)) for what, body in bodies(site))


def _sent(site: Site, body: bytes) -> Answer:
    return site.remember(site.client.call("POST", "/jobs", body=body))


@check("bodies")
def a_body_that_is_far_too_large_is_refused(site: Site) -> None:
    """Megabytes of white space: refused by the gateway or by us, and the service lives on."""
    answer = site.remember(raw.send(site.client, "POST", "/jobs", body=b" " * site.profile.large))
    expect(answer, (400, 413), what=f"{site.profile.large} bytes")
    expect(site.client.call("GET", f"/jobs/{uuid.uuid4()}"), 404, {"error": "Job not found"})


@check("bodies")
def another_content_type_is_refused(site: Site) -> None:
    """What is not declared as JSON is not read as JSON."""
    body = json.dumps(site.spec()).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = site.client.call("POST", "/jobs", body=body, headers={"content-type": kind})
        expect(site.remember(answer), (400, 415), what=kind)


@check("bodies")
def a_compressed_body_is_no_way_around(site: Site) -> None:
    """A body that says it is compressed is refused, whatever it would become."""
    bomb = gzip.compress(b" " * (20 << 20))
    answer = raw.send(site.client, "POST", "/jobs", [("content-encoding", "gzip")], bomb)
    expect(site.remember(answer), (400, 413, 415), what="a compressed body")


INSIDE = ("169.254.169.254", "127.0.0.1", "0.0.0.0", "10.0.0.1", "192.168.0.1", "172.16.0.1",
          "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST.",
          "metadata.google.internal", "[fd00:ec2::254]", "[::1]", "100.64.0.1")  # fmt: skip
PARAMETERS = ("host=127.0.0.1", "hostaddr=169.254.169.254", "service=x", "passfile=/etc/passwd",
              "sslkey=/etc/passwd", "HOST=127.0.0.1", "options=-c%20x")  # fmt: skip


@check("addresses", needs="guard")
def hosts_within_are_refused(site: Site) -> None:
    """Metadata, loopback and private addresses in every spelling (OWASP API7)."""
    sides = [(host, side) for host in INSIDE for side in ("source_url", "target_url")]
    all_refused((f"{side} on {host}", side,
                 partial(_posted, site, site.spec(**{side: URL.replace(UNREACHABLE, host)})))
                for host, side in sides)  # fmt: skip


@check("addresses")
def parameters_do_not_lead_elsewhere(site: Site) -> None:
    """A URL's query must not name another host, file or service."""
    all_refused((parameter, "source_url",
                 partial(_posted, site, site.spec(source_url=f"{URL}?{parameter}")))
                for parameter in PARAMETERS)  # fmt: skip
