"""`doorward after-restore`: what `doorward restore` does by itself, for a database that PostgreSQL's own tools restored."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.surfaces.cli.arguments import AsJson, Yes, moment
from doorward.surfaces.cli.ask import confirm
from doorward.surfaces.cli.run import with_tools
from doorward.surfaces.cli.show import print_json, print_line

if TYPE_CHECKING:
    from doorward.domain.restored.make_safe import Ended
    from doorward.infra.tools import Tools


def after_restore(
    *,
    made_at: Annotated[
        datetime | None,
        typer.Option(parser=moment, metavar="MOMENT", help="When the backup was made, for the audit log."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a database safe to serve that other tools have restored, before the first server starts on it.

    Ends every session, link, code and trusted device and replaces the signing keys, because those that ended after the
    backup was made would live again. Records it in the audit log. `doorward restore` does this by itself.
    """
    confirm("End every session, link and code of everybody?", yes=yes)

    async def within(tools: Tools) -> Ended:
        from doorward.domain.keys.ring import check_keys_open
        from doorward.domain.restored.make_safe import Backup, make_safe
        from doorward.kernel.actor import operator
        from doorward.kernel.clock import wire

        await check_keys_open(tools)
        async with tools.writing(operator()) as tx:
            return await make_safe(tx, Backup(made_at=wire(made_at) if made_at is not None else ""))

    ended = with_tools(within)
    if as_json:
        print_json(
            {
                "sessions_ended": ended.sessions,
                "values_voided": ended.values,
                "devices_distrusted": ended.devices,
            }
        )
        return
    print_line(
        f"Ended {ended.sessions:,} sessions, {ended.values:,} links, codes and sign-ins under way, and the trust in "
        f"{ended.devices:,} devices; replaced the signing keys. Start the server."
    )
