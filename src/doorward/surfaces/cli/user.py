"""`doorward user`: administration of users, through the same functions as the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, Cursor, Limit, PasswordStdin, WhichUser, Yes, json_object, moment
from doorward.surfaces.cli.ask import UsageMistake, confirm, new_password
from doorward.surfaces.cli.lazy import Commands, Lazy
from doorward.surfaces.cli.run import read, read_on, write, write_on
from doorward.surfaces.cli.session import print_sessions
from doorward.surfaces.cli.show import note, print_fields, print_json, print_line, print_list

if TYPE_CHECKING:
    from doorward.domain.users.store import UserRow
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands(
    "Create, find, change, suspend and delete users; import and export them.\n\n"
    "A USER is named by id (usr_…), by any of their email addresses, or by username.",
    {
        "email": Lazy("doorward.surfaces.cli.email:commands", "See and change the email addresses of a user."),
        "set-password": Lazy("doorward.surfaces.cli.credential:set_password", "Set a user's password."),
        "recover": Lazy(
            "doorward.surfaces.cli.credential:recover",
            "Have a user choose a new password, by a link that they alone get.",
        ),
        "credentials": Lazy("doorward.surfaces.cli.credential:credentials", "List what a user signs in with."),
        "remove-credential": Lazy(
            "doorward.surfaces.cli.credential:remove_credential",
            "Remove a credential of a user, such as a lost passkey.",
        ),
        "reset-factors": Lazy(
            "doorward.surfaces.cli.credential:reset_factors", "Reset the second factors of a user after a delay."
        ),
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
    fields = _profile(locals())
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
    limit: Limit = 50,
    cursor: Cursor = None,
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
    columns = ("id", "email", "username", "name", "status", "created_at", "last_sign_in_at")
    print_list(
        [user_view(row) for row in page.items],
        columns,
        as_json=as_json,
        next_cursor=page.next_cursor,
        more={} if page.count is None else {"count": page.count},
    )
    if page.count is not None and not as_json:
        note(f"There are {'about ' if count is Count.estimate else ''}{page.count}.")


@commands.command()
def show(user: WhichUser, *, as_json: AsJson = False) -> None:
    """Show a user."""
    from doorward.domain.roles.store import RoleRow
    from doorward.domain.users.emails import list_emails
    from doorward.domain.users.grant import list_roles_of
    from doorward.domain.users.store import EmailRow
    from doorward.domain.users.views import user_view

    async def use_case(tx: Tx, row: UserRow) -> tuple[UserRow, list[EmailRow], list[RoleRow]]:
        return row, await list_emails(tx, row.id), await list_roles_of(tx, row.id)

    row, emails, roles = read_on(user, use_case)
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
    given = _profile(locals())
    fields = given | dict.fromkeys(emptied)
    if not fields or len(fields) < len(given) + len(emptied):
        raise UsageMistake("Say what to change, each field once: give it a value or name it by --clear.")

    async def use_case(tx: Tx, row: UserRow) -> UserRow:
        from doorward.domain.users.update import update_user

        return await update_user(tx, row.id, fields)

    _print_user(write_on(user, use_case), as_json=as_json)


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

    async def use_case(tx: Tx, row: UserRow) -> UserRow:
        from doorward.domain.users.suspend import suspend_user

        return await suspend_user(tx, row.id, reason=reason, until=until)

    _print_user(write_on(user, use_case), as_json=as_json)


def _do(name: str, place: str, help_: str) -> None:
    """A command that does one thing to a user and shows what became of them. place: `module:function` that does it."""

    def command(user: WhichUser, *, as_json: AsJson = False) -> None:
        async def use_case(tx: Tx, row: UserRow) -> UserRow:
            module, _, function = place.partition(":")
            done: UserRow = await getattr(import_module(module), function)(tx, row.id)
            return done

        _print_user(write_on(user, use_case), as_json=as_json)

    command.__doc__ = help_
    commands.command(name)(command)


_do("reinstate", "doorward.domain.users.suspend:reinstate_user", "Take a suspension back.")
_do(
    "unlock",
    "doorward.domain.users.unlock:unlock_user",
    "Forget the wrong passwords and codes given for a user, who may then try again at once.",
)


@commands.command()
def delete(
    user: WhichUser,
    *,
    purge: Annotated[bool, typer.Option("--purge", help="Erase for good, at once, with all personal data.")] = False,
    yes: Yes = False,
) -> None:
    """Delete a user. All their sessions end, and the account can be restored until its grace period ends."""
    confirm(f"Erase {user} for good?" if purge else f"Delete {user}?", yes=yes)

    async def use_case(tx: Tx, row: UserRow) -> UserRow:
        from doorward.domain.users.delete import delete_user, erase_user

        if purge:
            await erase_user(tx, row.id)
            return row
        return await delete_user(tx, row.id)

    row = write_on(user, use_case)
    if purge:
        print_line(f"Erased {row.email} for good.")
    else:
        print_fields({"deleted": row.email, "can be restored until": row.purge_at})


_do("restore", "doorward.domain.users.delete:restore_user", "Restore a deleted user.")


@commands.command()
def sessions(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List the open sessions of a user; the same as `doorward session list`."""
    print_sessions(user, as_json=as_json)


def _profile(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a profile that were given. options: all of a command."""
    return {name: options[name] for name in _CLEARABLE if options[name] is not None}


def _print_user(row: UserRow, *, as_json: bool) -> None:
    from doorward.domain.users.views import user_view

    if as_json:
        print_json(user_view(row))
    else:
        print_fields(dict(user_view(row)))
