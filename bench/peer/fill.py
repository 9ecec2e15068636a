"""Makes the peer's tables and fills them: `python -m bench.peer.fill COUNT`, in the peer's environment.

The first person is an administrator.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import islice

from sqlalchemy import insert, text

from bench.peer.application import Base, User, engine
from bench.people import password_hash, people


async def fill(count: int) -> None:
    """Writes the first so many people."""
    stored = password_hash()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        everybody = people(count)
        while some := list(islice(everybody, 5000)):
            rows = [
                {
                    "id": each.id,
                    "email": each.email,
                    "hashed_password": stored,
                    "is_active": True,
                    "is_superuser": each.number == 0,
                    "is_verified": True,
                    "name": each.name,
                }
                for each in some
            ]
            await connection.execute(insert(User), rows)
    if engine.dialect.name == "sqlite":
        # As Doorward's file: the mode is kept in the file itself.
        async with engine.connect() as connection:
            await connection.execute(text("PRAGMA journal_mode = WAL"))
            await connection.execute(text("ANALYZE"))
            await connection.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[1])))
