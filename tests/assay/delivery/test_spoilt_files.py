"""Whatever a file holds is refused with a reason or is the same evidence: nothing breaks."""

from __future__ import annotations

import random

import pytest

from assay.delivery.opened import Unreadable
from assay.delivery.trust import Trust

PIECES = ('"', "{", "}", "[]", "null", "0", "\\u0000", '{"a":1}', "=", "\n", "é", "-1e999", "")


def spoilt(text, dice):
    """The text with one to three places changed."""
    for _ in range(dice.randint(1, 3)):
        at, length = dice.randrange(len(text)), dice.choice((0, 1, 1, 7))
        text = text[:at] + dice.choice(PIECES) + text[at + length :]
    return text


@pytest.mark.parametrize("seed", range(4))
def test_a_spoilt_bundle_is_refused_or_the_same(world, seed):
    trust, dice = Trust.of(world.policy, world.folder), random.Random(seed)
    text = world.path("smoke").read_text()
    good, refused = trust.bundle(text), 0
    for _ in range(150):
        changed = spoilt(text, dice)
        try:
            bundle = trust.bundle(changed)
        except Unreadable:
            refused += 1
        else:
            assert bundle == good, changed  # only what is not signed has changed
    assert refused > 100


@pytest.mark.parametrize(
    "line",
    ["null", "[]", "{}", '{"payload":1}', '{"payload":"","payloadType":"","signatures":null}',
     '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{}]}',
     '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"x"}]}',
     '{"payload":"e30=","payloadType":[],"signatures":[]}', '{"mediaType":"application/vnd.dev.'
     'sigstore.bundle"}', '{"dsseEnvelope":7}'],
)  # fmt: skip
@pytest.mark.parametrize("signed", [True, False])
def test_what_is_no_envelope_is_refused(world, line, signed):
    trust = Trust(world.folder, signed) if not signed else Trust.of(world.policy, world.folder)
    with pytest.raises(Unreadable):
        trust.bundle(f"{line}\n{line}\n")
