"""`doorward key`: the keys that sign tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read, write
from doorward.surfaces.cli.show import print_json, print_table

if TYPE_CHECKING:
    from doorward.domain.keys.views import KeyView
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands("List and rotate the keys that sign tokens.")


async def _views(tx: Tx) -> list[KeyView]:
    from doorward.domain.keys.rotate import list_keys
    from doorward.domain.keys.views import key_views

    return key_views(await list_keys(tx), tx.now)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the keys that sign, will sign or still verify."""
    _print_keys(read(_views), as_json=as_json)


@commands.command()
def rotate(
    *,
    now: Annotated[
        bool,
        typer.Option("--now", help="Let it sign at once, without announcing it first."),
    ] = False,
    revoke: Annotated[
        bool,
        typer.Option(
            "--revoke",
            help="The same, and refuse every token that another key signed: when a key leaked. Clients have to refresh.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new signing key. The present one goes on to verify for a while, so that no valid token is refused.

    With --revoke it does not: server processes refuse its tokens within five seconds, other services once they have read the
    key set again (it says that it may be kept for five minutes).
    """

    async def use_case(tx: Tx) -> list[KeyView]:
        from doorward.domain.keys.rotate import rotate_key

        await rotate_key(tx, at_once=now, revoke=revoke)
        return await _views(tx)

    _print_keys(write(use_case), as_json=as_json)


def _print_keys(items: list[KeyView], *, as_json: bool) -> None:
    if as_json:
        print_json({"items": items, "next_cursor": None, "has_more": False})
        return
    print_table(
        ["ID", "ALGORITHM", "STATE", "SIGNS FROM", "VERIFIES UNTIL"],
        [[each["kid"], each["algorithm"], each["state"], each["active_from"], each["expires_at"]] for each in items],
    )
