"""`doorward audit`: the log of what happened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, moment
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read, user_named
from doorward.surfaces.cli.show import note, print_json, print_table

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Tx
    from doorward.infra.outbox.read import EventRow
    from doorward.kernel.page import Page

commands: Final = Commands("Read the log of what happened.")


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
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after the page that ended with this cursor.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what happened, newest first."""

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
    print_table(
        ["TIME", "TYPE", "BY", "USER", "TARGET", "DATA"],
        [
            [
                each["occurred_at"],
                each["type"],
                each["actor"]["id"] or each["actor"]["kind"],
                each["user_id"],
                each["target"],
                each["data"] or None,
            ]
            for each in items
        ],
    )
    if page.next_cursor is not None:
        note(f"There are more: --cursor {page.next_cursor}")
