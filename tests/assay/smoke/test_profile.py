"""Counts and delays, and the guide's two variables."""

from __future__ import annotations

import pytest

from assay.errors import UsageError
from assay.smoke import profile


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    """Neither is given."""
    for name in ("MAX_POLL_ATTEMPTS", "POLL_INTERVAL"):
        monkeypatch.delenv(name, raising=False)


def test_the_full_profile_has_the_guides_numbers():
    assert (profile.FULL.polls, profile.FULL.interval) == (60, 5.0)
    assert profile.FULL.patience == 300


def test_the_guides_variables_count(monkeypatch):
    monkeypatch.setenv("MAX_POLL_ATTEMPTS", "7")
    monkeypatch.setenv("POLL_INTERVAL", "0.25")
    assert profile.chosen("full").patience == 1.75


def test_what_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("MAX_POLL_ATTEMPTS", "many")
    with pytest.raises(UsageError, match="are numbers"):
        profile.chosen("quick")
