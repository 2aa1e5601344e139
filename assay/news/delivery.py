"""Brings a message to a place, a few times if need be; says why it did not arrive."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from assay.clock import pause
from assay.errors import SetupError, UsageError
from assay.news.message import Message
from assay.news.places import Place
from assay.redact import Scrubber

WAITS = (1.0, 4.0, 15.0)  # seconds between tries


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message; `why` is what the last try said, without secrets."""

    place: str
    delivered: bool
    tries: int
    why: str = ""

    def __str__(self) -> str:
        tries = f"{self.tries} {'try' if self.tries == 1 else 'tries'}"
        if self.delivered:
            return f"{self.place}: told ({tries})"
        return f"{self.place}: NOT DELIVERED after {tries}: {self.why}"


def deliver(
    message: Message,
    place: Place,
    scrub: Scrubber,
    *,
    good: bool,
    waits: Sequence[float] = WAITS,
) -> Delivery:
    """Try once, and once more after each wait; what fails is the value's matter, not an exception.

    UsageError where Apprise knows no service for the place, SetupError where there is no Apprise.
    """
    service = _service(place)
    kind = _apprise().NotifyType.SUCCESS if good else _apprise().NotifyType.FAILURE
    why, tries = "", 0
    for wait in (0.0, *waits):
        pause(wait)
        tries += 1
        with _said() as said:
            try:
                # The service itself: above it Apprise forgives what is marked `optional`.
                arrived = service.notify(body=message.body, title=message.title, notify_type=kind)
            except Exception as error:  # noqa: BLE001 - a plugin's own; the next try may do better
                arrived, why = False, f"{type(error).__name__}: {error}"
        if arrived:
            return Delivery(place.name, delivered=True, tries=tries)
        why = "; ".join(said) or why or "the service did not say why"
    return Delivery(place.name, delivered=False, tries=tries, why=scrub.scrub(why))


def _service(place: Place) -> Any:
    apprise = _apprise()
    # Behind a redirect it asks again without the message, and calls the answer a success.
    asset = apprise.AppriseAsset(async_mode=False, http_redirects=False)
    asset.app_id = asset.app_desc = "Replicator Assay"
    with _said():
        service = apprise.Apprise.instantiate(place.url.reveal(), asset=asset)
    if service is None:
        raise UsageError(
            f"Apprise knows no service for {place}, or its URL lacks a part.",
            remedy="see https://github.com/caronc/apprise/wiki",
        )
    service.request_rate_per_sec = 0  # up to 5.5 s between two tries; the waits are ours
    return service


def _apprise() -> Any:
    try:
        import apprise
    except ImportError:
        raise SetupError(
            "Apprise is not installed.", remedy="pip install 'replicator-assay[news]'"
        ) from None
    return apprise


@contextmanager
def _said() -> Iterator[list[str]]:
    """What Apprise logs meanwhile; it goes nowhere else, since it may show what was sent."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage().replace("\n", " "))

    logger = logging.getLogger("apprise")
    listener, before = Listener(logging.WARNING), (logger.propagate, list(logger.handlers))
    logger.propagate, logger.handlers = False, [listener]
    try:
        yield said
    finally:
        logger.propagate, logger.handlers = before
