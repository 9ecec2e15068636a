"""One's own account."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from doorward.domain.credentials.views import CredentialView
from doorward.domain.methods.credentials import list_credentials_of
from doorward.domain.methods.password.choose import change_my_password
from doorward.domain.methods.password.problems import CurrentPasswordWrong
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sessions.problems import SessionNotFound, StepUpRequired
from doorward.domain.sessions.views import SessionView, session_view
from doorward.domain.users import problems
from doorward.domain.users.delete import delete_me
from doorward.domain.users.emails import add_email, list_emails, make_primary, remove_email
from doorward.domain.users.permissions import READ_ME
from doorward.domain.users.sessions import end_session_of, end_sessions_of, list_sessions_of
from doorward.domain.users.update import update_me
from doorward.domain.users.views import EmailView, OwnUserView, email_view, own_user_view
from doorward.infra.crypto.hashing import HashingBusy
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import EMAIL, SESSION, find
from doorward.kernel.permission import require
from doorward.kernel.problem import PreconditionFailed
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.cookies import no_session_cookie
from doorward.surfaces.rest.lists import ListView
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Your account")


class OwnProfileBody(Body):
    """What can be changed of one's own account."""

    username: Annotated[str, Field(max_length=128)] | None = None
    name: Annotated[str, Field(max_length=400)] | None = None
    locale: Annotated[str, Field(max_length=64)] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    picture_url: Annotated[str, Field(max_length=2048)] | None = None


class ChangePasswordBody(Body):
    """The password now, and the password to be."""

    current_password: (
        Annotated[str, Field(max_length=1024, description="Not needed by who has no password yet.")] | None
    ) = None
    new_password: Annotated[str, Field(max_length=1024)]


class OwnEmailBody(Body):
    """An address to add."""

    address: Annotated[str, Field(max_length=320)]


@operations.add("GET", "/v1/me", answer=OwnUserView, hot=True)
async def show(asked: Asked) -> Reply:
    """Show your account."""
    require(asked.actor, READ_ME)
    who = asked.who
    return asked.tagged(own_user_view(who.user, who.user_id), who.user.version)


@operations.add("PATCH", "/v1/me", answer=OwnUserView, problems=[problems.UsernameTaken, PreconditionFailed])
async def change(asked: Asked, body: OwnProfileBody) -> Reply:
    """Change your account.

    What is not sent stays; null empties. With `If-Match` the change is made only to the version that was read.
    """
    fields = body.model_dump(exclude_unset=True)
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await update_me(tx, fields, version=version)
        return asked.tagged(own_user_view(row), row.version)

    return await asked.write(use_case)


@operations.add(
    "DELETE", "/v1/me", status=204, problems=[problems.LastAdministrator, StepUpRequired, PreconditionFailed]
)
async def delete(asked: Asked) -> Reply:
    """Delete your account.

    All sessions end. An administrator can restore the account until its grace period ends.
    """
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        await delete_me(tx, version=version)
        return Reply(204, b"", (no_session_cookie(),))

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/password",
    status=204,
    problems=[CurrentPasswordWrong, TooManyAttempts, StepUpRequired, HashingBusy],
)
async def change_password(asked: Asked, body: ChangePasswordBody) -> Reply:
    """Change your password.

    All your other sessions end.
    """

    async def use_case(tx: Tx) -> Reply:
        await change_my_password(tx, current=body.current_password, new=body.new_password)
        return nothing()

    return await asked.write(use_case)


@operations.add("GET", "/v1/me/emails", answer=ListView[EmailView])
async def list_addresses(asked: Asked) -> Reply:
    """List your email addresses."""

    async def use_case(tx: Tx) -> Reply:
        rows = await list_emails(tx, asked.who.user.id)
        return reply({"items": [email_view(row) for row in rows], "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("POST", "/v1/me/emails", status=201, answer=EmailView, problems=[problems.EmailTaken, StepUpRequired])
async def add_address(asked: Asked, body: OwnEmailBody) -> Reply:
    """Add an email address."""

    async def use_case(tx: Tx) -> Reply:
        return reply(email_view(await add_email(tx, asked.who.user.id, body.address)), status=201)

    return await asked.write(use_case)


@operations.add(
    "DELETE",
    "/v1/me/emails/{email_id}",
    status=204,
    problems=[problems.EmailNotFound, problems.EmailIsPrimary, StepUpRequired],
)
async def remove_address(asked: Asked, email_id: str) -> Reply:
    """Remove an email address."""

    async def use_case(tx: Tx) -> Reply:
        await remove_email(tx, asked.who.user.id, find(EMAIL, email_id))
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/emails/{email_id}/make-primary",
    answer=EmailView,
    problems=[problems.EmailNotFound, problems.EmailNotVerified, StepUpRequired],
)
async def make_address_primary(asked: Asked, email_id: str) -> Reply:
    """Make a verified email address the primary one."""

    async def use_case(tx: Tx) -> Reply:
        return reply(email_view(await make_primary(tx, asked.who.user.id, find(EMAIL, email_id))))

    return await asked.write(use_case)


@operations.add("GET", "/v1/me/sessions", answer=ListView[SessionView])
async def list_sessions(asked: Asked) -> Reply:
    """List your open sessions."""

    async def use_case(tx: Tx) -> Reply:
        rows = await list_sessions_of(tx, asked.who.user.id)
        items = [session_view(row, current=asked.actor.session_id) for row in rows]
        return reply({"items": items, "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("DELETE", "/v1/me/sessions", status=204)
async def end_other_sessions(asked: Asked) -> Reply:
    """End all your other sessions."""

    async def use_case(tx: Tx) -> Reply:
        await end_sessions_of(tx, asked.who.user.id, except_id=asked.actor.session_id)
        return nothing()

    return await asked.write(use_case)


@operations.add("DELETE", "/v1/me/sessions/{session_id}", status=204, problems=[SessionNotFound])
async def end_one_session(asked: Asked, session_id: str) -> Reply:
    """End one of your sessions."""

    async def use_case(tx: Tx) -> Reply:
        await end_session_of(tx, asked.who.user.id, find(SESSION, session_id))
        return nothing()

    return await asked.write(use_case)


@operations.add("GET", "/v1/me/credentials", answer=ListView[CredentialView])
async def list_credentials(asked: Asked) -> Reply:
    """List what you can sign in with."""

    async def use_case(tx: Tx) -> Reply:
        items = await list_credentials_of(tx, asked.who.user.id)
        return reply({"items": items, "next_cursor": None, "has_more": False})

    return await asked.read(use_case)
