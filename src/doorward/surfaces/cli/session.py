"""`doorward session`: the sessions of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, WhichUser, Yes
from doorward.surfaces.cli.ask import UsageMistake, confirm
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read_on, write_on
from doorward.surfaces.cli.show import print_line, print_list

if TYPE_CHECKING:
    from doorward.domain.sessions.views import SessionView
    from doorward.domain.users.store import UserRow
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands("List and end the sessions of a user.")


@commands.command("list")
def list_(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List the open sessions of a user, newest first."""
    print_sessions(user, as_json=as_json)


@commands.command()
def end(
    user: WhichUser,
    session: Annotated[str | None, typer.Argument(metavar="SESSION", help="The id of one session (ses_…).")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="End all of them.")] = False,
    yes: Yes = False,
) -> None:
    """End one session of a user, or all of them. Its tokens are refused from then on."""
    if every == (session is not None):
        raise UsageMistake("Give the id of a session, or --all.")
    if every:
        confirm(f"End all sessions of {user}?", yes=yes)

    async def use_case(tx: Tx, row: UserRow) -> int:
        from doorward.domain.users.sessions import end_session_of, end_sessions_of
        from doorward.kernel.ids import SESSION, find

        if session is None:
            return await end_sessions_of(tx, row.id)
        await end_session_of(tx, row.id, find(SESSION, session))
        return 1

    count = write_on(user, use_case)
    print_line(f"Ended {count} session{'' if count == 1 else 's'}.")


def print_sessions(user: str, *, as_json: bool) -> None:
    """Prints the open sessions of the user whom somebody names."""

    async def use_case(tx: Tx, row: UserRow) -> list[SessionView]:
        from doorward.domain.sessions.views import session_view
        from doorward.domain.users.sessions import list_sessions_of

        return [session_view(each) for each in await list_sessions_of(tx, row.id)]

    columns = ("id", "device", "address", "kind", "created_at", "last_used_at", "expires_at")
    print_list(read_on(user, use_case), columns, as_json=as_json)
