"""What an answer must not show, and what only looks like it."""

from __future__ import annotations

import pytest

from assay.smoke.contract import of_the_inside


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"trace_id": "8d3ba8b1-0c11-4f5e-9a44-613001987181"}', ""),
        ("job 8d3ba8b1-0c11-4f5e-9a44-613001987181 failed at 2026-11-27T09:18:15.194Z", ""),
        ("source_url: host assay-unreachable.invalid does not resolve", ""),
        ("account 613001987181", "613001987181"),
        ("8d3ba8b1-0c11-4f5e-9a44-613001987181 of 613001987182", "613001987182"),
        ("arn:aws:iam::123456789012:role/x", "arn:aws"),
        ("Traceback (most recent call last)", "Traceback"),
        ("botocore said no", "boto"),
        ("a ValueException", "Exception"),
        ("handler.py: 7", ".py"),
        ("source_url_encrypted", "_encrypted"),
        ("KeyError", "KeyError"),
    ],
)
def test_accounts_and_code_are_found_and_ids_are_not(text, found):
    assert of_the_inside(text) == found
