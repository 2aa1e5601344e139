"""Servers in containers: whether they can be had here."""

from __future__ import annotations

from dataclasses import dataclass

from assay.postgres import containers
from assay.postgres.providers.base import Order, Start, Unavailable


@dataclass(frozen=True, slots=True)
class Docker:
    """Provider of servers in containers."""

    name: str = "docker"

    def why_not(self, major: int) -> str | None:
        """Whether a daemon answers and has the image; a pull is left for `prepare`."""
        if containers.why_absent() is not None:
            return "no daemon answers"
        if not containers.has_image(_image(major)):
            return f"{_image(major)} is not local and would be pulled"
        return None

    def fetches(self, major: int) -> bool:
        """Whether a daemon could pull it."""
        return containers.why_absent() is None

    def prepare(self, order: Order) -> Start:
        """Find the daemon and the image, or say why not."""
        image = _image(order.major)
        if (reason := containers.why_absent()) is not None:
            raise Unavailable("No Docker daemon answers.", evidence=reason, remedy="start Docker")
        if (reason := containers.why_no_image(image)) is not None:
            raise Unavailable(
                f"The image {image} is not local and cannot be pulled.",
                evidence=reason,
                remedy=f"docker pull {image}",
            )
        from assay.postgres.providers import box  # testcontainers is slow to load

        one = box.make(order, provider=self.name, image=image)
        return Start(launch=one.launch, ready=one.ready)


def _image(major: int) -> str:
    return f"postgres:{major}"
