"""What can go wrong with a database as a whole."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or broke off. Nothing of the request was kept unless an answer said so."""

    code = "database-unavailable"
    title = "The database is not available at the moment"


class DatabaseBusy(Unavailable):
    """Every connection is in use, or another process holds the write lock, for longer than the setting allows."""

    code = "database-busy"
    title = "The database is busy"


class StatementTimeout(Unavailable):
    """A statement took longer than the setting `database.statement_timeout_seconds` and was ended."""

    code = "statement-timeout"
    title = "The database took too long"


class StorageFull(Problem):
    """The disk that holds the database is full. Reading goes on; changes are refused until there is space."""

    code = "storage-full"
    kind = Kind.STORAGE_FULL
    title = "The storage is full"


class Conflict(Problem):
    """The change contradicts something already stored."""

    code = "conflict"
    kind = Kind.CONFLICT
    title = "In conflict with something already stored"
