"""The one function that verifies signed tokens (RFC 7515, RFC 7519, and RFC 8725's advice), whoever made them.

The key fixes the algorithm; the header only has to agree. Nothing in a token can name, bring or fetch a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

from doorward.infra import strict_json
from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing.keys import KeyUnsuitable, PublicKey

TOKEN_CHARACTERS: Final = 16 * 1024
_HEADERS_KEPT: Final = 256
# `crit` and `b64` ask for rules that are not known here; the others bring a key along or point to one.
_REFUSED_HEADERS: Final = ("crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c")
# The year 33658. Python's integers have no end, and one beyond every float would raise where it meets one.
_SECONDS_MAX: Final = 10**12
_ONLY_TEXT: Final = {str}
_TEXT_CLAIMS: Final = ("sub", "jti", "sid", "client_id", "nonce", "scope")


class TokenInvalid(Exception):  # noqa: N818 - the reason is for logs; a caller only learns that the token is not valid
    """A token must not be trusted. reason: for logs; holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeyUnknown(TokenInvalid):
    """The token names a key that this verifier does not hold; a newer key set may."""


class Verifier:
    """Verifies tokens against a set of public keys. keys: by key id, as tokens name them in `kid`."""

    def __init__(self, keys: Mapping[str, PublicKey]) -> None:
        if any(kid != key.kid for kid, key in keys.items()):
            raise KeyUnsuitable("a key is listed under another id than its own")
        self._keys = dict(keys)
        # Headers that were read and found good: in practice one for each key and kind of token.
        self._headers: dict[str, tuple[PublicKey, str | None]] = {}

    def verify(
        self,
        token: str,
        *,
        typ: str,
        issuer: str,
        audience: str,
        now: float,
        leeway: float = 5.0,
        required: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The claims of a valid token. Raises TokenInvalid.

        typ: the kind of token wanted, such as `at+jwt`; compared without case and with or without `application/`.
        audience: must be the token's `aud` or one of it. now: seconds since 1970. leeway: seconds by which clocks of
        issuer and verifier may differ. required: further claims that must be there; `iss`, `aud` and `exp` always must.
        """
        kind, payload = self._authentic(token)
        if not kind or (kind != typ and kind != _kind(typ)):
            raise TokenInvalid("typ is missing or another")
        try:
            claims = _object(base64url.decode(payload))
        except ValueError:
            raise TokenInvalid("the payload is not strict JSON of an object") from None
        _check_claims(claims, issuer, audience, required)
        _check_times(claims, now, leeway)
        return claims

    def _authentic(self, token: str) -> tuple[str | None, str]:
        """The kind, if it says one, and the still encoded payload of a token whose signature is good."""
        if len(token) > TOKEN_CHARACTERS:
            raise TokenInvalid("the token is too long")
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        known = self._headers.get(header)
        if known is None:
            known = self._read_header(header)
        key, kind = known
        try:
            key.check(base64url.decode(signature), signed.encode("ascii"))
        except (InvalidSignature, ValueError):
            raise TokenInvalid("the signature is wrong") from None
        return kind, payload

    def _read_header(self, segment: str) -> tuple[PublicKey, str | None]:
        try:
            header = _object(base64url.decode(segment))
        except ValueError:
            raise TokenInvalid("the header is not strict JSON of an object") from None
        if any(name in header for name in _REFUSED_HEADERS):
            raise TokenInvalid("the header has a member that is refused")
        kid, algorithm, typ = header.get("kid"), header.get("alg"), header.get("typ")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise KeyUnknown("the key is unknown")
        if algorithm != key.algorithm:
            raise TokenInvalid("the algorithm is not the key's")
        if "typ" in header and not isinstance(typ, str):
            raise TokenInvalid("typ is missing or another")
        if len(self._headers) >= _HEADERS_KEPT:
            # Anyone can spell a header in many ways; the few good ones are soon back.
            self._headers.clear()
        result = self._headers[segment] = (key, None if typ is None else _kind(typ))
        return result


def _object(data: bytes) -> dict[str, Any]:
    value = strict_json.parse(data)
    if type(value) is not dict:
        raise ValueError("not an object")
    return value


def _kind(typ: str) -> str:
    """A media type without regard to case and to the `application/` that may be left out (RFC 7515 section 4.1.9)."""
    return typ.lower().removeprefix("application/")


def _check_claims(claims: dict[str, Any], issuer: str, audience: str, required: Sequence[str]) -> None:
    if claims.get("iss") != issuer:
        raise TokenInvalid("iss is missing or another")
    _check_audience(claims.get("aud"), audience)
    for name in required:
        if name not in claims:
            raise TokenInvalid("a required claim is missing")
    for name in _TEXT_CLAIMS:
        if name in claims and (type(claims[name]) is not str or not claims[name]):
            raise TokenInvalid("a claim that must be a text is not")
    methods = claims.get("amr", ())
    if "amr" in claims and (type(methods) is not list or not {*map(type, methods)} <= _ONLY_TEXT):
        raise TokenInvalid("amr is not a list of texts")


def _check_audience(meant: object, audience: str) -> None:
    if type(meant) is list and all(type(each) is str for each in meant):
        if audience in meant:
            return
    elif type(meant) is not str:
        raise TokenInvalid("aud is missing or of a wrong type")
    elif meant == audience:
        return
    raise TokenInvalid("aud does not name us")


def _check_times(claims: dict[str, Any], now: float, leeway: float) -> None:
    # `type` and not isinstance: true is an int to Python, and `exp: true` must not be read as the year 1970.
    for name in ("exp", "nbf", "iat", "auth_time"):
        value = claims.get(name, 0)
        if type(value) not in (int, float) or abs(value) > _SECONDS_MAX:
            raise TokenInvalid("a time is not a number of seconds")
    if "exp" not in claims:
        raise TokenInvalid("exp is missing")
    if now >= claims["exp"] + leeway:
        raise TokenInvalid("expired")
    if claims.get("nbf", now) > now + leeway or claims.get("iat", now) > now + leeway:
        raise TokenInvalid("not valid yet")
