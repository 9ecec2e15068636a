"""`doorward user`: administration of users, through the same functions as the REST API."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, PasswordStdin, WhichUser, Yes, json_object, moment
from doorward.surfaces.cli.ask import UsageMistake, confirm, new_password
from doorward.surfaces.cli.lazy import Commands, Lazy
from doorward.surfaces.cli.run import read, user_named, write
from doorward.surfaces.cli.session import print_sessions
from doorward.surfaces.cli.show import note, print_fields, print_json, print_line, print_table

if TYPE_CHECKING:
    from doorward.domain.credentials.views import CredentialView
    from doorward.domain.users.store import UserRow
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands(
    "Create, find, change, suspend and delete users; import and export them.\n\n"
    "A USER is named by id (usr_…), by any of their email addresses, or by username.",
    {
        "import": Lazy("doorward.surfaces.cli.transfer:import_users", "Bring users in from a CSV or JSONL file."),
        "export": Lazy("doorward.surfaces.cli.transfer:export_users", "Write users out to a CSV or JSONL file."),
        "invite": Lazy("doorward.surfaces.cli.invitation:invite", "Invite somebody by mail to make an account."),
        "invitations": Lazy("doorward.surfaces.cli.invitation:invitations", "List open invitations, newest first."),
        "uninvite": Lazy("doorward.surfaces.cli.invitation:uninvite", "Take an invitation back."),
    },
)


class Status(StrEnum):
    """What an account is."""

    active = "active"
    suspended = "suspended"
    deleted = "deleted"


class Sort(StrEnum):
    """An order; with `-` in front, downwards."""

    created_at = "created_at"
    newest = "-created_at"
    email = "email"
    email_down = "-email"
    username = "username"
    username_down = "-username"
    name_up = "name"
    name_down = "-name"


class Count(StrEnum):
    """How to count."""

    estimate = "estimate"
    exact = "exact"


_Username = Annotated[str | None, typer.Option(help="A unique name to sign in with.")]
_Name = Annotated[str | None, typer.Option(help="The full name.")]
_Locale = Annotated[str | None, typer.Option(help="A language tag, such as en-GB.")]
_TimeZone = Annotated[str | None, typer.Option(help="Such as Europe/London.")]
_Picture = Annotated[str | None, typer.Option(help="The address of a picture.")]
_ExternalId = Annotated[str | None, typer.Option(help="The id that another system knows the user by.")]
_PublicMetadata = Annotated[
    dict | None,  # type: ignore[type-arg]  # Typer looks at the class alone
    typer.Option(parser=json_object, metavar="JSON", help="Free-form JSON object that the user may see."),
]
_AdminMetadata = Annotated[
    dict | None,  # type: ignore[type-arg]  # Typer looks at the class alone
    typer.Option(parser=json_object, metavar="JSON", help="Free-form JSON object that only administrators see."),
]
_CLEARABLE: Final = (
    "username",
    "name",
    "locale",
    "time_zone",
    "picture_url",
    "external_id",
    "public_metadata",
    "admin_metadata",
)


@commands.command()
def create(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The primary email address.")],
    *,
    verified: Annotated[
        bool, typer.Option("--verified", help="You know that the address belongs to the person.")
    ] = False,
    username: _Username = None,
    name: _Name = None,
    locale: _Locale = None,
    time_zone: _TimeZone = None,
    picture_url: _Picture = None,
    external_id: _ExternalId = None,
    public_metadata: _PublicMetadata = None,
    admin_metadata: _AdminMetadata = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="A role to grant; may be given several times.")
    ] = None,
    password_stdin: PasswordStdin = False,
    without_password: Annotated[
        bool, typer.Option("--without-password", help="Set none; the user cannot sign in by password until one is set.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a user. The password is asked for, unless an option says where it comes from."""
    if password_stdin and without_password:
        raise UsageMistake("Give --password-stdin or --without-password, not both.")
    fields = _given(
        username=username,
        name=name,
        locale=locale,
        time_zone=time_zone,
        picture_url=picture_url,
        external_id=external_id,
        public_metadata=public_metadata,
        admin_metadata=admin_metadata,
    )
    password = None if without_password else new_password(from_stdin=password_stdin)

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.sign_up.create_user import create_user

        return await create_user(
            tx, {"email": email, "email_verified": verified, **fields}, password=password, roles=role or ()
        )

    _print_user(write(use_case), as_json=as_json)


@commands.command("list")
def list_(
    *,
    search: Annotated[
        str | None, typer.Option("--search", "-q", help="What username, primary address or name begins with.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only those.")] = None,
    role: Annotated[str | None, typer.Option(help="Only who holds this role.")] = None,
    email: Annotated[str | None, typer.Option(help="Who has this address, in any spelling.")] = None,
    username: Annotated[str | None, typer.Option(help="Who has this username, in any spelling.")] = None,
    created_after: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="MOMENT", help="That moment included.")
    ] = None,
    created_before: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="MOMENT", help="That moment excluded.")
    ] = None,
    sort: Annotated[Sort | None, typer.Option(help="The order; newest first unless given.", show_choices=True)] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after the page that ended with this cursor.")] = None,
    count: Annotated[Count | None, typer.Option(help="Also say how many there are.")] = None,
    as_json: AsJson = False,
) -> None:
    """List users, a page at a time."""
    from doorward.domain.users.list import UserFilter, list_users
    from doorward.domain.users.views import user_view
    from doorward.kernel.page import Page

    which = UserFilter(
        status=None if status is None else status.value,
        email=email,
        username=username,
        created_after=created_after,
        created_before=created_before,
        role=role,
        search=search,
    )

    async def use_case(tx: Tx) -> Page[UserRow]:
        return await list_users(
            tx,
            which,
            order=None if sort is None else sort.value,
            limit=limit,
            cursor=cursor,
            count=None if count is None else count.value,
        )

    page = read(use_case)
    items = [user_view(row) for row in page.items]
    if as_json:
        document: dict[str, Any] = {"items": items, "next_cursor": page.next_cursor, "has_more": page.has_more}
        if page.count is not None:
            document["count"] = page.count
        print_json(document)
        return
    shown = ("id", "email", "username", "name", "status", "created_at", "last_sign_in_at")
    print_table([each.upper().replace("_AT", "").replace("_", " ") for each in shown], _rows(items, shown))
    if page.count is not None:
        note(f"There are {'about ' if count is Count.estimate else ''}{page.count}.")
    if page.next_cursor is not None:
        note(f"There are more: --cursor {page.next_cursor}")


@commands.command()
def show(user: WhichUser, *, as_json: AsJson = False) -> None:
    """Show a user."""
    from doorward.domain.roles.store import RoleRow
    from doorward.domain.users.emails import list_emails
    from doorward.domain.users.grant import list_roles_of
    from doorward.domain.users.store import EmailRow
    from doorward.domain.users.views import user_view

    async def use_case(tx: Tx) -> tuple[UserRow, list[EmailRow], list[RoleRow]]:
        row = await user_named(tx, user)
        return row, await list_emails(tx, row.id), await list_roles_of(tx, row.id)

    row, emails, roles = read(use_case)
    if as_json:
        print_json(user_view(row))
        return
    others = [f"{each.address} ({'verified' if each.verified_at else 'not verified'})" for each in emails]
    print_fields({**user_view(row), "emails": others, "roles": [each.name for each in roles]})


@commands.command()
def update(
    user: WhichUser,
    *,
    username: _Username = None,
    name: _Name = None,
    locale: _Locale = None,
    time_zone: _TimeZone = None,
    picture_url: _Picture = None,
    external_id: _ExternalId = None,
    public_metadata: _PublicMetadata = None,
    admin_metadata: _AdminMetadata = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="A field to empty, such as name; may be given several times."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a user. What is not given stays; metadata is replaced as a whole."""
    emptied = [each.replace("-", "_") for each in clear or ()]
    unknown = [each for each in emptied if each not in _CLEARABLE]
    if unknown:
        raise UsageMistake(f"--clear takes one of: {', '.join(_CLEARABLE)}.")
    given = _given(
        username=username,
        name=name,
        locale=locale,
        time_zone=time_zone,
        picture_url=picture_url,
        external_id=external_id,
        public_metadata=public_metadata,
        admin_metadata=admin_metadata,
    )
    fields = given | dict.fromkeys(emptied)
    if not fields or len(fields) < len(given) + len(emptied):
        raise UsageMistake("Say what to change, each field once: give it a value or name it by --clear.")

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.update import update_user

        return await update_user(tx, (await user_named(tx, user)).id, fields)

    _print_user(write(use_case), as_json=as_json)


@commands.command()
def suspend(
    user: WhichUser,
    *,
    reason: Annotated[str | None, typer.Option(help="Why; administrators see it.")] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="MOMENT", help="When it ends by itself.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Suspend a user. All their sessions end at once."""

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.suspend import suspend_user

        return await suspend_user(tx, (await user_named(tx, user)).id, reason=reason, until=until)

    _print_user(write(use_case), as_json=as_json)


@commands.command()
def reinstate(user: WhichUser, *, as_json: AsJson = False) -> None:
    """Take a suspension back."""

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.suspend import reinstate_user

        return await reinstate_user(tx, (await user_named(tx, user)).id)

    _print_user(write(use_case), as_json=as_json)


@commands.command()
def unlock(user: WhichUser, *, as_json: AsJson = False) -> None:
    """Forget the wrong passwords and codes given for a user, who may then try again at once."""

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.unlock import unlock_user

        return await unlock_user(tx, (await user_named(tx, user)).id)

    _print_user(write(use_case), as_json=as_json)


@commands.command()
def delete(
    user: WhichUser,
    *,
    purge: Annotated[bool, typer.Option("--purge", help="Erase for good, at once, with all personal data.")] = False,
    yes: Yes = False,
) -> None:
    """Delete a user. All their sessions end, and the account can be restored until its grace period ends."""
    confirm(f"Erase {user} for good?" if purge else f"Delete {user}?", yes=yes)

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.delete import delete_user, erase_user

        row = await user_named(tx, user)
        if purge:
            await erase_user(tx, row.id)
            return row
        return await delete_user(tx, row.id)

    row = write(use_case)
    if purge:
        print_line(f"Erased {row.email} for good.")
    else:
        print_fields({"deleted": row.email, "can be restored until": row.purge_at})


@commands.command()
def restore(user: WhichUser, *, as_json: AsJson = False) -> None:
    """Restore a deleted user."""

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.users.delete import restore_user

        return await restore_user(tx, (await user_named(tx, user)).id)

    _print_user(write(use_case), as_json=as_json)


@commands.command("set-password")
def set_password(user: WhichUser, *, password_stdin: PasswordStdin = False) -> None:
    """Set a user's password. It is asked for unless --password-stdin is given; all their sessions end."""
    password = new_password(from_stdin=password_stdin)

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.methods.password import choose

        row = await user_named(tx, user)
        await choose.set_password(tx, row.id, password)
        return row

    print_line(f"{write(use_case).email} has a new password.")


@commands.command()
def sessions(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List the open sessions of a user; the same as `doorward session list`."""
    print_sessions(user, as_json=as_json)


@commands.command()
def credentials(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List what a user signs in with."""

    async def use_case(tx: Tx) -> list[CredentialView]:
        from doorward.domain.methods.credentials import list_credentials_of

        return await list_credentials_of(tx, (await user_named(tx, user)).id)

    items = read(use_case)
    if as_json:
        print_json({"items": items, "next_cursor": None, "has_more": False})
        return
    shown = ("id", "method", "label", "created_at", "last_used_at")
    print_table([each.upper().replace("_AT", "").replace("_", " ") for each in shown], _rows(items, shown))


@commands.command("remove-credential")
def remove_credential(
    user: WhichUser,
    credential: Annotated[str, typer.Argument(metavar="CREDENTIAL", help="The id of a credential (crd_…).")],
    *,
    yes: Yes = False,
) -> None:
    """Remove a credential of a user, such as a lost passkey. Their last way to sign in and last second factor stay."""
    confirm(f"Remove a credential of {user}?", yes=yes)

    async def use_case(tx: Tx) -> UserRow:
        from doorward.domain.sign_in.remove_factor import remove_factor
        from doorward.kernel.ids import CREDENTIAL, find

        row = await user_named(tx, user)
        await remove_factor(tx, row.id, find(CREDENTIAL, credential))
        return row

    print_line(f"Removed a credential of {write(use_case).email}.")


@commands.command("reset-factors")
def reset_factors(
    user: WhichUser,
    *,
    reason: Annotated[str, typer.Option(help="Why; the user is told. Needed unless with --cancel.")] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="Take a reset back that has not taken place yet.")] = False,
    yes: Yes = False,
) -> None:
    """Reset the second factors of a user after a delay. Every address of theirs is told, with a link that takes it back."""
    confirm(f"{'Take the reset back of' if cancel else 'Reset'} the second factors of {user}?", yes=yes)

    async def use_case(tx: Tx) -> str:
        from doorward.domain.sign_in.factor_reset import begin_factor_reset, cancel_factor_reset
        from doorward.kernel.clock import wire

        row = await user_named(tx, user)
        if cancel:
            await cancel_factor_reset(tx, row.id)
            return f"The second factors of {row.email} stay."
        return f"The second factors of {row.email} are reset at {wire(await begin_factor_reset(tx, row.id, reason=reason))}."

    print_line(write(use_case))


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _rows(items: list[Any], names: tuple[str, ...]) -> list[list[Any]]:
    return [[item[name] for name in names] for item in items]


def _print_user(row: UserRow, *, as_json: bool) -> None:
    from doorward.domain.users.views import user_view

    if as_json:
        print_json(user_view(row))
    else:
        print_fields(dict(user_view(row)))
