"""What both databases offer: reading outside a transaction, and transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from doorward.infra.database.statement import Compiled, CompiledRows
from doorward.infra.telemetry.figures import Durations

Record = Sequence[Any]
# A statement that changes something, and its values.
Change = tuple[Compiled, list[Any]]


class OvertakenError(Exception):
    """A change that had to find its row found none: what it was judged by has changed since."""


class Reading(Protocol):
    """Something that statements can be run on."""

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        """The first row, if any."""
        ...

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        """Every row. thorough: it may take long."""
        ...


class Transaction(Reading, Protocol):
    """Changes that become visible together, at `commit`, or not at all."""

    async def run(self, statement: Compiled, values: list[Any]) -> int:
        """Changes rows; answers how many."""
        ...

    async def together(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes of different rows.

        needed: how many of them, counted from the first, must find their row. Raises OvertakenError when one does not;
        nothing can be done with the transaction then but roll it back.
        """
        ...

    async def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        """Runs one statement once for each list of values."""
        ...

    async def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        """Writes many new rows."""
        ...

    async def commit(self) -> None:
        """Makes the changes durable and ends the transaction."""
        ...

    async def rollback(self) -> None:
        """Takes the changes back and ends the transaction. Never raises."""
        ...


class Database(Reading, Protocol):
    """A database and the connections to it. Reads outside a transaction see what is committed at that moment.

    most_connections: how many there may be.
    """

    name: str
    most_connections: int

    async def change(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        """The rows of a statement that changes something, run by itself.

        When it returns, the change is durable; if the statement may be so `soon`, at the latest with the next change that is.
        """
        ...

    async def at_once(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes of different rows as a transaction of their own: when it returns, they are durable.

        needed: how many of them, counted from the first, must find their row. Raises OvertakenError when one does not,
        and changes nothing.
        """
        ...

    async def begin(self) -> Transaction:
        """Opens a transaction that may write. Raises DatabaseBusy or DatabaseUnavailable."""
        ...

    async def check(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer."""
        ...

    def connections(self) -> dict[str, int]:
        """How many connections are in use, idle, and waited for."""
        ...

    def waits(self) -> Durations:
        """For how long requests waited that did not get a connection at once."""
        ...

    async def close(self) -> None:
        """Closes every connection."""
        ...
