"""What mails ask for: following links, verifying addresses, choosing a new password. And invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.invitations.invite import invite, list_invitations, revoke_invitation
from doorward.domain.invitations.problems import InvitationNotFound
from doorward.domain.invitations.views import InvitationView, invitation_view
from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import CodeWrong, LinkInvalid, LinkNeedsMore
from doorward.domain.recovery.ask import ask_recovery
from doorward.domain.recovery.begin import begin_recovery
from doorward.domain.recovery.problems import MailIsOff
from doorward.domain.recovery.reset import answer_recovery
from doorward.domain.risk.problems import ChallengeRequired, TooManyAttempts
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.views import PendingView
from doorward.domain.users import problems
from doorward.domain.verification.ask import ask_my_verification, ask_verification
from doorward.domain.verification.confirm import answer_verification
from doorward.infra.crypto.hashing import HashingBusy
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import EMAIL, INVITATION, USER, find
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.challenges import HEADER
from doorward.surfaces.rest.lists import Cursor, Limit, ListView, list_reply
from doorward.surfaces.rest.operation import Body, Operations, Query

operations: Final = Operations("Mail")

_Email = Annotated[str, Field(max_length=320, examples=["ada@example.com"])]
_Token = Annotated[str, Field(min_length=1, max_length=512, description="What the link carries as `token`.")]
_Code = Annotated[str, Field(max_length=64, description="The code of the mail.", examples=["31415926"])]


class LinkView(TypedDict):
    """What a link is for."""

    purpose: Annotated[str, Field(examples=["verify-email"])]
    needs: Annotated[
        Literal["confirm", "new-password", "sign-up", "sign-in"],
        Field(
            description="`confirm`: send it to POST /v1/links. `new-password`: answer the recovery under `attempt`. `sign-up`: send it as "
            "`invitation` to POST /v1/sign-up. `sign-in`: answer the sign-in that asked for it, in the browser that began it."
        ),
    ]
    attempt: Annotated[str | None, Field(description="Where it needs a new password: the recovery to answer.")]
    expires_at: datetime


class FollowedView(TypedDict):
    """A link that was followed."""

    status: Literal["done"]
    purpose: str


class LinkQuery(Query):
    """Which link."""

    token: _Token


class LinkBody(Body):
    """Which link."""

    token: _Token


class VerificationBody(Body):
    """The address to verify."""

    email: _Email


class CodeBody(Body):
    """The code of the mail."""

    code: _Code


class RecoveryBody(Body):
    """Whose password was forgotten."""

    identifier: Annotated[
        str, Field(min_length=1, max_length=320, description="An email address or a username.", examples=["ada"])
    ]


class RecoveryAnswersBody(Body):
    """The code or the link's token, and the new password."""

    code: _Code | None = None
    token: _Token | None = None
    new_password: Annotated[str, Field(max_length=1024)]


class RecoveryForBody(Body):
    """How to have somebody choose a new password."""

    end_sessions: Annotated[bool, Field(description="Whether everybody is signed out of the account at once.")] = False


class InvitationBody(Body):
    """Whom to invite."""

    email: _Email
    roles: list[str] = Field(default=[], max_length=20, description="What they get with it.")
    locale: Annotated[str | None, Field(max_length=35, description="The language of the mail.", examples=["de"])] = None
    mail: Annotated[bool, Field(description="Off: no mail; the answer has the link, to hand over by hand.")] = True


class ListQuery(Query):
    """Which page."""

    limit: Limit = 50
    cursor: Cursor = None


def _pending(attempt: str, method: str) -> Reply:
    view: PendingView = {
        "status": "pending",
        "attempt": attempt,
        "prompts": [{"name": "code", "kind": "code", "method": method, "title": "Code from the mail"}],
    }
    return reply(view, status=202)


@operations.add("GET", "/v1/links", answer=LinkView, public=True, limit="recovery", problems=[LinkInvalid])
async def look(asked: Asked, query: LinkQuery) -> Reply:
    """See what a link is for.

    Looking spends nothing: mail scanners open every link. Links in mails lead here unless the operator named a page.
    """

    async def use_case(tx: Tx) -> Reply:
        found = await look_at_link(tx, query.token)
        view: LinkView = {
            "purpose": found.purpose,
            "needs": found.needs,
            "attempt": found.attempt,
            "expires_at": found.expires_at,
        }
        return reply(view)

    return await asked.read(use_case)


@operations.add(
    "POST",
    "/v1/links",
    answer=FollowedView,
    public=True,
    limit="recovery",
    keeps_answers=False,
    problems=[LinkInvalid, LinkNeedsMore],
)
async def follow(asked: Asked, body: LinkBody) -> Reply:
    """Follow a link that needs nothing but a yes.

    It verifies an address, takes a change back, unlocks an account or locks one down, and works once.
    """

    async def use_case(tx: Tx) -> Reply:
        view: FollowedView = {"status": "done", "purpose": await follow_link(tx, body.token)}
        return reply(view)

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/email-verifications",
    status=202,
    answer=PendingView,
    public=True,
    limit="recovery",
    keeps_answers=False,
    problems=[ChallengeRequired],
)
async def verify(asked: Asked, body: VerificationBody) -> Reply:
    """Have a mail sent that verifies an address.

    The same answer for addresses that are unknown or verified already; those get no mail.
    """

    async def use_case(tx: Tx) -> Reply:
        return _pending(
            await ask_verification(tx, body.email, challenge=asked.call.header(HEADER)), "email_verification"
        )

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/email-verifications/{verification}/answers",
    status=204,
    public=True,
    limit="recovery",
    keeps_answers=False,
    problems=[CodeWrong, LinkInvalid, TooManyAttempts],
)
async def answer_verification_(asked: Asked, verification: str, body: CodeBody) -> Reply:
    """Verify an address by its code."""

    async def use_case(tx: Tx) -> Reply:
        await answer_verification(tx, attempt=verification, code=body.code)
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/emails/{email_id}/verify",
    status=202,
    answer=PendingView,
    keeps_answers=False,
    problems=[problems.EmailNotFound],
)
async def verify_mine(asked: Asked, email_id: str) -> Reply:
    """Have a mail sent that verifies an address of yours."""

    async def use_case(tx: Tx) -> Reply:
        return _pending(await ask_my_verification(tx, find(EMAIL, email_id)), "email_verification")

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/recovery",
    status=202,
    answer=PendingView,
    public=True,
    limit="recovery",
    keeps_answers=False,
    problems=[ChallengeRequired],
)
async def recover(asked: Asked, body: RecoveryBody) -> Reply:
    """Ask for a new password.

    The same answer for identifiers that nobody has; those get no mail.
    """

    async def use_case(tx: Tx) -> Reply:
        return _pending(await ask_recovery(tx, body.identifier, challenge=asked.call.header(HEADER)), "recovery")

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/recovery/{recovery}/answers",
    status=204,
    public=True,
    limit="recovery",
    keeps_answers=False,
    problems=[CodeWrong, LinkInvalid, TooManyAttempts, problems.UserSuspended, problems.UserDeleted, HashingBusy],
)
async def answer_recovery_(asked: Asked, recovery: str, body: RecoveryAnswersBody) -> Reply:
    """Choose a new password, by the code or the link of the mail.

    All sessions end. Sign in with it afterwards; a second factor is asked for as before.
    """

    async def use_case(tx: Tx) -> Reply:
        await answer_recovery(tx, attempt=recovery, code=body.code, token=body.token, new_password=body.new_password)
        return nothing()

    return await asked.write(use_case)


_KEEP_SESSIONS: Final = RecoveryForBody()


@operations.add(
    "POST",
    "/v1/users/{user_id}/recovery",
    status=204,
    problems=[problems.UserNotFound, problems.UserSuspended, problems.UserDeleted, MailIsOff],
)
async def recover_for(asked: Asked, user_id: str, body: RecoveryForBody = _KEEP_SESSIONS) -> Reply:
    """Have a user choose a new password.

    A mail to the primary address has a link and a code, which nobody else sees. The present password works until then.
    """

    async def use_case(tx: Tx) -> Reply:
        await begin_recovery(tx, find(USER, user_id), ends_sessions=body.end_sessions)
        return nothing()

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/invitations",
    status=201,
    answer=InvitationView,
    problems=[problems.EmailTaken, RoleNotFound, RoleBuiltIn, StepUpRequired],
)
async def invite_(asked: Asked, body: InvitationBody) -> Reply:
    """Invite somebody to make an account.

    An earlier invitation to the same address ends.
    """

    async def use_case(tx: Tx) -> Reply:
        made = await invite(tx, body.email, roles=body.roles, locale=body.locale, by_mail=body.mail)
        return reply(invitation_view(made.row, made.link), status=201)

    return await asked.write(use_case)


@operations.add("GET", "/v1/invitations", answer=ListView[InvitationView])
async def invited(asked: Asked, query: ListQuery) -> Reply:
    """List open invitations, newest first."""

    async def use_case(tx: Tx) -> Reply:
        return list_reply(await list_invitations(tx, limit=query.limit, cursor=query.cursor), invitation_view)

    return await asked.read(use_case)


@operations.add("DELETE", "/v1/invitations/{invitation_id}", status=204, problems=[InvitationNotFound])
async def revoke(asked: Asked, invitation_id: str) -> Reply:
    """Take an invitation back."""

    async def use_case(tx: Tx) -> Reply:
        await revoke_invitation(tx, find(INVITATION, invitation_id))
        return nothing()

    return await asked.write(use_case)
