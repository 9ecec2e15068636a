"""Where the installation's secret and its database are: from the settings, or made and kept in development."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from doorward.domain.access.settings import TokensSettings
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.http.settings import ServerSettings
from doorward.infra.database.connect import name_of, readable_parts, sqlite_path
from doorward.infra.database.settings import DatabaseSettings
from doorward.settings import SHORTEST_SECRET, Settings, SettingsError

_FILE: Final = "secret"
_DATABASE: Final = "doorward.sqlite3"
_BREACHED: Final = "breached-passwords"


def data_folder(settings: Settings) -> Path:
    """The data folder, made for its owner alone if it is not there. Raises SettingsError when it cannot be written."""
    folder = settings.root.data_dir
    try:
        # Names and addresses are in it: nobody else of the machine's users has any business there.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            [f"The data folder {folder} cannot be written: {error.strerror}. Set DOORWARD_DATA_DIR to one that can."]
        ) from None
    return folder


def database_url(settings: Settings) -> str:
    """The address of the database: as configured, or an SQLite file in the data folder."""
    configured = settings.section(DatabaseSettings).url
    return configured or f"sqlite:///{data_folder(settings) / _DATABASE}"


def database_name(settings: Settings) -> str:
    """The database in words for people, without the password of its address."""
    configured = settings.section(DatabaseSettings).url
    if not configured:
        return f"The SQLite file {settings.root.data_dir / _DATABASE}"
    if name_of(configured) == "sqlite":
        return f"The SQLite file {sqlite_path(configured)}"
    parts = readable_parts(configured)
    if parts is None:
        return "The PostgreSQL database"
    where = parts.netloc.rpartition("@")[2]
    return f"The PostgreSQL database {parts.path.strip('/')}" + (f" at {where}" if where else "")


def breach_file(settings: Settings) -> Path:
    """Where the file of breached passwords is, or would be."""
    return settings.section(PasswordSettings).breached_file or settings.root.data_dir / _BREACHED


def public_url(settings: Settings) -> str:
    """Where people reach this installation: as configured, or where the server listens by its settings."""
    if "tokens.issuer" in settings.sources:
        return settings.section(TokensSettings).issuer
    server = settings.section(ServerSettings)
    host = "127.0.0.1" if server.host in {"0.0.0.0", "::", ""} else server.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def sealing_secrets(settings: Settings) -> list[bytes]:
    """What everything is sealed with, newest first. In development it is made once and kept in the data folder."""
    if settings.root.secrets is not None:
        given = settings.root.secrets.get_secret_value().split(",")
    elif settings.is_production:
        raise SettingsError(["DOORWARD_SECRETS is missing."])
    else:
        given = [_kept(data_folder(settings) / _FILE)]
    # A text of 32 characters and more becomes exactly the 32 bytes that a key has.
    return [hashlib.sha256(each.strip().encode()).digest() for each in given if each.strip()]


def known_secrets(settings: Settings) -> list[bytes]:
    """The same, where nothing may be made: none in development before there is one."""
    is_kept = settings.root.secrets is None and not settings.is_production
    return [] if is_kept and not (settings.root.data_dir / _FILE).exists() else sealing_secrets(settings)


def _kept(path: Path) -> str:
    try:
        # Whole or not at all, and never over another process's: two that start at once keep the same one.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        if not path.exists():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        kept = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError([f"The secret in {path} cannot be read or made: {reason}."]) from None
    if len(kept) < SHORTEST_SECRET:
        # Cut short by a full disk or by hand; making another would lock up everything sealed with this one.
        raise SettingsError(
            [f"The secret in {path} is cut short. Put the whole one back; with an empty database, remove the file."]
        )
    return kept
