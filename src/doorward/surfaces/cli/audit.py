"""`doorward audit`: the log of what happened."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, Cursor, Limit, moment
from doorward.surfaces.cli.ask import UsageMistake
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read, user_named, with_tools
from doorward.surfaces.cli.show import note, print_json, print_json_line, print_line, print_table, text

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.domain.audit.views import EventView
    from doorward.infra.database.unit_of_work import Tx
    from doorward.infra.outbox.read import EventRow
    from doorward.infra.tools import Tools
    from doorward.kernel.page import Page

commands: Final = Commands("Read the log of what happened.")


_COLUMNS: Final = ("TIME", "TYPE", "BY", "USER", "TARGET", "DATA")
_PAGE: Final = 200
_PAUSE_SECONDS: Final = 1.0
# An event bears the time at which its transaction began, and is seen when that ends: none takes longer.
_LATE: Final = timedelta(minutes=2)


@commands.command("list")
def list_(
    *,
    user: Annotated[
        str | None, typer.Option(help="Only what concerns this user: id, email address or username.")
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only this type, such as session.started.")] = None,
    since: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="TIME", help="Not before this moment.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="Before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens from now on, or --since, until interrupted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what happened, newest first; with --follow oldest first, as it happens, and as one JSON document a line."""
    if follow:
        if until is not None or cursor is not None:
            raise UsageMistake("--follow has no end: leave --until and --cursor out.")
        _follow(user, type_, since, as_json=as_json)
        return

    async def use_case(tx: Tx) -> Page[EventRow]:
        from doorward.domain.audit.list import EventFilter, list_events

        user_id = None if user is None else (await user_named(tx, user)).id
        which = EventFilter(type_, since, until)
        return await list_events(tx, which, user_id=user_id, limit=limit, cursor=cursor)

    from doorward.domain.audit.views import event_view

    page = read(use_case)
    items = [event_view(row) for row in page.items]
    if as_json:
        print_json({"items": items, "next_cursor": page.next_cursor, "has_more": page.has_more})
        return
    print_table(_COLUMNS, [_cells(each) for each in items])
    if page.next_cursor is not None:
        note(f"There are more: --cursor {page.next_cursor}")


def _cells(event: EventView) -> list[Any]:
    by = event["actor"]["id"] or event["actor"]["kind"]
    return [event["occurred_at"], event["type"], by, event["user_id"], event["target"], event["data"] or None]


def _follow(user: str | None, type_: str | None, since: datetime | None, *, as_json: bool) -> None:
    """Prints events as they come in, until somebody interrupts or nobody reads any more."""

    async def within(tools: Tools) -> None:
        import asyncio
        import signal

        from doorward.domain.audit.views import event_view
        from doorward.kernel.actor import operator

        began = since or tools.clock.now()
        seen: dict[UUID, datetime] = {}
        async with tools.reading(operator()) as tx:
            user_id = None if user is None else (await user_named(tx, user)).id
        ended = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, ended.set)
        note("Following; interrupt to end.")
        while not ended.is_set():
            horizon = max(began, tools.clock.now() - _LATE) if seen or since is None else began
            async with tools.reading(operator()) as tx:
                rows = await _all_since(tx, user_id, type_, horizon)
            for row in reversed(rows):
                if row.id not in seen:
                    seen[row.id] = row.occurred_at
                    view = event_view(row)
                    if as_json:
                        print_json_line(view)
                    else:
                        print_line("  ".join(text(cell) for cell in _cells(view)))
            seen = {each: when for each, when in seen.items() if when >= horizon}
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _PAUSE_SECONDS)

    with suppress(BrokenPipeError):
        with_tools(within)


async def _all_since(tx: Tx, user_id: UUID | None, type_: str | None, since: datetime) -> list[EventRow]:
    """Every event since a moment, newest first."""
    from doorward.domain.audit.list import EventFilter, list_events

    found: list[EventRow] = []
    cursor = None
    while True:
        page = await list_events(tx, EventFilter(type_, since), user_id=user_id, limit=_PAGE, cursor=cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found
