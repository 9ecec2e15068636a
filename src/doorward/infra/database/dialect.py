"""What differs between SQLite and PostgreSQL, in one place. No other file asks which database it runs on."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import TEXT, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.schema import Table
from sqlalchemy.types import TypeEngine

from doorward.infra.database.base import Id, Several

# Text that is compared and sorted by code point on both databases, so that keyset cursors mean the same everywhere and
# a prefix is a range of an ordinary index.
Key: Final[TypeEngine[str]] = Text().with_variant(TEXT(collation="C"), "postgresql")

# The function by which SQLite reads an id that is written in hexadecimal digits.
FROM_HEXADECIMAL: Final = "from_hexadecimal"

# The end of the range that a prefix opens: sorts after every text that begins with the prefix.
_AFTER_ALL: Final = "\U0010ffff"


def after_prefix(prefix: str) -> str:
    """The upper bound (excluded) of the texts that begin with a prefix, in the order of `Key`."""
    return prefix + _AFTER_ALL


def insert_if_absent(table: Table, *columns: str) -> Insert:
    """An insert that does nothing where a row with the same unique columns stands already. columns: which; all if none."""
    # Both compilers know this clause, although only PostgreSQL's insert offers it by name.
    return (
        insert(table)
        .values({c: bindparam(c.name) for c in table.columns})
        .on_conflict_do_nothing(index_elements=list(columns) or None)
    )


def joined_texts(column: ColumnElement[str]) -> ColumnElement[str | None]:
    """The texts of a column in one, separated by spaces; NULL where there is no row."""
    # SQLAlchemy would fill the separator in at each run, which the drivers cannot do.
    joined: ColumnElement[str | None] = func.aggregate_strings(column, literal_column("' '"))  # type: ignore[arg-type, assignment]
    return joined


class _Among(ColumnElement[bool]):
    """Whether a column holds one of several values that come as one list."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.ids = isinstance(column.type, Id)
        self.several = bindparam(name, type_=Several(ids=self.ids))


@compiles(_Among, "postgresql")
def _any_of_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} = ANY ({compiler.process(element.several, **options)})"


@compiles(_Among, "sqlite")
def _in_json_list(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    # JSON has no bytes; `from_hexadecimal` is a function of our connections, because `unhex` is younger than Debian 12.
    value = f"{FROM_HEXADECIMAL}(value)" if element.ids else "value"
    listed = compiler.process(element.several, **options)
    return f"{compiler.process(element.column, **options)} IN (SELECT {value} FROM json_each({listed}))"  # noqa: S608 - places, not values


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column of texts or ids holds one of a list. name: of the place that takes the list, of any length."""
    return _Among(column, name)


def works_apart(database: str) -> bool:
    """Whether the database works in a process of its own, so that it pays to prepare the next rows meanwhile."""
    return database == "postgresql"


def changes_and_records(database: str) -> bool:
    """Whether one statement can change a row and write another one that depends on that."""
    return database == "postgresql"


class _EstimatedRows(ColumnElement[int]):
    """About how many rows a table has, without counting them."""

    inherit_cache = True

    def __init__(self, table: Table) -> None:
        self.table_name = table.name


@compiles(_EstimatedRows, "postgresql")
def _from_statistics(element: _EstimatedRows, _compiler: SQLCompiler, **_options: Any) -> str:
    # As the planner guesses: rows for each page at the last count, times the pages of now. A table never counted (its
    # reltuples are -1, or 0 in a new one) is taken to have twenty rows to a page.
    return (
        "(SELECT (pg_relation_size(oid) / current_setting('block_size')::int * "  # noqa: S608 - a table's name from the code
        "CASE WHEN reltuples > 0 AND relpages > 0 THEN reltuples / relpages ELSE 20 END)::bigint "
        f"FROM pg_class WHERE oid = '{element.table_name}'::regclass)"
    )


@compiles(_EstimatedRows, "sqlite")
def _from_last_row(element: _EstimatedRows, _compiler: SQLCompiler, **_options: Any) -> str:
    # Row numbers grow by one; erased rows leave gaps, so this can only be too high.
    return f"(SELECT coalesce(max(rowid), 0) FROM {element.table_name})"  # noqa: S608 - a table's name from the code


def estimated_rows(table: Table) -> Select[tuple[int]]:
    """A query for about how many rows a table has, at a cost that does not grow with them."""
    return select(_EstimatedRows(table).label("count"))


class _DurableLater(ColumnElement[str]):
    """Whatever: what counts is that reading it lets the transaction end before it is durable."""

    inherit_cache = True


@compiles(_DurableLater, "postgresql")
def _asynchronous_commit(_element: _DurableLater, _compiler: SQLCompiler, **_options: Any) -> str:
    # For this transaction alone.
    return "set_config('synchronous_commit', 'off', true)"


@compiles(_DurableLater, "sqlite")
def _by_its_connection(_element: _DurableLater, _compiler: SQLCompiler, **_options: Any) -> str:
    return "NULL"


def durable_later() -> ColumnElement[str]:
    """A column for the rows of a change by which PostgreSQL answers it before it is durable; SQLite has a connection for that."""
    return _DurableLater()


class _ServerVersion(ColumnElement[str]):
    """The version of the database's program."""

    inherit_cache = True


@compiles(_ServerVersion, "postgresql")
def _postgres_version(_element: _ServerVersion, _compiler: SQLCompiler, **_options: Any) -> str:
    return "current_setting('server_version')"


@compiles(_ServerVersion, "sqlite")
def _sqlite_version(_element: _ServerVersion, _compiler: SQLCompiler, **_options: Any) -> str:
    return "sqlite_version()"


class _ServerTime(ColumnElement[float]):
    """The database's own clock, in seconds since 1970."""

    inherit_cache = True


@compiles(_ServerTime, "postgresql")
def _postgres_time(_element: _ServerTime, _compiler: SQLCompiler, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())::float8"


@compiles(_ServerTime, "sqlite")
def _sqlite_time(_element: _ServerTime, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


def server_facts() -> Select[str, float]:
    """A query for the version of the database's program and for its clock, in seconds since 1970."""
    return select(_ServerVersion().label("version"), _ServerTime().label("clock"))
