"""The session cookie of browsers, and the one they are known by: host-only, secure, out of reach of scripts, and not sent along from other sites."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from doorward.http.call import Call

# The prefix makes browsers refuse it unless it is Secure, for Path=/ and without Domain (RFC 6265bis section 4.1.3.2).
NAME: Final = "__Host-doorward_session"
DEVICE_NAME: Final = "__Host-doorward-device"
# As long as browsers keep any cookie (RFC 6265bis section 5.5).
_DEVICE_SECONDS: Final = 400 * 86400


def read_session_cookie(call: Call) -> str | None:
    """The session cookie's value."""
    return _read(call, NAME)


def read_device_cookie(call: Call) -> str | None:
    """What the browser is known by."""
    return _read(call, DEVICE_NAME)


def _read(call: Call, wanted: str) -> str | None:
    """A cookie's value. Two cookies of the name are none: one of them may have been planted."""
    header = call.header(b"cookie")
    if header is None or wanted not in header:
        return None
    found = [
        value
        for name, _, value in (part.strip().partition("=") for part in header.split(";"))
        if name == wanted and value
    ]
    return found[0] if len(found) == 1 else None


def session_cookie(secret: str, *, now: datetime, ends_at: datetime) -> tuple[str, str]:
    """The header that sets the cookie."""
    seconds = max(0, int((ends_at - now).total_seconds()))
    return ("set-cookie", f"{NAME}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")


def no_session_cookie() -> tuple[str, str]:
    """The header that takes the cookie away."""
    return ("set-cookie", f"{NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")


def device_cookie(secret: str) -> tuple[str, str]:
    """The header that sets the cookie a browser is known by. It outlives sessions: it opens nothing by itself."""
    return (
        "set-cookie",
        f"{DEVICE_NAME}={secret}; Path=/; Max-Age={_DEVICE_SECONDS}; Secure; HttpOnly; SameSite=Lax",
    )
