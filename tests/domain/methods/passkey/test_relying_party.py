"""Which domain passkeys belong to, and which settings cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from doorward.domain.methods.passkey.relying_party import from_settings
from doorward.domain.methods.passkey.settings import PasskeySettings
from doorward.settings import SettingsError, read_settings


@pytest.mark.parametrize(
    ("issuer", "rp_id", "origin"),
    [
        ("https://id.example.com", "id.example.com", "https://id.example.com"),
        ("https://ID.example.com:8443", "id.example.com", "https://id.example.com:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://[::1]:8000", "localhost", "http://localhost:8000"),
        ("http://localhost:9000", "localhost", "http://localhost:9000"),
    ],
)
def test_is_the_host_of_the_issuer(issuer: str, rp_id: str, origin: str) -> None:
    party = from_settings(PasskeySettings(), issuer)
    assert (party.id, party.origins) == (rp_id, (origin,))
    assert party.wants_verification


def test_is_a_domain_above_it_with_further_pages_where_that_is_set() -> None:
    origins = ["https://app.example.com", "https://id.example.com", "android:apk-key-hash:abc_-1"]
    settings = PasskeySettings(rp_id="example.com", origins=origins, user_verification="preferred")
    party = from_settings(settings, "https://id.example.com")
    assert (party.id, party.origins) == ("example.com", tuple(origins))
    assert not party.wants_verification


@pytest.mark.parametrize(
    "rp_id", ["127.0.0.1", "https://example.com", "Example.com", "example.com:443", "a..b", "", "-a"]
)
def test_refuses_what_is_no_domain(rp_id: str) -> None:
    with pytest.raises(ValidationError):
        PasskeySettings(rp_id=rp_id)


@pytest.mark.parametrize(
    "origin", ["https://example.com/", "example.com", "https://example.com/path", "https://*.example.com", "null", "*"]
)
def test_refuses_what_no_browser_writes_as_an_origin(origin: str) -> None:
    with pytest.raises(ValidationError):
        PasskeySettings(origins=[origin])


def test_refuses_pages_that_all_lie_elsewhere() -> None:
    with pytest.raises(ValidationError):
        PasskeySettings(rp_id="example.com", origins=["https://example.org", "https://notexample.com"])


def test_wants_certificates_in_the_file_of_roots(tmp_path: Path) -> None:
    empty = tmp_path / "roots.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / "none.pem"):
        with pytest.raises(SettingsError, match="PEM file"):
            read_settings({"DOORWARD_PASSKEY__ATTESTATION_ROOTS": str(path)})


def test_reads_lists_from_the_environment() -> None:
    settings = read_settings(
        {
            "DOORWARD_PASSKEY__RP_ID": "example.com",
            "DOORWARD_PASSKEY__ORIGINS": "https://example.com,https://app.example.com",
            "DOORWARD_PASSKEY__ALLOW_AAGUIDS": "d548826e-79b4-db40-a3d8-11116f7e8349",
        }
    ).section(PasskeySettings)
    assert settings.origins == ["https://example.com", "https://app.example.com"]
    assert len(settings.allow_aaguids) == 1
