"""Holding what a change needs, from outside, so that the change is slow for as long as a test wants."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def held(url: str, email: str) -> AsyncIterator[None]:
    """Holds the row of a user on PostgreSQL, and the one write lock on SQLite."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10, isolation_level=None)
        try:
            file.execute("BEGIN IMMEDIATE")
            yield
        finally:
            file.close()
        return
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            assert await connection.fetch("SELECT id FROM users WHERE email = $1 FOR UPDATE", email)
            yield
    finally:
        await connection.close()
