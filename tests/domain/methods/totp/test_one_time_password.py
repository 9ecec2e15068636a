"""One-time passwords as RFC 4226 and RFC 6238 compute them, and which of them an app may use."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from doorward.domain.methods.totp.one_time_password import Algorithm, password_of, step_at
from doorward.domain.methods.totp.picture import address_of, picture_of
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.domain.methods.totp.stored import Authenticator, new_authenticator, read

SEED = b"12345678901234567890"
SEEDS: dict[Algorithm, bytes] = {"SHA1": SEED, "SHA256": (SEED * 2)[:32], "SHA512": (SEED * 4)[:64]}

# RFC 6238 appendix B.
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
# RFC 4226 appendix D.
COUNTED = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize("vector", VECTORS)
def test_computes_the_passwords_of_rfc_6238(vector: tuple[int, str, str, str]) -> None:
    seconds, *expected = vector
    for algorithm, password in zip(SEEDS, expected, strict=True):
        assert password_of(SEEDS[algorithm], step_at(seconds), digits=8, algorithm=algorithm) == password


def test_computes_the_passwords_of_rfc_4226() -> None:
    assert [password_of(SEED, step, digits=6, algorithm="SHA1") for step in range(10)] == COUNTED


@pytest.mark.parametrize(("algorithm", "length"), [("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
def test_makes_secrets_as_long_as_the_hash_and_never_twice(algorithm: Algorithm, length: int) -> None:
    settings = TotpSettings(algorithm=algorithm, digits=8)
    apps = [new_authenticator(settings) for _ in range(50)]
    assert {len(app.secret) for app in apps} == {length}
    assert len({app.secret for app in apps}) == 50
    assert all(app.secret_text not in repr(app) for app in apps)
    assert read(apps[0].data()) == apps[0]


@pytest.mark.parametrize("secret", ["JBSWY3DPEHPK3PXP", "jbswy3dpehpk3pxp", "JBSWY3DPEHPK3PXPJBSWY3DP"])
def test_reads_secrets_of_other_products_down_to_eighty_bits(secret: str) -> None:
    app = read({"secret": secret})
    assert app.secret == base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    code = password_of(app.secret, step_at(59), digits=6, algorithm="SHA1")
    assert app.take(code, now=59, drift_steps=0) == replace(app, last_step=1)


def code_at(step: int) -> str:
    return password_of(SEED, step, digits=6, algorithm="SHA1")


@pytest.mark.parametrize(("drift", "right"), [(0, {100}), (1, {99, 100, 101}), (2, {98, 99, 100, 101, 102})])
def test_takes_codes_within_the_drift_and_no_others(drift: int, right: set[int]) -> None:
    app = Authenticator(SEED)
    taken = {
        step
        for step in range(90, 111)
        if app.take(code_at(step), now=100 * 30 + 29.9, drift_steps=drift) == replace(app, last_step=step)
    }
    assert taken == right


def test_takes_no_code_twice_and_none_older_than_the_last() -> None:
    app = Authenticator(SEED).take(code_at(100), now=3000, drift_steps=1)
    assert app is not None
    for step in (99, 100):
        assert app.take(code_at(step), now=3000, drift_steps=1) is None
    later = app.take(code_at(101), now=3000, drift_steps=1)
    assert later is not None
    # The clock set back brings no code back.
    assert later.take(code_at(100), now=2990, drift_steps=1) is None


@pytest.mark.parametrize(
    "typed",
    ["", " ", "0", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "\ud800", "9" * 5000, "-1", "\x00"],
)
def test_takes_nothing_else(typed: str) -> None:
    assert Authenticator(SEED).take(typed, now=3000, drift_steps=2) is None


def test_takes_codes_as_people_type_them() -> None:
    code = code_at(100)
    for typed in (f"{code[:3]} {code[3:]}", f" {code} ", f"{code[:3]}-{code[3:]}"):
        assert Authenticator(SEED).take(typed, now=3000, drift_steps=1) is not None


def test_writes_the_address_that_apps_read() -> None:
    app = Authenticator(SEED, "SHA256", 8)
    address = urlsplit(address_of(app, issuer="Ada & Söhne", account="ada+x@example.com"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Ada%20%26%20S%C3%B6hne:ada%2Bx@example.com"
    assert parse_qs(address.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Ada & Söhne"],
        "algorithm": ["SHA256"],
        "digits": ["8"],
        "period": ["30"],
    }
    assert "+" not in address.query


def test_draws_the_address_as_a_picture_without_anything_active() -> None:
    picture = picture_of("otpauth://totp/Doorward:ada@example.com?secret=GEZDGNBVGY3TQOJQ")
    assert picture.startswith("<svg ")
    assert picture.endswith("</svg>")
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture
    assert not {"<script", "<style", "style=", "href", "GEZDGNBVGY3TQOJQ"} & set(picture.split('"'))
    assert "<script" not in picture
    assert picture.count("<path") == 2
