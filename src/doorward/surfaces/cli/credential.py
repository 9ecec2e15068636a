"""`doorward user`: what somebody signs in with. Passwords are asked for, or left to their owners; factors have rules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from doorward.surfaces.cli.arguments import AsJson, PasswordStdin, WhichUser, Yes
from doorward.surfaces.cli.ask import confirm, new_password
from doorward.surfaces.cli.run import read_on, write_on
from doorward.surfaces.cli.show import print_line, print_list

if TYPE_CHECKING:
    from doorward.domain.credentials.views import CredentialView
    from doorward.domain.users.store import UserRow
    from doorward.infra.database.unit_of_work import Tx


def set_password(user: WhichUser, *, password_stdin: PasswordStdin = False) -> None:
    """Set a user's password. It is asked for unless --password-stdin is given; all their sessions end."""
    password = new_password(from_stdin=password_stdin)

    async def use_case(tx: Tx, row: UserRow) -> str:
        from doorward.domain.methods.password import choose

        await choose.set_password(tx, row.id, password)
        return row.email

    print_line(f"{write_on(user, use_case)} has a new password.")


def recover(
    user: WhichUser,
    *,
    end_sessions: Annotated[
        bool, typer.Option("--end-sessions", help="Also sign everybody out of the account at once.")
    ] = False,
) -> None:
    """Have a user choose a new password, by a link that they alone get. The present one works until then."""

    async def use_case(tx: Tx, row: UserRow) -> str:
        from doorward.domain.recovery.begin import begin_recovery

        return (await begin_recovery(tx, row.id, ends_sessions=end_sessions)).email

    print_line(f"A link to choose a new password goes to {write_on(user, use_case)}.")


def credentials(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List what a user signs in with."""

    async def use_case(tx: Tx, row: UserRow) -> list[CredentialView]:
        from doorward.domain.methods.credentials import list_credentials_of

        return await list_credentials_of(tx, row.id)

    print_list(read_on(user, use_case), ("id", "method", "label", "created_at", "last_used_at"), as_json=as_json)


def remove_credential(
    user: WhichUser,
    credential: Annotated[str, typer.Argument(metavar="CREDENTIAL", help="The id of a credential (crd_…).")],
    *,
    yes: Yes = False,
) -> None:
    """Remove a credential of a user, such as a lost passkey. Their last way to sign in and last second factor stay."""
    confirm(f"Remove a credential of {user}?", yes=yes)

    async def use_case(tx: Tx, row: UserRow) -> str:
        from doorward.domain.sign_in.remove_factor import remove_factor
        from doorward.kernel.ids import CREDENTIAL, find

        await remove_factor(tx, row.id, find(CREDENTIAL, credential))
        return row.email

    print_line(f"Removed a credential of {write_on(user, use_case)}.")


def reset_factors(
    user: WhichUser,
    *,
    reason: Annotated[str, typer.Option(help="Why; the user is told. Needed unless with --cancel.")] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="Take a reset back that has not taken place yet.")] = False,
    yes: Yes = False,
) -> None:
    """Reset the second factors of a user after a delay. Every address of theirs is told, with a link that takes it back."""
    confirm(f"{'Take the reset back of' if cancel else 'Reset'} the second factors of {user}?", yes=yes)

    async def use_case(tx: Tx, row: UserRow) -> str:
        from doorward.domain.sign_in.factor_reset import begin_factor_reset, cancel_factor_reset
        from doorward.kernel.clock import wire

        if cancel:
            await cancel_factor_reset(tx, row.id)
            return f"The second factors of {row.email} stay."
        return f"The second factors of {row.email} are reset at {wire(await begin_factor_reset(tx, row.id, reason=reason))}."

    print_line(write_on(user, use_case))
