"""Steps of migrations that must not hold up those who work meanwhile, where Alembic's own would."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text


def build_index(name: str, table: str, columns: list[str], *, unique: bool = False, where: str | None = None) -> None:
    """Indexes a filled table while others go on writing to it (PostgreSQL: `CREATE INDEX CONCURRENTLY`).

    In a revision of its own: it is outside of the revision's transaction, so that a kill leaves it half-way. Again does no
    harm and begins anew. On SQLite, which has one writer, changes wait meanwhile. where: the condition of a partial index.
    """
    context = op.get_context()
    condition = None if where is None else text(where)
    if context.dialect.name != "postgresql":
        op.create_index(name, table, columns, unique=unique, if_not_exists=True, sqlite_where=condition)
        return
    with context.autocommit_block():
        # It waits for every transaction that is under way, and nobody waits behind it.
        op.execute("SET lock_timeout = 0")
        if not context.as_sql:
            _drop_unfinished(name)
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            if_not_exists=True,
            postgresql_concurrently=True,
            postgresql_where=condition,
        )
        op.execute("RESET lock_timeout")


def _drop_unfinished(name: str) -> None:
    """Removes what a killed or refused attempt left: an index that every change keeps up and no query uses."""
    unfinished = text("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid")
    if op.get_bind().execute(unfinished, {"name": name}).scalar():
        op.execute(f"DROP INDEX CONCURRENTLY {name}")
