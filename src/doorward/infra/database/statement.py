"""A query written once as SQLAlchemy Core, compiled once per database, and run on the driver itself.

Running it through SQLAlchemy's engine costs five to ten times the driver's own time for a point select; the compiled
text is the same every time, so only the values are new at each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import Delete, Insert, Select, Table, Update
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import TypeEngine

from doorward.infra.database.base import Convert, decoder, encoder
from doorward.infra.database.dialect import durable_later

Row = TypeVar("Row", bound=tuple[Any, ...])

_DIALECTS: Final = {"sqlite": sqlite_dialect(), "postgresql": postgres_dialect()}  # type: ignore[no-untyped-call]


class _Value(NamedTuple):
    """One place in a compiled statement: filled by a named value, or by a constant of the statement itself."""

    name: str
    named: bool
    constant: Any
    encode: Convert | None


class Compiled:
    """A statement as one database takes it: its text, how values go in and how rows come out."""

    __slots__ = ("_decoders", "_kinds", "_values", "soon", "sql", "writes")

    def __init__(self, statement: ClauseElement, database: str, *, writes: bool, soon: bool = False) -> None:
        dialect = _DIALECTS[database]
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only statements that select or change rows can be run")
        self.sql = str(compiled)
        self.writes = writes
        self.soon = soon
        self._values = [
            _Value(
                name=name,
                named=compiled.binds[name].required,
                constant=self._encoded(compiled.binds[name].effective_value, compiled.binds[name].type, database),
                encode=encoder(compiled.binds[name].type, database),
            )
            for name in compiled.positiontup or ()
        ]
        self._kinds = [compiled.binds[name].type for name in compiled.positiontup or ()]
        # Only the columns that need it are touched: in a list of fifty users that is half of the time.
        self._decoders = [
            (place, decode)
            for place, column in enumerate(_columns(statement))
            if (decode := decoder(column.type, database)) is not None
        ]

    @staticmethod
    def _encoded(value: Any, kind: Any, database: str) -> Any:
        encode = encoder(kind, database)
        return value if encode is None or value is None else encode(value)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of their places. Raises KeyError when one is missing."""
        places = []
        for name, named, constant, encode in self._values:
            if not named:
                places.append(constant)
                continue
            value = given[name]
            places.append(value if encode is None or value is None else encode(value))
        return places

    def encoded(self, made_up: Callable[[TypeEngine[Any]], Any]) -> list[Any]:
        """Values in the order of their places, those that are not constants made up by their column types."""
        return [
            place.constant
            if not place.named
            else made_up(kind)
            if place.encode is None
            else place.encode(made_up(kind))
            for place, kind in zip(self._values, self._kinds, strict=True)
        ]

    def decoded(self, record: Iterable[Any]) -> Iterable[Any]:
        """A record of the driver with each column as its type says."""
        if not self._decoders:
            return record
        values = list(record)
        for place, decode in self._decoders:
            value = values[place]
            if value is not None:
                values[place] = decode(value)
        return values


class Plain(Compiled):
    """A statement given as text in the database's own words; its rows come as the driver gives them."""

    __slots__ = ()

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.writes = self.soon = False
        self._values = []
        self._kinds = []
        self._decoders = []


def _columns(statement: ClauseElement) -> Sequence[Any]:
    if isinstance(statement, Select):
        return list(statement.selected_columns)
    if isinstance(statement, Insert | Update | Delete):
        return list(statement.exported_columns)
    return list(getattr(statement, "selected_columns", ()))


class Command:
    """A statement that changes rows and answers how many."""

    def __init__(self, statement: ClauseElement, *, soon: bool = False) -> None:
        self._statement = statement
        self._soon = soon
        self._compiled: dict[str, Compiled] = {}
        self._writes = not isinstance(statement, Select) or statement._for_update_arg is not None  # noqa: SLF001 - not public
        if not isinstance(statement, Select | Insert | Update | Delete):
            self._writes = False  # a union of selects

    def on(self, database: str) -> Compiled:
        """The statement as the database takes it, compiled at the first use. database: `sqlite` or `postgresql`."""
        compiled = self._compiled.get(database)
        if compiled is None:
            compiled = self._compiled[database] = Compiled(
                self._statement, database, writes=self._writes, soon=self._soon
            )
        return compiled


def _without_last(make: Callable[..., Row]) -> Callable[..., Row]:
    return lambda *values: make(*values[:-1])


def _tuple_of(*values: Any) -> Any:
    return values


class Query(Command, Generic[Row]):
    """A statement that answers rows, each as the given NamedTuple whose fields stand in the order of the columns.

    make: makes the row where its fields are not the columns themselves. thorough: the statement may take long (a count
    over everything); on SQLite it then runs beside the event loop instead of on it. soon: for a change that is run by itself
    (`Db.change`): everybody sees it when it returns, but it need not be durable before the next change that is. For what is
    always followed by one before anybody is answered: a power cut loses both or neither.
    """

    def __init__(
        self,
        statement: ClauseElement,
        row: type[Row],
        *,
        make: Callable[..., Row] | None = None,
        thorough: bool = False,
        soon: bool = False,
    ) -> None:
        # `tuple[int]` serves where a name for one column would only be noise.
        self.row: Callable[..., Row] = make or (row if hasattr(row, "_fields") else _tuple_of)
        if soon and isinstance(statement, Insert | Update | Delete):
            statement = statement.returning(durable_later())
            self.row = _without_last(self.row)
        super().__init__(statement, soon=soon)
        self.thorough = thorough


class CompiledRows(NamedTuple):
    """Rows for one table as one database takes them: the table, its columns, and how each column's values go in."""

    table: str
    columns: tuple[str, ...]
    encoders: tuple[Convert | None, ...]

    @property
    def sql(self) -> str:
        """An insert of one row."""
        places = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({places})"  # noqa: S608 - names from the code

    def encoded(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows with each value as the driver takes it."""
        # By columns: most need nothing, and the others one pass each.
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, encode in enumerate(self.encoders):
            if encode is not None:
                columns[place] = _each_encoded(columns[place], encode)
        return list(zip(*columns, strict=True))


def _each_encoded(values: Iterable[Any], encode: Convert) -> list[Any]:
    """The values of one column. What is the same object in row after row, such as the time of the insert, is encoded once."""
    encoded = []
    previous = result = None
    for value in values:
        if value is not previous:
            previous = value
            result = None if value is None else encode(value)
        encoded.append(result)
    return encoded


class Rows:
    """New rows for one table, written many at a time by the fastest way that the database has.

    Each row is a tuple in the order of the table's columns.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._compiled: dict[str, CompiledRows] = {}
        self.columns = tuple(column.name for column in table.columns)

    def on(self, database: str) -> CompiledRows:
        """The rows as the database takes them. database: `sqlite` or `postgresql`."""
        compiled = self._compiled.get(database)
        if compiled is None:
            compiled = self._compiled[database] = CompiledRows(
                self._table.name,
                self.columns,
                tuple(encoder(column.type, database) for column in self._table.columns),
            )
        return compiled
