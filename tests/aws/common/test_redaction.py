"""No spelling of a secret survives."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcore.redaction import Redactor, redact_url

SECRET = "s3cr'et\" @:/?%\\é"
URL = f"postgresql://user:{quote(SECRET, safe='')}@db.example.com:5432/app"
SPELLINGS = (
    SECRET,
    quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode(),
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET, ensure_ascii=False)[1:-1],
    SECRET.replace("'", "''"),
)


@pytest.mark.parametrize("form", SPELLINGS)
def test_each_spelling_is_masked(form):
    assert form not in Redactor.for_urls(URL).text(f"before {form} after")


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(SPELLINGS))
def test_whatever_stands_around_it_the_secret_is_gone(before, after, form):
    said = Redactor.for_urls(URL).text(f"{before}\n{form}\n{after}")
    assert form not in said


def test_a_url_that_was_not_known_loses_its_password_too():
    assert "other" not in Redactor().text("at postgresql://u:other@h:1/d and password=other")


def test_a_redacted_url_shows_host_and_database_only():
    assert redact_url(URL) == "postgresql://***@db.example.com:5432/app"
