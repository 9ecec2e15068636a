"""Verifying tokens: for each claim and header what happens when it is missing, empty, null, doubled or of a wrong type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing import (
    KeyUnsuitable,
    Signer,
    SigningKey,
    TokenInvalid,
    Verifier,
    new_signing_key,
    public_key,
)

NOW = 1_800_000_000
ISSUER = "https://id.example.com"
AUDIENCE = "https://api.example.com"
KEY = new_signing_key()
SIGNER = Signer(KEY)
VERIFIER = Verifier({KEY.kid: public_key(KEY.public_jwk)})
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "usr_01h455vb4pex5vsknk084sn02q",
    "aud": AUDIENCE,
    "exp": NOW + 600,
    "iat": NOW,
    "nbf": NOW,
    "jti": "token",
    "sid": "ses_01h455vb4pex5vsknk084sn02q",
    "client_id": "doorward",
    "auth_time": NOW,
    "amr": ["pwd"],
    "nonce": "nonce",
    "scope": "openid",
}
TIMES = ["exp", "iat", "nbf", "auth_time"]
TEXTS = ["sub", "jti", "sid", "client_id", "nonce", "scope"]
MISSING = object()
WRONG = {
    "null": None,
    "empty": "",
    "true": True,
    "false": False,
    "list": [],
    "object": {},
    "list of null": [None],
    "nested list": [[AUDIENCE]],
}
# `zero` and texts of numbers are wrong in some places only, so they stand with those.
WRONG_TIME = {**WRONG, "text": str(NOW + 600), "text with exponent": "2e9", "list of time": [NOW]}
WRONG_TEXT = {**WRONG, "number": 7, "zero": 0, "float": 1.5, "list of text": ["usr_01h455vb4pex5vsknk084sn02q"]}
WRONG_ISSUER = {
    **WRONG_TEXT,
    "missing": MISSING,
    "another": "https://evil.example.com",
    "slash": ISSUER + "/",
    "upper": ISSUER.upper(),
    "list of it": [ISSUER],
    "prefix": ISSUER[:-1],
}
WRONG_AUDIENCE = {
    **WRONG,
    "missing": MISSING,
    "number": 7,
    "another": "https://other.example.com",
    "others": ["https://other.example.com", ""],
    "longer": AUDIENCE + "/v1",
    "part of": AUDIENCE[:-1],
    "with a number": [AUDIENCE, 7],
    "with null": [AUDIENCE, None],
    "object with it": {AUDIENCE: True},
}
WRONG_METHODS = {key: value for key, value in WRONG.items() if value != []} | {"text": "pwd", "number": 1}


def signed(header: bytes, payload: bytes) -> str:
    """A token with a good signature over any header and payload."""
    text = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return f"{text}.{base64url.encode(SIGNER._sign(text.encode()))}"


def with_claim(name: str, value: object) -> str:
    claims = {**CLAIMS, name: value}
    if value is MISSING:
        del claims[name]
    return signed(json.dumps(HEADER).encode(), json.dumps(claims).encode())


def with_header(**changes: object) -> str:
    header = {name: value for name, value in {**HEADER, **changes}.items() if value is not MISSING}
    return signed(json.dumps(header).encode(), json.dumps(CLAIMS).encode())


def verify(token: str, **changes: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"typ": "at+jwt", "issuer": ISSUER, "audience": AUDIENCE, "now": NOW}
    return VERIFIER.verify(token, **{**wanted, **changes})


def cases(*groups: tuple[list[str], dict[str, object]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{label}")
        for names, values in groups
        for name in names
        for label, value in values.items()
    ]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "Ed25519"])
def test_accepts_what_was_signed(algorithm):
    key = new_signing_key(algorithm)
    verifier = Verifier({key.kid: public_key(key.public_jwk)})
    token = Signer(key).sign(CLAIMS, "at+jwt")
    wanted: dict[str, Any] = {"typ": "at+jwt", "issuer": ISSUER, "audience": AUDIENCE, "now": NOW}
    assert verifier.verify(token, **wanted) == CLAIMS
    assert verifier.verify(token, **wanted) == CLAIMS


@pytest.mark.parametrize(
    ("name", "value"),
    cases(
        (["iss"], WRONG_ISSUER),
        (["aud"], WRONG_AUDIENCE),
        (["exp"], {"missing": MISSING, "zero": 0, "negative": -1}),
        (TIMES, WRONG_TIME),
        (TEXTS, WRONG_TEXT),
        (["amr"], WRONG_METHODS),
    ),
)
def test_refuses_a_claim_that_is_not_as_it_must_be(name, value):
    with pytest.raises(TokenInvalid):
        verify(with_claim(name, value))


@pytest.mark.parametrize("name", ["sub", "jti", "sid", "client_id", "iat", "nbf", "auth_time", "amr", "nonce", "scope"])
def test_a_further_claim_may_be_missing_unless_it_is_required(name):
    token = with_claim(name, MISSING)
    assert name not in verify(token)
    with pytest.raises(TokenInvalid, match="required"):
        verify(token, required=[name])


@pytest.mark.parametrize("name", CLAIMS)
def test_refuses_a_claim_that_appears_twice(name):
    payload = json.dumps(CLAIMS)
    doubled = payload[:-1] + f', "{name}": {json.dumps(CLAIMS[name])}}}'
    assert json.loads(doubled) == CLAIMS
    with pytest.raises(TokenInvalid):
        verify(signed(json.dumps(HEADER).encode(), doubled.encode()))


@pytest.mark.parametrize("name", HEADER)
def test_refuses_a_header_member_that_appears_twice(name):
    header = json.dumps(HEADER)
    doubled = header[:-1] + f', "{name}": {json.dumps(HEADER[name])}}}'
    with pytest.raises(TokenInvalid):
        verify(signed(doubled.encode(), json.dumps(CLAIMS).encode()))


@pytest.mark.parametrize(
    ("name", "value"),
    cases(
        (["alg", "typ", "kid"], {**WRONG_TEXT, "missing": MISSING}),
        (["alg"], {word: word for word in ("none", "None", "es256", "HS256", "RS256", "ES384", "EdDSA", "ES256 ")}),
        (["typ"], {word: word for word in ("JWT", "at+jwt ", "logout+jwt", "at", "x/at+jwt", "application/")}),
        (["kid"], {"unknown": "unknown", "path": "../../etc/passwd", "padded": KEY.kid + " "}),
        (
            ["crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"],
            {"null": None, "false": False, "list": [], "text": "https://evil.example.com", "own key": KEY.public_jwk},
        ),
    ),
)
def test_refuses_a_header_that_is_not_as_it_must_be(name, value):
    with pytest.raises(TokenInvalid):
        verify(with_header(**{name: value}))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_compares_the_type_as_a_media_type(typ):
    assert verify(with_header(typ=typ)) == CLAIMS
    assert verify(with_header(), typ=typ) == CLAIMS


def test_ignores_a_header_member_that_it_does_not_know():
    assert verify(with_header(x5t="thumbprint", anything={"at": "all"})) == CLAIMS


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "", "application/"])
def test_refuses_a_token_of_another_type_than_wanted(typ):
    with pytest.raises(TokenInvalid, match="typ"):
        verify(with_header(), typ=typ)


@pytest.mark.parametrize("typ", [MISSING, "", "application/"])
@pytest.mark.parametrize("wanted", ["", "application/"])
def test_refuses_a_token_without_a_type_even_where_none_is_wanted(typ, wanted):
    with pytest.raises(TokenInvalid, match="typ"):
        verify(with_header(typ=typ), typ=wanted)


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["https://other.example.com", AUDIENCE]])
def test_accepts_one_or_several_audiences(audience):
    assert verify(with_claim("aud", audience))["aud"] == audience


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("exp", NOW + 1, True),
        ("exp", NOW, True),
        ("exp", NOW - 4.5, True),
        ("exp", NOW - 5, False),
        ("exp", NOW - 600, False),
        ("exp", 10**12 + 1, False),
        ("exp", 10**400, False),
        ("exp", 2e9, True),
        ("nbf", NOW + 5, True),
        ("nbf", NOW + 6, False),
        ("iat", NOW + 5, True),
        ("iat", NOW + 6, False),
        ("iat", 0, True),
    ],
)
def test_holds_times_to_the_clock_and_five_seconds(name, value, good):
    token = with_claim(name, value)
    if good:
        assert verify(token)[name] == value
    else:
        with pytest.raises(TokenInvalid):
            verify(token)


def test_a_token_ends_on_the_second_without_leeway():
    token = with_header()
    assert verify(token, now=NOW + 599.999, leeway=0)
    with pytest.raises(TokenInvalid, match="expired"):
        verify(token, now=NOW + 600, leeway=0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"true",
        b"[]",
        b'"text"',
        b"{",
        b"{}x",
        b'{"exp": NaN}',
        b'{"exp": Infinity}',
        b'{"exp": -Infinity}',
        b'{"exp": 1e999}',
        b'{"exp": ' + b"9" * 5000 + b"}",
        b'{"sub": "\\ud800"}',
        b'{"a": {"sub": 1, "sub": 2}}',
        b'\xef\xbb\xbf{"sub": "a"}',
        b'{"sub": "\xff"}',
        b"{\"sub\": 'a'}",
        b"[" * 10_000,
        b'{"a":' * 2_000,
        json.dumps(CLAIMS).encode("utf-16"),
    ],
)
def test_refuses_what_is_not_strict_json(payload):
    with pytest.raises(TokenInvalid, match="strict JSON"):
        verify(signed(json.dumps(HEADER).encode(), payload))
    with pytest.raises(TokenInvalid, match="strict JSON"):
        verify(signed(payload, json.dumps(CLAIMS).encode()))


def test_refuses_an_endless_token_before_reading_it():
    with pytest.raises(TokenInvalid, match="too long"):
        verify(SIGNER.sign({**CLAIMS, "more": "x" * 16_384}, "at+jwt"))


@given(st.data())
def test_any_other_character_anywhere_is_refused(draw):
    token = SIGNER.sign(CLAIMS, "at+jwt")
    place = draw.draw(st.integers(0, len(token) - 1))
    other = draw.draw(st.text(max_size=2).filter(lambda each: each != token[place]))
    with pytest.raises(TokenInvalid):
        verify(token[:place] + other + token[place + 1 :])


@given(st.text())
def test_any_other_text_is_refused(text):
    for token in (text, f"{text}.{text}.{text}", f"{with_header()}.{text}"):
        with pytest.raises(TokenInvalid):
            verify(token)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: "Bearer " + token,
        lambda token: token.replace(".", ".."),
        lambda token: token + ".",
        lambda token: "." + token,
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token.rpartition(".")[0],
        lambda token: token.partition(".")[2],
        lambda token: ".." + token.rpartition(".")[2],
    ],
)
def test_refuses_every_other_framing(change: Callable[[str], str]):
    with pytest.raises(TokenInvalid):
        verify(change(with_header()))


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\0" * 63, b"\xff" * 64, b"\0" * 65, b"\x30\x06" + b"\0" * 70])
def test_refuses_degenerate_signatures(signature):
    text = with_header().rpartition(".")[0]
    with pytest.raises(TokenInvalid, match="signature"):
        verify(f"{text}.{base64url.encode(signature)}")


def test_refuses_the_signature_of_another_key_under_this_key_id():
    other = new_signing_key()
    foreign = Signer(other)
    token = foreign.sign(CLAIMS, "at+jwt").split(".")
    header = base64url.encode(json.dumps(HEADER).encode())
    with pytest.raises(TokenInvalid, match="signature"):
        verify(f"{header}.{token[1]}.{base64url.encode(foreign._sign(f'{header}.{token[1]}'.encode()))}")


def test_one_key_of_several_is_chosen_by_its_id_alone():
    keys: list[SigningKey] = [new_signing_key("ES256"), new_signing_key("Ed25519"), new_signing_key("ES256")]
    verifier = Verifier({key.kid: public_key(key.public_jwk) for key in keys})
    for key in keys:
        token = Signer(key).sign(CLAIMS, "at+jwt")
        assert verifier.verify(token, typ="at+jwt", issuer=ISSUER, audience=AUDIENCE, now=NOW) == CLAIMS


def test_keeps_few_headers_however_many_spellings_come():
    key = new_signing_key()
    verifier = Verifier({key.kid: public_key(key.public_jwk)})
    for number in range(600):
        header = base64url.encode(json.dumps({"alg": "ES256", "kid": key.kid, "typ": "at+jwt", "n": number}).encode())
        with pytest.raises(TokenInvalid):
            verifier.verify(f"{header}.e30.AAAA", typ="at+jwt", issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert len(verifier._headers) <= 256


def test_refuses_a_key_listed_under_another_id():
    with pytest.raises(KeyUnsuitable):
        Verifier({"another": public_key(KEY.public_jwk)})


def test_the_reason_never_repeats_the_token():
    token = with_claim("iss", "https://secret.example.com")
    with pytest.raises(TokenInvalid) as refused:
        verify(token)
    assert "secret" not in str(refused.value)
    assert "secret" not in refused.value.reason
