"""A broken constraint becomes the problem it stands for.

A unique index carries its problem in `info`: `Index("…", info={"problem": EmailTaken})`. So nothing is looked up first
and inserted later; the database alone decides, and fifty parallel requests get one winner.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Column, MetaData

from doorward.infra.database.problems import Conflict
from doorward.kernel.problem import Problem


class Conflicts:
    """Which problem belongs to which unique constraint of the schema."""

    def __init__(self, metadata: MetaData) -> None:
        self._by_name: dict[str, Callable[[], Problem]] = {}
        self._by_columns: dict[str, Callable[[], Problem]] = {}
        for table in metadata.tables.values():
            for index in table.indexes:
                problem = index.info.get("problem")
                if problem is None or index.name is None:
                    continue
                self._by_name[index.name] = problem
                columns = [each for each in index.expressions if isinstance(each, Column)]
                self._by_columns[", ".join(f"{table.name}.{column.name}" for column in columns)] = problem

    def problem_of_constraint(self, name: str | None) -> Problem:
        """The problem for a constraint by its name, as PostgreSQL reports it."""
        make = self._by_name.get(name or "")
        return make() if make else Conflict()

    def problem_of_message(self, message: str) -> Problem:
        """The problem for SQLite's message, such as `UNIQUE constraint failed: users.username_key`."""
        what = message.rpartition(": ")[2]
        if what.startswith("index "):
            return self.problem_of_constraint(what.removeprefix("index ").strip("'"))
        make = self._by_columns.get(what)
        return make() if make else Conflict()
