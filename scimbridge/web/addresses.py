"""Where a request comes from, and whether a target takes requests from there."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flask import request

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

_IPV6_HOUSEHOLD = 64
"""One subscriber has all addresses of such a network."""


def networks(texts: Iterable[str]) -> Networks:
    """What the configuration calls networks; it has checked each of ``texts``."""
    return tuple(ip_network(text) for text in texts)


def client_address(proxies: Networks) -> Address | None:
    """The address that the request came from; None if there is none, as on a Unix socket.

    ``X-Forwarded-For`` is believed only as far as proxies of ours wrote it: from the right, up to
    the first address that is none of ``proxies``. Anybody may write anything left of that.
    """
    address = _parse(request.remote_addr or "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    while forwarded and address is not None and within(address, proxies):
        claimed = _parse(forwarded.pop().strip())
        if claimed is None:
            break
        address = claimed
    return address


def within(address: Address | None, allowed: Networks) -> bool:
    """Whether ``address`` is in one of the networks."""
    return address is not None and any(address in network for network in allowed)


def counted_as(address: Address | None) -> str:
    """What failures from ``address`` are counted under."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_HOUSEHOLD), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A server that listens on both versions sees IPv4 as ::ffff:192.0.2.1.
    return getattr(address, "ipv4_mapped", None) or address
