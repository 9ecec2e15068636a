"""Read what browsers answer (`PublicKeyCredential.toJSON`, WebAuthn L3 5.1.7), strictly: each value in its one spelling.

A lenient reader gives one passkey many names, and lets two parsers see different client data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from doorward.infra.crypto import base64url
from doorward.infra.strict_json import NotStrictJson, parse

_LONGEST_ID: Final = 1023
_LONGEST_PART: Final = 32 * 1024
_LONGEST_CHALLENGE: Final = 1024
_LONGEST_HANDLE: Final = 64
_TRANSPORT: Final = re.compile(r"[a-z-]{2,16}", re.ASCII)
_MOST_TRANSPORTS: Final = 8


class NotAccepted(Exception):  # noqa: N818 - says what the answer is
    """An answer is not what was asked for. reason: words of ours, for the explanation; nothing of the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def credential_id(credential: Mapping[str, Any]) -> bytes:
    """The id that an answer names. Raises NotAccepted."""
    if credential.get("type") != "public-key":
        raise NotAccepted("type")
    if credential.get("rawId") != credential.get("id"):
        raise NotAccepted("id")
    return read(credential, "id", most=_LONGEST_ID)


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The challenge that an answer says it answers, for finding what was asked. Raises NotAccepted."""
    return read(client_data(credential), "challenge", most=_LONGEST_CHALLENGE)


def user_handle(credential: Mapping[str, Any]) -> bytes | None:
    """Whose passkey it is as the authenticator says; None where it does not say. Raises NotAccepted."""
    response = response_of(credential)
    if response.get("userHandle") is None:
        return None
    return read(response, "userHandle", most=_LONGEST_HANDLE)


def client_data(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the browser says about the page. Raises NotAccepted, also for one inside a frame of another site.

    There a page of ours could be made to ask while something else is seen (clickjacking), so none of ours is ever framed.
    """
    try:
        found = parse(read(response_of(credential), "clientDataJSON"))
    except NotStrictJson:
        raise NotAccepted("client-data") from None
    if not isinstance(found, dict):
        raise NotAccepted("client-data")
    if found.get("crossOrigin", False) is not False or "topOrigin" in found:
        raise NotAccepted("cross-origin")
    return found


def response_of(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    """The authenticator's part of an answer. Raises NotAccepted."""
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise NotAccepted("response")
    return response


def transports(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """How the browser reached the authenticator, kept to ask in the same way; words unknown to us too (section 5.2.1)."""
    given = response_of(credential).get("transports")
    if not isinstance(given, list):
        return ()
    words = (each for each in given[:_MOST_TRANSPORTS] if isinstance(each, str) and _TRANSPORT.fullmatch(each))
    return tuple(dict.fromkeys(words))


def read(source: Mapping[str, Any], name: str, *, most: int = _LONGEST_PART) -> bytes:
    """One value of bytes. most: how many. Raises NotAccepted."""
    text = source.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= (most * 4 + 2) // 3:
        raise NotAccepted(name)
    try:
        return base64url.decode(text)
    except ValueError:
        raise NotAccepted(name) from None
