"""Connects to public addresses only, and to the very address that was looked at.

The name is resolved once, here: between a check and a connection that resolves again, whoever owns the name could change
what it means (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError


class AddressNotAllowed(ConnectError):  # noqa: N818 - the library's kind of error, named by what happened
    """The name leads to no address that may be reached."""


class PublicNetwork(AsyncNetworkBackend):
    """Opens connections. allowed: networks that may be reached although they are not public."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._backend = AnyIOBackend()
        self._allowed: list[IPv4Network | IPv6Network] = [ip_network(each, strict=False) for each in allowed]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> AsyncNetworkStream:
        """Connects to the first address that may be reached. TLS still checks the certificate against the name."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        # One address that may not be reached is enough: an honest name has none.
        if not addresses or not all(self.may_reach(ip_address(each.partition("%")[0])) for each in addresses):
            raise AddressNotAllowed("the name leads to an address that may not be reached")
        return await self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)  # type: ignore[arg-type]  # the library's own type is not public

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._backend.sleep(seconds)

    def may_reach(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address is public or allowed. One that carries another inside is judged by that one too."""
        if any(address in network for network in self._allowed):
            return True
        if isinstance(address, IPv6Address):
            inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
            if inside is None and address in _NAT64:
                inside = IPv4Address(int(address) & 0xFFFFFFFF)
            if inside is not None:
                return self.may_reach(inside)
        return address.is_global and not address.is_multicast


_NAT64 = IPv6Network("64:ff9b::/96")
