"""Places of addresses: from a file of the operator, in their language, and never at the price of a notice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from doorward.infra.geoip import GeoipSettings, place_of
from doorward.infra.tools import Tools
from doorward.settings import SettingsError, read_settings
from tests.make.places import write_places
from tests.make.tools import changed

pytestmark = pytest.mark.integration

LYON: dict[str, Any] = {
    "city": {"names": {"en": "Lyon", "de": "Lyon"}},
    "country": {"names": {"en": "France", "de": "Frankreich"}},
}


@pytest.fixture
def places(tools: Tools, tmp_path: Path) -> Path:
    """A file that knows one network, in use."""
    path = write_places(tmp_path / "places.mmdb", "192.0.2.0/24", LYON)
    changed(tools, GeoipSettings, database=path)
    return path


@pytest.mark.usefixtures("places")
def test_names_city_and_country_in_the_language_that_there_is(tools: Tools) -> None:
    assert place_of(tools, "192.0.2.77") == "Lyon, France"
    assert place_of(tools, "192.0.2.77", "de-AT") == "Lyon, Frankreich"
    assert place_of(tools, "192.0.2.77", "pt") == "Lyon, France"


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("address", ["198.51.100.1", "no address", "", "2001:db8::1", None])
def test_knows_nothing_of_other_addresses(tools: Tools, address: str | None) -> None:
    assert place_of(tools, address) is None


def test_says_nothing_without_a_file(tools: Tools) -> None:
    assert place_of(tools, "192.0.2.77") is None


def test_reads_a_file_anew_that_was_replaced(tools: Tools, places: Path) -> None:
    assert place_of(tools, "192.0.2.77") == "Lyon, France"
    write_places(places, "192.0.2.0/24", {"country": LYON["country"]})
    os.utime(places, ns=(1, 1))
    assert place_of(tools, "192.0.2.77") == "France"


@pytest.mark.parametrize("content", [b"", b"no such thing" * 100])
def test_a_broken_file_costs_the_place_alone(tools: Tools, places: Path, content: bytes) -> None:
    places.write_bytes(content)
    assert place_of(tools, "192.0.2.77") is None
    places.unlink()
    assert place_of(tools, "192.0.2.77") is None


def test_refuses_a_setting_that_names_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DOORWARD_GEOIP__DATABASE"):
        read_settings({"DOORWARD_GEOIP__DATABASE": str(tmp_path / "missing.mmdb")})
