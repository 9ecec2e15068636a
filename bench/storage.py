"""What a user, a sign-in and a refresh leave in the database, in bytes with all indexes: python -m bench.storage [PEOPLE]

The basis of docs/scale.md. People are made by `doorward seed`'s own function, sign in with their password (at the least cost of
hashing, which leaves rows of the same size) from a browser of their own, and refresh once.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import postgres
from doorward.app import opened, prepare
from doorward.domain.access.refresh import refresh_tokens
from doorward.domain.risk.devices import Client
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.domain.transfer.seed import seed_users
from doorward.domain.users.list import UserFilter, list_users
from doorward.infra.database import migrate
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, anonymous, operator
from doorward.settings import read_settings

_AT_ONCE: Final = 16
_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Sizes = Mapping[str, int]


async def fill(tools: Tools, count: int, measure: Callable[[], Awaitable[Sizes]]) -> dict[str, Any]:
    """Bytes for each user, sign-in and refresh, by table."""
    await prepare(tools)
    sizes = [await measure()]
    _, password = await seed_users(tools, operator(), count)
    sizes.append(await measure())
    addresses = await active_addresses(tools)
    tokens: list[str] = []

    async def sign_in(place: int) -> None:
        async with tools.writing(somebody(place)) as tx:
            outcome = await begin_sign_in(tx, identifier=addresses[place], password=password, client=Client(keeps=True))
        if not isinstance(outcome, Complete) or outcome.refresh_token is None:
            raise TypeError("a sign-in of the harness wants more than a password")
        tokens.append(outcome.refresh_token)

    await _each(range(len(addresses)), sign_in)
    sizes.append(await measure())

    async def refresh(place: int) -> None:
        async with tools.writing(somebody(place)) as tx:
            await refresh_tokens(tx, tokens[place])

    await _each(range(len(tokens)), refresh)
    sizes.append(await measure())
    counts = (count, len(tokens), len(tokens))
    return {
        name: per_row(before, after, number)
        for name, before, after, number in zip(
            ("user", "sign_in", "refresh"), sizes[:-1], sizes[1:], counts, strict=True
        )
    }


def somebody(place: int) -> Actor:
    """Somebody at an address of their own, before they sign in."""
    return anonymous(Origin(f"203.0.{place // 250 % 250}.{place % 250}", _BROWSER, f"request-{place:08d}"))


async def active_addresses(tools: Tools) -> list[str]:
    """Of everybody who can sign in."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        async with tools.reading(operator()) as tx:
            page = await list_users(tx, UserFilter(status="active"), order="created_at", limit=1000, cursor=cursor)
        found += [row.email for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


def per_row(before: Sizes, after: Sizes, count: int) -> dict[str, int]:
    """What each of so many left, by table; tables of less than a byte are left out."""
    grown = {name: round((size - before.get(name, 0)) / count) for name, size in after.items()}
    return {name: size for name, size in sorted(grown.items()) if size > 0} | {"all": sum(grown.values())}


async def _each(places: Sequence[int], do: Callable[[int], Awaitable[None]]) -> None:
    waiting = iter(places)

    async def work() -> None:
        for place in waiting:
            await do(place)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def on_postgres(server: postgres.Postgres, count: int) -> dict[str, Any]:
    """On a database of its own; sizes with indexes and out-of-line values, after VACUUM."""
    url = await server.fresh("storage")

    async def measure() -> Sizes:
        await server.settle("storage")
        connection = await server.connect("storage")
        try:
            return {
                row["name"]: row["size"]
                for row in await connection.fetch(
                    "SELECT relname AS name, pg_total_relation_size(oid) AS size FROM pg_class WHERE relkind = 'r' "
                    "AND relnamespace = 'public'::regnamespace"
                )
            }
        finally:
            await connection.close()

    return await _filled(url, count, measure)


async def on_sqlite(folder: Path, count: int) -> dict[str, Any]:
    """In a file of its own; what an index takes counts for its table."""
    path = folder / "storage.sqlite3"

    async def measure() -> Sizes:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            rows = connection.execute(
                "SELECT master.tbl_name, sum(pages.pgsize) FROM dbstat AS pages JOIN sqlite_master AS master "
                "ON master.name = pages.name GROUP BY master.tbl_name"
            )
            return dict(rows.fetchall())

    return await _filled(f"sqlite:///{path}", count, measure)


async def _filled(url: str, count: int, measure: Callable[[], Awaitable[Sizes]]) -> dict[str, Any]:
    await asyncio.to_thread(migrate.upgrade, url)
    os.environ.update(
        DATABASE_URL=url,
        DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB="8",
        DOORWARD_PASSWORD_HASHING__ARGON2_TIME="1",
        DOORWARD_SIGN_UP__VERIFY_EMAIL="off",
    )
    async with opened(read_settings()) as tools:
        return await fill(tools, count, measure)


def main() -> None:
    """Prints what was found as JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with (
        tempfile.TemporaryDirectory(prefix="storage-") as name,
        tempfile.TemporaryDirectory(prefix="storage-pg-") as data,
    ):
        os.environ["DOORWARD_DATA_DIR"] = name
        found = {"people": count, "sqlite": asyncio.run(on_sqlite(Path(name), count))}
        with postgres.running(Path(data) / "data") as server:
            found["postgresql"] = asyncio.run(on_postgres(server, count))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
