"""Column types that mean the same on both databases, and the names constraints get.

Each type also carries its own conversion to and from what the driver takes, because statements run on the driver itself
(see `statement`), where SQLAlchemy's conversions do not run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Boolean, Dialect, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Convert = Callable[[Any], Any]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def _to_microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _from_microseconds(count: int) -> datetime:
    # Exact: a float holds microseconds of this and the next two centuries, and the result is rounded to them.
    return datetime.fromtimestamp(count / 1_000_000, UTC)


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in the schema."""
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """What SQLAlchemy's own engine gives the driver, in migrations."""
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """What SQLAlchemy's own engine makes of the driver's value, in migrations."""
        return UUID(bytes=value) if value is not None and dialect.name == "sqlite" else value

    def literal_processor(self, dialect: Dialect) -> Callable[[UUID], str]:
        """How it is written into statements that somebody else runs (`doorward migrate --sql`)."""
        return (lambda value: f"X'{value.hex}'") if dialect.name == "sqlite" else (lambda value: f"'{value}'")


class Moment(TypeDecorator[datetime]):
    """An aware time: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite, where they sort and compare right."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in the schema."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What SQLAlchemy's own engine gives the driver, in migrations."""
        return _to_microseconds(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What SQLAlchemy's own engine makes of the driver's value, in migrations."""
        return _from_microseconds(value) if value is not None and dialect.name == "sqlite" else value

    def literal_processor(self, dialect: Dialect) -> Callable[[datetime], str]:
        """How it is written into statements that somebody else runs (`doorward migrate --sql`)."""
        if dialect.name == "sqlite":
            return lambda value: str(_to_microseconds(value))
        return lambda value: f"'{value.isoformat()}'"


class Json(TypeDecorator[Any]):
    """A JSON document: `jsonb` on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in the schema."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """What SQLAlchemy's own engine gives the driver, in migrations."""
        return _to_json(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """What SQLAlchemy's own engine makes of the driver's value, in migrations."""
        return orjson.loads(value) if value is not None and dialect.name == "sqlite" else value


class Several(TypeDecorator[Any]):
    """Several texts or ids given as one value: an array on PostgreSQL, a JSON list on SQLite. See `dialect.among`."""

    impl = Text
    cache_ok = True

    def __init__(self, *, ids: bool) -> None:
        super().__init__()
        self.ids = ids

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The value's type in a statement."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(Uuid() if self.ids else Text()))


def encoder(kind: TypeEngine[Any], database: str) -> Convert | None:
    """How a value of a column type becomes what the driver of the database takes; None where it already is."""
    if isinstance(kind, Json):
        return _to_json
    if database == "sqlite":
        if isinstance(kind, Several):
            return _hexadecimal_list if kind.ids else _to_json
        if isinstance(kind, Id):
            return _uuid_bytes
        if isinstance(kind, Moment):
            return _to_microseconds
    return None


def decoder(kind: TypeEngine[Any], database: str) -> Convert | None:
    """How what the driver of the database gives becomes a value of a column type; None where it already is."""
    if isinstance(kind, Json):
        return orjson.loads
    if database == "sqlite":
        if isinstance(kind, Id):
            return _uuid
        if isinstance(kind, Moment):
            return _from_microseconds
        if isinstance(kind, Boolean):
            return bool
    return None


def _hexadecimal_list(ids: list[UUID]) -> str:
    return _to_json([each.hex for each in ids])


def _uuid_bytes(value: UUID) -> bytes:
    return value.bytes


def _uuid(value: bytes) -> UUID:
    return UUID(bytes=value)
