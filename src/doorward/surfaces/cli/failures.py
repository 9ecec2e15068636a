"""What is said when a command fails as commands may fail: one clear sentence for each thing that is wrong."""

from __future__ import annotations

import asyncio
import os
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from doorward.domain.transfer.read import UnusableFile
from doorward.infra.backup.problems import BackupFailed
from doorward.infra.crypto.sealing import SealBroken
from doorward.infra.database.connect import AddressError
from doorward.infra.database.problems import DatabaseUnavailable
from doorward.kernel.problem import Problem
from doorward.places import database_name
from doorward.settings import SettingsError, read_settings
from doorward.surfaces.cli.ask import UsageMistake


class Explained(NamedTuple):
    """What to say, one sentence a line, and how to end."""

    lines: list[str]
    exit_code: int = 1


def explain(error: BaseException) -> Explained | None:  # noqa: PLR0911 - a table of causes
    """What to say of a failure; None for one that nobody expected, whose traceback is worth more than words."""
    if isinstance(error, UsageMistake):
        return Explained([str(error)], 2)
    if isinstance(error, SettingsError | UnusableFile | BackupFailed):
        return Explained(error.lines)
    if isinstance(error, DatabaseUnavailable):
        return Explained([explain_database(error)])
    if isinstance(error, Problem):
        return Explained(explain_problem(error))
    if isinstance(error, SealBroken):
        return Explained([str(error)])
    if isinstance(error, AddressError):
        return Explained([str(error)])
    if isinstance(error, DBAPIError):
        return Explained([f"The database refused: {_first_line(error.orig)}."])
    if isinstance(error, OSError) and error.filename is not None:
        return Explained([f"{error.filename}: {error.strerror}."])
    return None


def explain_problem(problem: Problem) -> list[str]:
    """A problem in the words of a command line: each wrong value by its name, else what happened and what to do."""
    if problem.errors:
        return [f"{each.pointer.strip('/')}: {each.detail}" for each in problem.errors]
    if problem.detail in {"", problem.title}:
        return [f"{problem.title}."]
    return [f"{problem.title}. {problem.detail}"]


def explain_database(problem: DatabaseUnavailable) -> str:
    """Which database cannot be used, why, and what to do. The driver's words say why; they hold no password."""
    cause = problem.__cause__
    name = type(cause).__name__
    try:
        settings = read_settings()
        database, source = database_name(settings), settings.sources.get("database.url", "DATABASE_URL")
    except SettingsError:
        database, source = "The database", "DATABASE_URL"
    if cause is None:
        return f"{database} cannot be used: {problem.detail}"
    if name in {"DatabaseError", "OperationalError"}:
        see = (
            "Name an SQLite database"
            if name == "DatabaseError"
            else "See that it and its folder can be written, or mend what is"
        )
        return f"{database} cannot be used: {_first_line(cause)}. {see} in {source}."
    if name == "InvalidCatalogNameError":
        return f"{database} does not exist on its server. Create it, or name another in {source}."
    if name in {"InvalidPasswordError", "InvalidAuthorizationSpecificationError"}:
        return f"{database} refuses the user or password in {source}: {_first_line(cause)}."
    if isinstance(cause, TimeoutError | asyncio.TimeoutError):
        return f"{database} does not answer. See whether its server runs and can be reached, or mend {source}."
    return f"{database} cannot be reached: {_reason(cause)}. Start its server, or mend {source}."


def _reason(cause: BaseException) -> str:
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno).lower()
    return _first_line(cause)


def _first_line(cause: BaseException | None) -> str:
    text = str(cause).partition("\n")[0].rstrip(".")
    return text or type(cause).__name__
