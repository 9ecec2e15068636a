"""How a command reaches the domain: as the operator, in one transaction, with tools that are opened for it alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from doorward.domain.users.store import UserRow
    from doorward.infra.database.unit_of_work import Tx
    from doorward.infra.telemetry.logs import Logs
    from doorward.infra.tools import Tools
    from doorward.settings import Settings

Answer = TypeVar("Answer")


def read(use_case: Callable[[Tx], Awaitable[Answer]]) -> Answer:
    """What a use case that only reads answers."""
    from doorward.kernel.actor import operator

    async def within(tools: Tools) -> Answer:
        async with tools.reading(operator()) as tx:
            return await use_case(tx)

    return with_tools(within)


def write(use_case: Callable[[Tx], Awaitable[Answer]]) -> Answer:
    """What a use case that changes something answers, once that is durable."""
    from doorward.kernel.actor import operator

    async def within(tools: Tools) -> Answer:
        await ensure_roles(tools)
        async with tools.writing(operator()) as tx:
            return await use_case(tx)

    return with_tools(within)


def read_on(user: str, use_case: Callable[[Tx, UserRow], Awaitable[Answer]]) -> Answer:
    """What a use case that only reads answers of the user whom somebody names. Raises UserNotFound."""
    return read(lambda tx: _on(tx, user, use_case))


def write_on(user: str, use_case: Callable[[Tx, UserRow], Awaitable[Answer]]) -> Answer:
    """What a use case answers that changes the user whom somebody names. Raises UserNotFound."""
    return write(lambda tx: _on(tx, user, use_case))


async def _on(tx: Tx, user: str, use_case: Callable[[Tx, UserRow], Awaitable[Answer]]) -> Answer:
    return await use_case(tx, await user_named(tx, user))


def with_tools(work: Callable[[Tools], Awaitable[Answer]], settings: Settings | None = None) -> Answer:
    """What some work answers that needs tools, on the configured database."""
    import asyncio

    from doorward.app import opened
    from doorward.settings import read_settings

    configured = settings or read_settings()
    logs = log_to_terminal(configured)

    async def main() -> Answer:
        async with opened(configured) as tools:
            return await work(tools)

    try:
        return asyncio.run(main())
    finally:
        logs.close()


def log_to_terminal(settings: Settings) -> Logs:
    """Warnings and worse go beside the answer, for people; everything with `--debug`."""
    from doorward.infra.telemetry.logs import set_up
    from doorward.infra.telemetry.settings import LogSettings

    level = settings.section(LogSettings).level
    return set_up(LogSettings(level="WARNING" if level == "INFO" else level, format="console"), descriptor=2)


async def user_named(tx: Tx, name: str) -> UserRow:
    """The user that somebody names by id, email address or username. Raises UserNotFound."""
    from doorward.domain.users.find import find_by_anything

    return await find_by_anything(tx, name)


async def ensure_roles(tools: Tools) -> None:
    """Puts the built-in roles in place in a database that was migrated and never served."""
    from doorward.domain.roles.manage import ensure_built_in, show_role
    from doorward.domain.roles.problems import RoleNotFound
    from doorward.domain.roles.rules import ADMIN
    from doorward.kernel.actor import operator

    try:
        async with tools.reading(operator()) as tx:
            await show_role(tx, ADMIN.name)
    except RoleNotFound:
        async with tools.writing(operator()) as tx:
            await ensure_built_in(tx)
