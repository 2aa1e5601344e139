"""Secrets show themselves nowhere."""

from __future__ import annotations

import base64
import json

import pytest

from assay.redact import MASK, Scrubber, Secret

VALUE = "p@ss'w/or\"d %x"


@pytest.fixture
def scrubber():
    scrubber = Scrubber()
    scrubber.learn(Secret(VALUE))
    return scrubber


def test_a_secret_never_shows_itself():
    secret = Secret(VALUE)
    assert VALUE not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == VALUE


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        "p%40ss%27w%2For%22d%20%25x",
        base64.b64encode(VALUE.encode()).decode(),
        json.dumps(VALUE)[1:-1],
        VALUE.replace("'", "''"),
    ],
    ids=["raw", "url", "base64", "json", "sql"],
)
def test_every_spelling_is_seen_and_masked(scrubber, form):
    assert scrubber.shown_in(f"a {form} b")
    assert scrubber.scrub(f"a {form} b") == f"a {MASK} b"


def test_passwords_of_urls_and_conninfo_are_masked_unknown_ones_too():
    text = "postgresql://me:topsecret@host/db host=h password='x y' user=u password=zz"
    scrubbed = Scrubber().scrub(text)
    assert (
        scrubbed == f"postgresql://me:{MASK}@host/db host=h password={MASK} user=u password={MASK}"
    )


def test_a_value_too_short_to_mask_is_left_alone():
    scrubber = Scrubber()
    scrubber.learn(Secret("pg"))
    assert scrubber.scrub("pg_dump") == "pg_dump"
