"""Requests that a browser sends with a cookie but that no page of ours made (cross-site request forgery).

Browsers say where a request comes from: Sec-Fetch-Site (W3C Fetch Metadata), and Origin before that. A request that
changes something and says neither is refused when it carries a session cookie.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from doorward.http.call import Call
from doorward.kernel.problem import Kind, Problem

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteRequest(Problem):
    """A request that would change something came with a session cookie from a page of another site.

    Remedy: Ask from a page of the service itself, or send an access token in place of the cookie.
    """

    code = "cross-site-request"
    kind = Kind.FORBIDDEN
    title = "Requests from other sites are refused"


def require_same_site(call: Call, method: str, own_origin: str, allowed: Collection[str] = ()) -> None:
    """Raises CrossSiteRequest unless a cookie-authenticated request was made by our own page or an allowed origin.

    own_origin: scheme, host and port of the public address, such as `https://id.example.com`. allowed: further origins.
    Not for requests that carry a bearer token: no browser adds one by itself.
    """
    if method in _SAFE:
        return
    origin = call.header(b"origin")
    if origin is not None:
        # Same-origin by Sec-Fetch-Site covers a public address that differs from the configured one, as behind a
        # development proxy; that header cannot be set by a page's script.
        if origin == own_origin or origin in allowed or call.headers.get(b"sec-fetch-site") == b"same-origin":
            return
    elif call.headers.get(b"sec-fetch-site") == b"same-origin":
        return
    raise CrossSiteRequest("Send the request from a page of this site, or with an access token instead of the cookie.")
