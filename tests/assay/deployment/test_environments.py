"""An environment's file: read whole, or refused by the name of what is wrong."""

from __future__ import annotations

import pytest

from assay.deployment import environments
from assay.errors import UsageError


@pytest.fixture
def altered(tmp_path):
    """The file of dev with a piece of it replaced."""

    def alter(old, new):
        text = environments.path_of("dev").read_text()
        assert old in text
        path = tmp_path / "dev.tfvars"
        path.write_text(text.replace(old, new))
        return path

    return alter


def test_values_have_the_types_that_terraform_gives_them():
    dev = environments.read("dev")
    assert (dev.prefix, dev.protected, dev.throttle_rate) == ("replicator-dev", False, 50)
    assert not dev.local
    assert environments.read("local").local


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("throttle_rate      = 50\n", "", "throttle_rate is missing"),
        ("throttle_rate ", "throttle_rates ", "throttle_rates is no variable of an environment"),
        ("throttle_rate      = 50", 'throttle_rate = "50"', "throttle_rate must be int, is '50'"),
        ("protected   = false", "protected = 0", "protected must be bool, is 0"),
        ("protected   = false", "protected = {", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(altered, old, new, said):
    with pytest.raises(UsageError, match=r"dev\.tfvars") as refusal:
        environments.parse(altered(old, new))
    assert said in str(refusal.value)


@pytest.mark.parametrize("name", ["production", "../environments/dev", ""])
def test_an_unknown_environment_is_told_the_known_ones(name):
    with pytest.raises(UsageError, match="known: dev, local, prod, staging"):
        environments.read(name)


def test_the_slowest_end_counts_from_the_longer_limit():
    dev = environments.read("dev")
    assert dev.slowest_end == dev.provisioning_limit_seconds + 90
