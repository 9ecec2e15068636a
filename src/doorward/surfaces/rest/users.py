"""Administration of users."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from doorward.domain.methods.password.choose import set_password
from doorward.domain.methods.password.problems import PasswordForOwnerOnly
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.roles.views import RoleView, role_view
from doorward.domain.sessions.problems import SessionNotFound, StepUpRequired
from doorward.domain.sessions.views import SessionView, session_view
from doorward.domain.sign_up.create_user import create_user
from doorward.domain.users import problems
from doorward.domain.users.delete import delete_user, erase_user, restore_user
from doorward.domain.users.emails import add_email, list_emails, make_primary, remove_email, verify_email
from doorward.domain.users.find import show_user
from doorward.domain.users.grant import grant_role, list_roles_of, revoke_role
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.sessions import end_session_of, end_sessions_of, list_sessions_of
from doorward.domain.users.store import Order
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.domain.users.unlock import unlock_user
from doorward.domain.users.update import update_user
from doorward.domain.users.views import EmailView, UserView, email_view, user_view
from doorward.infra.crypto.hashing import HashingBusy
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import EMAIL, SESSION, USER, encode, find
from doorward.kernel.problem import PreconditionFailed
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.lists import Cursor, Limit, ListView, list_reply
from doorward.surfaces.rest.operation import Body, Operations, Query

operations: Final = Operations("Users")

_Email = Annotated[str, Field(max_length=320, examples=["ada@example.com"])]
_Username = Annotated[str, Field(max_length=128, examples=["ada"])]
_Name = Annotated[str, Field(max_length=400, examples=["Ada Lovelace"])]
_Password = Annotated[str, Field(max_length=1024, examples=["correct staple battery 9"])]
_Metadata = dict[str, Any]


class ProfileBody(Body):
    """What can be changed of any account."""

    username: _Username | None = None
    name: _Name | None = None
    locale: Annotated[str, Field(max_length=64, examples=["en-GB"])] | None = None
    time_zone: Annotated[str, Field(max_length=64, examples=["Europe/London"])] | None = None
    picture_url: Annotated[str, Field(max_length=2048)] | None = None
    public_metadata: _Metadata | None = None
    admin_metadata: _Metadata | None = None
    external_id: Annotated[str, Field(max_length=255)] | None = None


class NewUserBody(ProfileBody):
    """A new account."""

    email: _Email
    email_verified: bool = False
    password: _Password | None = None
    roles: list[str] = Field(default_factory=list, max_length=50)


class SuspendBody(Body):
    """Why, and until when."""

    reason: Annotated[str, Field(max_length=2000)] | None = None
    # A moment with an offset; without one nobody knows which moment it is.
    until: (
        Annotated[AwareDatetime, Field(description="RFC 3339 with an offset, such as 2030-01-31T12:00:00Z.")] | None
    ) = None


class PasswordBody(Body):
    """A password to be."""

    password: _Password


class NewEmailBody(Body):
    """An address to add."""

    address: _Email
    verified: bool = False


class UsersQuery(Query):
    """Which users, in which order."""

    limit: Limit = 50
    cursor: Cursor = None
    sort: Annotated[Order | None, Field(description="With `-` in front, downwards. Newest first unless given.")] = None
    status: Literal["active", "suspended", "deleted"] | None = None
    email: Annotated[str | None, Field(max_length=320, description="Any address of the user, in any spelling.")] = None
    username: Annotated[str | None, Field(max_length=128, description="In any spelling.")] = None
    created_after: Annotated[AwareDatetime | None, Field(description="That moment included.")] = None
    created_before: Annotated[AwareDatetime | None, Field(description="That moment excluded.")] = None
    role: Annotated[str | None, Field(max_length=64)] = None
    q: Annotated[
        str | None,
        Field(min_length=1, max_length=128, description="What username, primary address or name begins with."),
    ] = None
    count: Annotated[
        Literal["estimate", "exact"] | None, Field(description="Also say how many there are; exactly takes its time.")
    ] = None


class DeleteQuery(Query):
    """How to delete."""

    purge: Annotated[bool, Field(description="Erase for good, at once.")] = False


@operations.add(
    "POST",
    "/v1/users",
    status=201,
    answer=UserView,
    problems=[
        problems.UsernameTaken,
        problems.EmailTaken,
        problems.ExternalIdTaken,
        RoleNotFound,
        PasswordForOwnerOnly,
        RoleBuiltIn,
        StepUpRequired,
        HashingBusy,
    ],
)
async def create(asked: Asked, body: NewUserBody) -> Reply:
    """Create a user."""
    fields = body.model_dump(exclude={"password", "roles"}, exclude_unset=True)

    async def use_case(tx: Tx) -> Reply:
        row = await create_user(tx, fields, password=body.password, roles=body.roles)
        location = ("location", f"/v1/users/{encode(USER, row.id)}")
        return asked.tagged(user_view(row), row.version, status=201, headers=(location,))

    return await asked.write(use_case)


@operations.add("GET", "/v1/users", answer=ListView[UserView], problems=[RoleNotFound], hot=True)
async def list_(asked: Asked, query: UsersQuery) -> Reply:
    """List users.

    Pages follow each other by `next_cursor`; a page costs the same wherever in the list it is.
    """
    which = UserFilter(
        status=query.status,
        email=query.email,
        username=query.username,
        created_after=query.created_after,
        created_before=query.created_before,
        role=query.role,
        search=query.q,
    )

    async def use_case(tx: Tx) -> Reply:
        page = await list_users(tx, which, order=query.sort, limit=query.limit, cursor=query.cursor, count=query.count)
        return list_reply(page, user_view)

    return await asked.read(use_case, may_lag=True)


@operations.add("GET", "/v1/users/{user_id}", answer=UserView, problems=[problems.UserNotFound], hot=True)
async def show(asked: Asked, user_id: str) -> Reply:
    """Show a user."""

    async def use_case(tx: Tx) -> Reply:
        row = await show_user(tx, find(USER, user_id))
        return asked.tagged(user_view(row), row.version)

    return await asked.read(use_case)


@operations.add(
    "PATCH",
    "/v1/users/{user_id}",
    answer=UserView,
    problems=[problems.UserNotFound, problems.UsernameTaken, problems.ExternalIdTaken, PreconditionFailed],
)
async def change(asked: Asked, user_id: str, body: ProfileBody) -> Reply:
    """Change a user.

    What is not sent stays; null empties. With `If-Match` the change is made only to the version that was read.
    """
    fields = body.model_dump(exclude_unset=True)
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await update_user(tx, find(USER, user_id), fields, version=version)
        return asked.tagged(user_view(row), row.version)

    return await asked.write(use_case)


@operations.add(
    "DELETE",
    "/v1/users/{user_id}",
    status=204,
    problems=[problems.UserNotFound, problems.LastAdministrator, PreconditionFailed],
)
async def delete(asked: Asked, user_id: str, query: DeleteQuery) -> Reply:
    """Delete a user.

    The account can be restored until its grace period ends. With `purge=true` it is erased for good, at once.
    """
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        if query.purge:
            await erase_user(tx, find(USER, user_id), version=version)
        else:
            await delete_user(tx, find(USER, user_id), version=version)
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/users/{user_id}/restore",
    answer=UserView,
    problems=[problems.UserNotFound, problems.UserNotDeleted, problems.RestoreWindowOver, PreconditionFailed],
)
async def restore(asked: Asked, user_id: str) -> Reply:
    """Restore a deleted user."""
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await restore_user(tx, find(USER, user_id), version=version)
        return asked.tagged(user_view(row), row.version)

    return await asked.write(use_case)


_NO_REASON: Final = SuspendBody()


@operations.add(
    "POST",
    "/v1/users/{user_id}/suspend",
    answer=UserView,
    problems=[problems.UserNotFound, problems.UserDeleted, problems.LastAdministrator, PreconditionFailed],
)
async def suspend(asked: Asked, user_id: str, body: SuspendBody = _NO_REASON) -> Reply:
    """Suspend a user.

    All sessions end at once. With `until` the suspension ends by itself.
    """
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await suspend_user(tx, find(USER, user_id), reason=body.reason, until=body.until, version=version)
        return asked.tagged(user_view(row), row.version)

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/users/{user_id}/reinstate",
    answer=UserView,
    problems=[problems.UserNotFound, problems.UserDeleted, PreconditionFailed],
)
async def reinstate(asked: Asked, user_id: str) -> Reply:
    """Take a suspension back."""
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await reinstate_user(tx, find(USER, user_id), version=version)
        return asked.tagged(user_view(row), row.version)

    return await asked.write(use_case)


@operations.add(
    "POST", "/v1/users/{user_id}/unlock", answer=UserView, problems=[problems.UserNotFound, PreconditionFailed]
)
async def unlock(asked: Asked, user_id: str) -> Reply:
    """Unlock a user.

    The wrong passwords and codes given so far are forgotten, so that the user may try again at once.
    """
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await unlock_user(tx, find(USER, user_id), version=version)
        return asked.tagged(user_view(row), row.version)

    return await asked.write(use_case)


@operations.add(
    "PUT",
    "/v1/users/{user_id}/password",
    status=204,
    problems=[problems.UserNotFound, PasswordForOwnerOnly, StepUpRequired, HashingBusy],
)
async def put_password(asked: Asked, user_id: str, body: PasswordBody) -> Reply:
    """Set a user's password.

    All sessions of the user end.
    """

    async def use_case(tx: Tx) -> Reply:
        await set_password(tx, find(USER, user_id), body.password)
        return nothing()

    return await asked.write(use_case)


@operations.add("GET", "/v1/users/{user_id}/sessions", answer=ListView[SessionView], problems=[problems.UserNotFound])
async def list_sessions(asked: Asked, user_id: str) -> Reply:
    """List the open sessions of a user."""

    async def use_case(tx: Tx) -> Reply:
        rows = await list_sessions_of(tx, find(USER, user_id))
        return reply({"items": [session_view(row) for row in rows], "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("DELETE", "/v1/users/{user_id}/sessions", status=204, problems=[problems.UserNotFound])
async def end_all_sessions(asked: Asked, user_id: str) -> Reply:
    """End all sessions of a user."""

    async def use_case(tx: Tx) -> Reply:
        await end_sessions_of(tx, find(USER, user_id))
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "DELETE", "/v1/users/{user_id}/sessions/{session_id}", status=204, problems=[problems.UserNotFound, SessionNotFound]
)
async def end_one_session(asked: Asked, user_id: str, session_id: str) -> Reply:
    """End one session of a user."""

    async def use_case(tx: Tx) -> Reply:
        await end_session_of(tx, find(USER, user_id), find(SESSION, session_id))
        return nothing()

    return await asked.write(use_case)


@operations.add("GET", "/v1/users/{user_id}/emails", answer=ListView[EmailView], problems=[problems.UserNotFound])
async def list_addresses(asked: Asked, user_id: str) -> Reply:
    """List the email addresses of a user."""

    async def use_case(tx: Tx) -> Reply:
        rows = await list_emails(tx, find(USER, user_id))
        return reply({"items": [email_view(row) for row in rows], "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add(
    "POST",
    "/v1/users/{user_id}/emails",
    status=201,
    answer=EmailView,
    problems=[problems.UserNotFound, problems.EmailTaken, StepUpRequired],
)
async def add_address(asked: Asked, user_id: str, body: NewEmailBody) -> Reply:
    """Add an email address to a user."""

    async def use_case(tx: Tx) -> Reply:
        row = await add_email(tx, find(USER, user_id), body.address, verified=body.verified)
        return reply(email_view(row), status=201)

    return await asked.write(use_case)


@operations.add(
    "DELETE",
    "/v1/users/{user_id}/emails/{email_id}",
    status=204,
    problems=[problems.EmailNotFound, problems.EmailIsPrimary, StepUpRequired],
)
async def remove_address(asked: Asked, user_id: str, email_id: str) -> Reply:
    """Remove an email address from a user."""

    async def use_case(tx: Tx) -> Reply:
        await remove_email(tx, find(USER, user_id), find(EMAIL, email_id))
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "POST", "/v1/users/{user_id}/emails/{email_id}/verify", answer=EmailView, problems=[problems.EmailNotFound]
)
async def verify_address(asked: Asked, user_id: str, email_id: str) -> Reply:
    """Mark an email address as verified."""

    async def use_case(tx: Tx) -> Reply:
        return reply(email_view(await verify_email(tx, find(USER, user_id), find(EMAIL, email_id))))

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/users/{user_id}/emails/{email_id}/make-primary",
    answer=EmailView,
    problems=[problems.EmailNotFound, problems.EmailNotVerified, StepUpRequired],
)
async def make_address_primary(asked: Asked, user_id: str, email_id: str) -> Reply:
    """Make an email address the primary one."""

    async def use_case(tx: Tx) -> Reply:
        return reply(email_view(await make_primary(tx, find(USER, user_id), find(EMAIL, email_id))))

    return await asked.write(use_case)


@operations.add("GET", "/v1/users/{user_id}/roles", answer=ListView[RoleView], problems=[problems.UserNotFound])
async def list_roles(asked: Asked, user_id: str) -> Reply:
    """List the roles granted to a user.

    `member`, which everybody holds, is not listed.
    """

    async def use_case(tx: Tx) -> Reply:
        rows = await list_roles_of(tx, find(USER, user_id))
        return reply({"items": [role_view(row) for row in rows], "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add(
    "PUT",
    "/v1/users/{user_id}/roles/{role}",
    status=204,
    problems=[problems.UserNotFound, StepUpRequired, RoleNotFound, RoleBuiltIn],
)
async def grant(asked: Asked, user_id: str, role: str) -> Reply:
    """Grant a role to a user."""

    async def use_case(tx: Tx) -> Reply:
        await grant_role(tx, find(USER, user_id), role)
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "DELETE",
    "/v1/users/{user_id}/roles/{role}",
    status=204,
    problems=[problems.UserNotFound, StepUpRequired, RoleNotFound, RoleBuiltIn, problems.LastAdministrator],
)
async def revoke(asked: Asked, user_id: str, role: str) -> Reply:
    """Revoke a role from a user."""

    async def use_case(tx: Tx) -> Reply:
        await revoke_role(tx, find(USER, user_id), role)
        return nothing()

    return await asked.write(use_case)
