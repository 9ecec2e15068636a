"""About where an address is, from a file that the operator brings (MaxMind DB format 2.0); nothing is asked over the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, FilePath

from doorward.infra.tools import Tools

if TYPE_CHECKING:
    from maxminddb import Reader

_log = structlog.stdlib.get_logger("doorward.geoip")


class GeoipSettings(BaseModel):
    """Where addresses are (extra `geoip`), for notices of new devices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: FilePath | None = Field(
        default=None,
        description="A file of places by address in the MaxMind DB format, such as GeoLite2-City.mmdb. It is read anew when it was "
        "replaced.",
    )


class Places:
    """The file, opened when a place is first asked for; one per process, held by Tools."""

    def __init__(self) -> None:
        self._reader: Reader | None = None
        self._stamp: tuple[int, int] | None = None

    def find(self, path: Path, address: str) -> Any:
        """What the file says of an address. Raises OSError or ValueError for what is no such file or no address."""
        import maxminddb  # noqa: PLC0415 - an extra

        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if self._reader is None or stamp != self._stamp:
            try:
                # In memory: one that is mapped would change below our feet when it is written over.
                self._reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
            except OSError:
                raise
            except Exception as error:
                # What the library says of a damaged file is of many kinds.
                raise ValueError("not a MaxMind DB file") from error
            self._stamp = stamp
        return self._reader.get(address)


def place_of(tools: Tools, address: str | None, language: str | None = None) -> str | None:
    """Such as `Lyon, France`; None where nothing is known. language: a BCP 47 tag; English where the file has no other."""
    path = tools.section(GeoipSettings).database
    if path is None or address is None:
        return None
    try:
        found = tools.hold(Places).find(path, address)
    except (OSError, ValueError) as error:
        # A place is a courtesy: nobody's notice waits for the file to be mended.
        _log.warning("the file of places cannot be read", reason=type(error).__name__)
        return None
    if not isinstance(found, dict):
        return None
    names = [_name(found.get(part), language) for part in ("city", "country")]
    return ", ".join(name for name in names if name) or None


def _name(part: object, language: str | None) -> str | None:
    names = part.get("names") if isinstance(part, dict) else None
    if not isinstance(names, dict):
        return None
    found = names.get(language or "en") or names.get((language or "en").split("-")[0]) or names.get("en")
    return found if isinstance(found, str) else None
