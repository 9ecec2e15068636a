"""From an address to a database, with every mistake in the address answered by one clear sentence."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import MetaData

from doorward.infra.database.conflicts import Conflicts
from doorward.infra.database.driver import Database
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.sqlite import SqliteDatabase


class AddressError(ValueError):
    """The database's address cannot be used. The message says why and what to write instead, without any password."""


def name_of(url: str) -> str:
    """`sqlite` or `postgresql`, by the address. Raises AddressError for anything else."""
    scheme = url.partition(":")[0].partition("+")[0].lower()
    if scheme == "sqlite":
        return "sqlite"
    if scheme in {"postgresql", "postgres"}:
        return "postgresql"
    raise AddressError(
        "DATABASE_URL must begin with sqlite:/// or postgresql://, such as sqlite:///data/doorward.sqlite3 or "
        "postgresql://user:password@host:5432/name."
    )


def sqlite_path(url: str) -> Path:
    """The file an SQLite address names. Raises AddressError when it names none."""
    path = url.partition(":")[2].removeprefix("//").partition("?")[0]
    if not path.startswith("/") or len(path) < 2 or path == "/:memory:":
        raise AddressError("An SQLite address names a file: sqlite:///relative/path or sqlite:////absolute/path.")
    return Path(path[1:])


def check_address(url: str) -> None:
    """Raises AddressError when the address is not one we can use, or needs a package that is not installed."""
    if name_of(url) == "sqlite":
        folder = sqlite_path(url).parent
        if not folder.is_dir():
            raise AddressError(
                f"The folder of the SQLite file in DATABASE_URL does not exist: {folder}. Make it first."
            )
        return
    if importlib.util.find_spec("asyncpg") is None:
        raise AddressError("PostgreSQL needs a package that is not installed: pip install 'doorward[postgres]'.")
    try:
        parts = urlsplit(url)
        usable = bool(parts.path.strip("/")) and (parts.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise AddressError("DATABASE_URL must name a database: postgresql://user:password@host:5432/name.")


def readable_parts(url: str) -> SplitResult | None:
    """The parts of an address, where it is certain which of them the password is; None where anything could be."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    # A password with an unencoded '/', '?' or '#' ends the network part early and stands in what follows.
    return None if "@" in f"{parts.path}{parts.query}" or parts.fragment else parts


def driver_url(url: str) -> str:
    """A PostgreSQL address as asyncpg takes it, whatever SQLAlchemy driver it names."""
    scheme, _, rest = url.partition(":")
    return f"{scheme.partition('+')[0]}:{rest}"


def open_database(url: str, settings: DatabaseSettings, metadata: MetaData) -> Database:
    """The database at an address, not yet connected where connecting can wait."""
    check_address(url)
    conflicts = Conflicts(metadata)
    if name_of(url) == "sqlite":
        return SqliteDatabase(sqlite_path(url), settings, conflicts)
    from doorward.infra.database.postgres import PostgresDatabase  # noqa: PLC0415 - asyncpg is an extra

    return PostgresDatabase(driver_url(url), settings, conflicts)
