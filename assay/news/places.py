"""Where news go: URLs of Apprise, which hold secrets and are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from assay import environment
from assay.errors import UsageError
from assay.redact import Secret

VARIABLE = "ASSAY_NEWS"
FORMS = (f"an Apprise URL, env:VARIABLE or file:PATH with one a line (default: env:{VARIABLE}); "
         "what stands on a command line is seen by others on the machine")  # fmt: skip
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")


@dataclass(frozen=True, slots=True)
class Place:
    """One receiver; `name` is all that may be shown of it."""

    url: Secret
    name: str

    def __str__(self) -> str:
        return self.name


def named(words: Sequence[str]) -> tuple[Place, ...]:
    """The places that `--to` names; UsageError, without the URL, for what is none."""
    urls = [url for word in words or (f"env:{VARIABLE}",) for url in _urls(word)]
    if not urls:
        raise UsageError(
            "Nobody is named to whom news go.",
            evidence=f"no --to, and {VARIABLE} is empty",
            remedy=f"--to {FORMS}",
        )
    return tuple(_place(number, url) for number, url in enumerate(dict.fromkeys(urls), start=1))


def secrets(place: Place) -> tuple[Secret, ...]:
    """What of its URL must not be shown: user, password, path, values of parameters."""
    url = place.url.reveal()
    parts = urlsplit(url)
    pieces = [url.partition("://")[2], parts.username or "", parts.password or "", parts.path]
    pieces += [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    # A name of one or two letters in a path is no secret, and would be masked in every text.
    return tuple(Secret(one) for raw in pieces for one in {raw, unquote(raw)} if len(one) > 7)


def _place(number: int, url: str) -> Place:
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise UsageError(
            f"Receiver {number} is no URL.", remedy="see https://github.com/caronc/apprise/wiki"
        )
    return Place(Secret(url), f"receiver {number} ({scheme[0].lower()})")


def _urls(word: str) -> Iterator[str]:
    kind, _, rest = word.partition(":")
    if kind == "env":
        yield from (environment.variable(rest) or "").split()
    elif kind == "file" and not rest.startswith("//"):
        try:
            text = Path(rest).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(
                "The file with receivers cannot be read.", evidence=f"{rest}: {error.strerror}"
            ) from error
        lines = (line.strip() for line in text.splitlines())
        yield from (line for line in lines if line and not line.startswith("#"))
    else:
        yield word
