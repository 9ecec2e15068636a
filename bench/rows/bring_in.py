"""Import: `doorward user import` of a CSV file, beside the bare bulk insert of the very rows that it made.

The yardstick takes what one import left in every table and writes it into an empty copy of the same tables, indexes and
constraints on: COPY on PostgreSQL, executemany on SQLite, each in one transaction.
"""

from __future__ import annotations

import asyncio
import io
import sqlite3
from contextlib import closing
from time import perf_counter
from typing import Any, Final

from bench.postgres import connect
from bench.rounds import Figures, Result, alternate
from bench.stage import Stage
from bench.subjects.doorward import Doorward, write_people

MOST: Final = 100_000


async def run(stage: Stage) -> Result:
    """Doorward's import beside the bulk insert, in turns; each round begins with empty tables."""
    if not stage.doorward:
        return Result("import", stage.ground.database)
    count = min(stage.ground.users, MOST)
    source = Doorward(stage.ground, count=count, label="imported")
    target = Doorward(stage.ground, count=count, label="copied")
    before = await source.migrate()
    empty = await _counts(stage, before)
    file = write_people(stage.ground.folder / "import.csv", count)

    async def imported() -> Figures:
        await source.migrate()
        begun = perf_counter()
        await asyncio.to_thread(source.bring_in, file)
        took = perf_counter() - begun
        return {"rate": count / took, "requests": count, "seconds": took}

    async def copied() -> Figures:
        into = await target.migrate()
        grown = {name for name, rows in (await _counts(stage, before)).items() if rows > empty.get(name, 0)}
        took = await (
            _copy(before, into, grown) if stage.ground.postgres else asyncio.to_thread(_insert, before, into, grown)
        )
        return {"rate": count / took, "requests": count, "seconds": took}

    # The import of the first round fills what the copy of the first round reads.
    contenders = {"doorward": imported, "raw bulk insert": copied}
    result = Result("import", stage.ground.database, {name: [] for name in contenders})
    for _ in range(stage.ground.rounds):
        turn = await alternate("import", stage.ground.database, contenders, 1)
        for name, figures in turn.rounds.items():
            result.rounds[name] += figures
    return result


def ordered(names: set[str], references: set[tuple[str, str]]) -> list[str]:
    """Tables so that each comes after those it refers to. references: pairs of (table, table it refers to)."""
    done: list[str] = []
    waiting = set(names)
    while waiting:
        free = sorted(
            name for name in waiting if not any(one == name and other in waiting - {name} for one, other in references)
        )
        if not free:
            raise RuntimeError(f"these tables refer to each other in a circle: {sorted(waiting)}")
        done += free
        waiting -= set(free)
    return done


async def _counts(stage: Stage, address: str) -> dict[str, int]:
    if not stage.ground.postgres:
        with closing(sqlite3.connect(address)) as file:
            names = [
                name
                for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                if name[:7] != "sqlite_"
            ]
            return {name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    connection = await connect(address)
    try:
        names = [
            row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for name in names}
    finally:
        await connection.close()


async def _copy(source: str, target: str, names: set[str]) -> float:
    reading, writing = await connect(source), await connect(target)
    try:
        found = await reading.fetch(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        )
        tables = ordered(names, {(one.strip('"'), other.strip('"')) for one, other in found})
        contents: list[tuple[str, io.BytesIO]] = []
        for name in tables:
            content = io.BytesIO()
            await reading.copy_from_table(name, output=content, format="binary")
            content.seek(0)
            contents.append((name, content))
        for name in reversed(tables):
            await writing.execute(f'DELETE FROM "{name}"')
        begun = perf_counter()
        async with writing.transaction():
            for name, content in contents:
                await writing.copy_to_table(name, source=content, format="binary")
        return perf_counter() - begun
    finally:
        await reading.close()
        await writing.close()


def _insert(source: str, target: str, names: set[str]) -> float:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target, isolation_level=None)) as writing:
        # As an import sets its own connection, so that none of the two has the larger cache.
        for pragma in (
            "foreign_keys = ON",
            "journal_mode = WAL",
            "synchronous = FULL",
            "cache_size = -65536",
            "wal_autocheckpoint = 16384",
        ):
            writing.execute(f"PRAGMA {pragma}")
        references = {
            (name, row[2]) for name in names for row in reading.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
        }
        tables = ordered(names, references)
        contents: list[tuple[str, list[Any]]] = []
        for name in tables:
            rows = reading.execute(f'SELECT * FROM "{name}"').fetchall()
            places = ", ".join("?" * len(rows[0]))
            contents.append((f'INSERT INTO "{name}" VALUES ({places})', rows))
        for name in reversed(tables):
            writing.execute(f'DELETE FROM "{name}"')
        begun = perf_counter()
        writing.execute("BEGIN IMMEDIATE")
        for statement, rows in contents:
            writing.executemany(statement, rows)
        writing.execute("COMMIT")
        return perf_counter() - begun
