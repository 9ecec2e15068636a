"""The session cookie of browsers: host-only, secure, out of reach of scripts, and not sent along from other sites."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from doorward.http.call import Call

# The prefix makes browsers refuse it unless it is Secure, for Path=/ and without Domain (RFC 6265bis section 4.1.3.2).
NAME: Final = "__Host-doorward_session"


def read_session_cookie(call: Call) -> str | None:
    """The cookie's value. Two cookies of the name are none: one of them may have been planted."""
    header = call.header(b"cookie")
    if header is None or NAME not in header:
        return None
    found = [
        value
        for name, _, value in (part.strip().partition("=") for part in header.split(";"))
        if name == NAME and value
    ]
    return found[0] if len(found) == 1 else None


def session_cookie(secret: str, *, now: datetime, ends_at: datetime) -> tuple[str, str]:
    """The header that sets the cookie."""
    seconds = max(0, int((ends_at - now).total_seconds()))
    return ("set-cookie", f"{NAME}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")


def no_session_cookie() -> tuple[str, str]:
    """The header that takes the cookie away."""
    return ("set-cookie", f"{NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
