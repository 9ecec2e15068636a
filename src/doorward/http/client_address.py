"""The client's address, seen through declared proxies only (X-Forwarded-For, or Forwarded of RFC 7239).

Anybody can send a forwarding header. It is read from the right, where the nearest proxy wrote, and only as far as the
addresses in it are themselves trusted proxies; the first one that is not is the client, whatever stands left of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_MAX_HOPS: Final = 32
_FORWARDED_FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]+)', re.IGNORECASE)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in one entry, which may carry a port, brackets or an IPv6 zone; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class ClientAddress:
    """Answers where a request comes from. trusted: addresses, networks or `unix`. header: the one forwarding header read."""

    def __init__(self, trusted: Iterable[str], header: str) -> None:
        entries = set(trusted)
        self._trusts_unix = "unix" in entries
        self._networks = [ip_network(each, strict=False) for each in entries - {"unix"}]
        self._header = header.encode()
        self._is_standard = header == "forwarded"
        self.trusts_anybody = bool(entries)
        self.is_trusted = lru_cache(maxsize=1024)(self._is_trusted)

    def of(self, peer: str | None, headers: Mapping[bytes, bytes]) -> tuple[str | None, bool]:
        """The client's address and whether the direct peer is a trusted proxy. peer: the socket's other end, None for Unix."""
        if not self.trusts_anybody or not self.is_trusted(peer):
            return peer, False
        forwarded = headers.get(self._header)
        if forwarded is None:
            return peer, True
        client = peer
        for entry in self._entries(forwarded.decode("latin-1")):
            address = read_address(entry)
            if address is None:
                # Unknown or damaged: what stands left of it was vouched for by nobody.
                break
            client = str(address)
            if not self.is_trusted(client):
                break
        return client, True

    def _entries(self, value: str) -> list[str]:
        """The addresses in the header, nearest first."""
        entries = value.split(",")[-_MAX_HOPS:]
        if self._is_standard:
            found = [_FORWARDED_FOR.search(each) for each in entries]
            entries = ["" if each is None else each.group(1) for each in found]
        entries.reverse()
        return entries

    def _is_trusted(self, peer: str | None) -> bool:
        if peer is None:
            return self._trusts_unix
        address = read_address(peer)
        return address is not None and any(address in network for network in self._networks)
