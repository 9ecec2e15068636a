"""The host that a request names: only declared ones, where any are declared.

A made-up Host ends up in links and caches; the links we send are built from the public address alone, and this check
keeps the rest of the software behind the same name honest. Platforms look at a process by its own address: that passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from doorward.http.call import call_of
from doorward.http.problems import App, Receive, Scope, Send
from doorward.kernel.problem import Kind, Problem

# A platform asks each process by the address it gave it, which nobody can list; none of these answers names a host.
_ASKED_BY_ADDRESS: Final = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})


class UnknownHost(Problem):
    """The request names a host that this service does not go by (`DOORWARD_HTTP__ALLOWED_HOSTS`).

    Remedy: Use the public name of the service; the operator lists its names.
    """

    code = "unknown-host"
    kind = Kind.MALFORMED
    title = "This is not a host of this service"


class AllowedHosts:
    """Refuses requests to hosts that are not listed. hosts: names without port; `*.example.com` for any below."""

    def __init__(self, app: App, hosts: Iterable[str]) -> None:
        self._app = app
        self._exact = frozenset(each for each in hosts if not each.startswith("*."))
        self._below = tuple(each[1:] for each in hosts if each.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on if its host is one of ours."""
        if (
            scope["type"] == "http"
            and not self._allows(call_of(scope).header(b"host") or "")
            and scope["path"] not in _ASKED_BY_ADDRESS
        ):
            raise UnknownHost("Send the request to the public address of this service.")
        await self._app(scope, receive, send)

    def _allows(self, host: str) -> bool:
        host = host.lower()
        name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
        name = name.removesuffix(".")
        return name in self._exact or (bool(self._below) and name.endswith(self._below))
