"""What a run stands on: which database, where files go, how long and how often is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.postgres import Postgres

DatabaseName = Literal["sqlite", "postgres"]


@dataclass(frozen=True, slots=True)
class Ground:
    """The conditions that all subjects of one database share.

    users: people in each subject's tables. seconds: length of one window. rounds: windows per contender. connections:
    how many callers the quick rows use at once. postgres is None on SQLite. keeps: whether the large databases stay in the
    folder, and are taken from there when an earlier run filled them.
    """

    database: DatabaseName
    folder: Path
    users: int
    seconds: float
    rounds: int
    connections: int
    postgres: Postgres | None
    keeps: bool = False

    @property
    def database_process(self) -> int | None:
        """The root of the database's process tree; SQLite runs within the server."""
        return self.postgres.pid if self.postgres else None

    async def fresh(self, name: str) -> str:
        """An empty database of this name: a `postgresql://` address or the path of a file that is not there."""
        if self.postgres:
            return await self.postgres.fresh(name)
        path = self.folder / f"{name}.sqlite3"
        for each in self.folder.glob(f"{path.name}*"):
            each.unlink()
        return str(path)

    def address(self, name: str) -> str:
        """Where a database of this name is, whether it is there or not."""
        return self.postgres.url(name) if self.postgres else str(self.folder / f"{name}.sqlite3")

    async def settle(self, name: str) -> None:
        """Lets the database tidy up after filling."""
        if self.postgres:
            await self.postgres.settle(name)
