"""What can go wrong with a database as a whole."""

from __future__ import annotations

from doorward.kernel.problem import Kind, Problem, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or broke off. Nothing of the request was kept unless an answer said so.

    Remedy: Send the request again after `Retry-After` seconds, a change with an `Idempotency-Key`. `/readyz` says when
    the database is back.
    """

    code = "database-unavailable"
    title = "The database is not available at the moment"


class DatabaseBusy(Unavailable):
    """Every connection is in use, or another process holds the write lock, for longer than the setting allows.

    Remedy: Send the request again after `Retry-After` seconds. The operator finds more in the runbook on connections.
    """

    code = "database-busy"
    title = "The database is busy"


class StatementTimeout(Unavailable):
    """A statement took longer than the setting `database.statement_timeout_seconds` and was ended.

    Remedy: Ask for less at once, such as a smaller page or a narrower filter, or again later. `doorward doctor
    --queries` finds slow statements.
    """

    code = "statement-timeout"
    title = "The database took too long"


class StorageFull(Problem):
    """The disk that holds the database is full. Reading goes on; changes are refused until there is space.

    Remedy: The operator makes room; the runbook on full storage says how. Then send the request again.
    """

    code = "storage-full"
    kind = Kind.STORAGE_FULL
    title = "The storage is full"


class Conflict(Problem):
    """The change contradicts something already stored.

    Remedy: Read again what you wanted to change, and decide anew.
    """

    code = "conflict"
    kind = Kind.CONFLICT
    title = "In conflict with something already stored"
