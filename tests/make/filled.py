"""A database with many accounts in it, written by plain SQL in seconds: as the first schema has them, and every later one."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Final

import asyncpg

_ON_POSTGRES: Final = (
    (
        "INSERT INTO users (id, email, email_key, email_verified, name_key, public_metadata, admin_metadata, "
        "status, created_at, updated_at, version) SELECT gen_random_uuid(), n || '@filled.example', n || "
        "'@filled.example', false, '', '{}', '{}', 'active', now(), now(), 1 FROM generate_series(1, $1) n"
    ),
    (
        "INSERT INTO user_emails (id, user_id, address, address_key, is_primary, created_at) SELECT "
        "gen_random_uuid(), id, email, email_key, true, created_at FROM users WHERE email LIKE "
        "'%@filled.example'"
    ),
    (
        "INSERT INTO credentials (id, user_id, method, sealed, created_at, updated_at) SELECT "
        "gen_random_uuid(), id, 'password', '\\x00', created_at, created_at FROM users WHERE email LIKE "
        "'%@filled.example'"
    ),
    (
        "INSERT INTO sessions (id, user_id, kind, secret_hash, generation, created_at, authenticated_at, "
        "last_used_at, expires_at, methods) SELECT gen_random_uuid(), id, 'token', uuid_send(id), 0, "
        "created_at, created_at, created_at, created_at + interval '1 day', '[]' FROM users WHERE email LIKE "
        "'%@filled.example'"
    ),
)
_ON_SQLITE: Final = (
    (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) INSERT INTO "
        "users (id, email, email_key, email_verified, name_key, public_metadata, admin_metadata, status, "
        "created_at, updated_at, version) SELECT randomblob(16), n || '@filled.example', n || "
        "'@filled.example', 0, '', '{}', '{}', 'active', (unixepoch() * 1000000), (unixepoch() * 1000000), 1 "
        "FROM numbers"
    ),
    (
        "INSERT INTO user_emails (id, user_id, address, address_key, is_primary, created_at) SELECT "
        "randomblob(16), id, email, email_key, 1, created_at FROM users WHERE email LIKE '%@filled.example'"
    ),
    (
        "INSERT INTO credentials (id, user_id, method, sealed, created_at, updated_at) SELECT "
        "randomblob(16), id, 'password', x'00', created_at, created_at FROM users WHERE email LIKE "
        "'%@filled.example'"
    ),
    (
        "INSERT INTO sessions (id, user_id, kind, secret_hash, generation, created_at, authenticated_at, "
        "last_used_at, expires_at, methods) SELECT randomblob(16), id, 'token', id, 0, created_at, "
        "created_at, created_at, created_at + 86400000000, '[]' FROM users WHERE email LIKE "
        "'%@filled.example'"
    ),
)


async def fill(url: str, users: int) -> None:
    """Adds so many accounts, each with an address, a credential and a session."""
    if url.startswith("sqlite"):
        await asyncio.to_thread(_fill_file, url.removeprefix("sqlite:///"), users)
        return
    connection = await asyncpg.connect(url)
    try:
        first, *rest = _ON_POSTGRES
        await connection.execute(first, users)
        for statement in rest:
            await connection.execute(statement)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _fill_file(path: str, users: int) -> None:
    connection = sqlite3.connect(path, timeout=60)
    try:
        first, *rest = _ON_SQLITE
        with connection:
            connection.execute(first, (users,))
            for statement in rest:
                connection.execute(statement)
    finally:
        connection.close()
