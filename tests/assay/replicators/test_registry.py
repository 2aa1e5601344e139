"""Names of replicators, and what each of ours claims."""

import pytest

from assay.errors import UsageError
from assay.replicators.base import Capability, Driver
from assay.replicators.controls.defects import DEFECTS
from assay.replicators.registry import resolve

NOT_CLAIMED = {Capability.RESUME: "an init that was cut short starts over with --drop-existing"}


def test_the_reference_claims_everything_but_named_exceptions():
    assert resolve("reference").capabilities == frozenset(Capability) - NOT_CLAIMED.keys()
    assert len(NOT_CLAIMED) <= 3


@pytest.mark.parametrize("name", ["noop", "schema-only", "lossy:row-lost"])
def test_a_control_claims_what_the_reference_claims(name):
    control = resolve(name)
    assert control.capabilities == resolve("reference").capabilities
    assert control.name == name


def test_every_defect_is_a_driver_with_a_sentence():
    for name, defect in DEFECTS.items():
        driver: Driver = resolve(f"lossy:{name}")
        assert driver.name == f"lossy:{name}"
        assert defect.sentence
        assert defect.damages or defect.asks or defect.around


@pytest.mark.parametrize("name", ["referense", "", "lossy", "noop2"])
def test_an_unknown_name_is_answered_with_those_available(name):
    with pytest.raises(UsageError, match="available: "):
        resolve(name)


def test_an_unknown_defect_is_answered_with_all_defects():
    with pytest.raises(UsageError, match="row-lost"):
        resolve("lossy:row-loss")
