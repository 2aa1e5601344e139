"""Which addresses a job may connect to: no metadata service, no loopback, no private network."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], tuple[Address, ...]]
# Global by number, and yet they lead elsewhere: 6to4. Mapped and NAT64 addresses are reserved ones.
_EXTRA = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.88.99.0/24",
        "2002::/16",
    )
)
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]*|[0-9]+")


class RefusedAddress(ValueError):
    """A host is, or leads to, an address that a job may not connect to."""


class Unresolvable(ValueError):
    """A host name has no address."""


def forbidden(address: Address) -> bool:
    """Whether a job may not connect there."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return True
    return any(address.version == net.version and address in net for net in _EXTRA)


def literal(host: str) -> Address | None:
    """The address that a host is by its spelling: dotted, decimal, octal or hexadecimal.

    None for a name. The C library takes `127.1`, `0x7f000001` and `017700000001` for addresses.
    """
    host = host.rstrip(".")
    parts = host.split(".")
    if len(parts) <= 4 and all(_NUMBER.fullmatch(part) for part in parts):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            raise RefusedAddress("the host looks like an address and is none") from None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def check_spelling(host: str) -> None:
    """Refuse what can be refused without asking a name server; RefusedAddress says why."""
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith((".localhost", ".internal", ".local")):
        raise RefusedAddress("the host is this machine or a private name")
    address = literal(host)
    if address is not None and forbidden(address):
        raise RefusedAddress("the host is a private, loopback or metadata address")


def resolve(host: str) -> tuple[Address, ...]:
    """All addresses of a host, asked once; Unresolvable when there is none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolvable(f"host {host} does not resolve: {error}") from None
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return tuple(ipaddress.ip_address(text) for text in texts)


def checked(host: str, *, resolver: Resolver = resolve) -> tuple[Address, ...]:
    """The addresses of a host, resolved once, every one of them allowed."""
    check_spelling(host)
    addresses = resolver(host)
    _refuse(host, (one for one in addresses if forbidden(one)))
    return addresses


def _refuse(host: str, bad: Iterable[Address]) -> None:
    for address in bad:
        raise RefusedAddress(f"host {host} leads to {address}, a private or metadata address")
