"""A secret as apps take it in: an address (the Key URI format) and its picture."""

from __future__ import annotations

import io
from urllib.parse import quote, urlencode

from doorward.domain.methods.totp.one_time_password import PERIOD_SECONDS
from doorward.domain.methods.totp.stored import Authenticator


def address_of(authenticator: Authenticator, *, issuer: str, account: str) -> str:
    """The `otpauth:` address of an app. account: what the app shows, such as an email address."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    parameters = {
        "secret": authenticator.secret_text,
        "issuer": issuer,
        "algorithm": authenticator.algorithm,
        "digits": authenticator.digits,
        "period": PERIOD_SECONDS,
    }
    return f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}"


def picture_of(address: str) -> str:
    """A QR code as an SVG document, black on white, with the margin that scanners want."""
    import segno  # noqa: PLC0415 - setting up an app is rare, and the library takes memory

    buffer = io.BytesIO()
    code = segno.make(address, micro=False, error="m")
    code.save(
        buffer, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgclass=None, lineclass=None
    )
    return buffer.getvalue().decode().strip()
