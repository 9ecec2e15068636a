"""Signing up, signing in, refreshing, signing out."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from doorward.domain.access.refresh import refresh_tokens
from doorward.domain.methods.passkey.problems import PasskeyNotAccepted, PasskeyTaken
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.risk.devices import Client
from doorward.domain.risk.problems import ChallengeRequired, TooManyAttempts
from doorward.domain.sessions.problems import RefreshTokenInvalid, RefreshTokenReuse, SessionNotFound
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.views import CompleteView, PendingView, TokensView, outcome_view
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.sign_up.sign_up import answer_sign_up, sign_up
from doorward.domain.users import problems
from doorward.domain.users.sessions import end_session_of
from doorward.domain.users.views import OwnUserView, own_user_view
from doorward.infra.crypto.hashing import HashingBusy
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.challenges import HEADER
from doorward.surfaces.rest.cookies import device_cookie, no_session_cookie, read_device_cookie, session_cookie
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Signing in")

_Password = Annotated[str, Field(max_length=1024)]
_Transport = Annotated[
    Literal["token", "cookie"],
    Field(description="`token`: the answer carries tokens. `cookie`: it sets the session cookie, for browsers."),
]


_DeviceToken = Annotated[
    str,
    Field(
        max_length=128,
        description="What an earlier sign-in from this device answered, or an empty text from an app that would keep one. "
        "Browsers have a cookie for it.",
    ),
]


class SignUpBody(Body):
    """A new account."""

    email: Annotated[str, Field(max_length=320, examples=["ada@example.com"])]
    password: (
        Annotated[
            str,
            Field(
                max_length=1024,
                description="Left out to sign up with a passkey.",
                examples=["correct staple battery 9"],
            ),
        ]
        | None
    ) = None
    username: Annotated[str, Field(max_length=128, examples=["ada"])] | None = None
    name: Annotated[str, Field(max_length=400, examples=["Ada Lovelace"])] | None = None
    invitation: Annotated[str, Field(max_length=512, description="The token of an invitation's link.")] | None = None


class SignInBody(Body):
    """Who, and if it is known already the password."""

    identifier: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=320,
                description="An email address or a username; left out where a passkey says who it is.",
                examples=["ada"],
            ),
        ]
        | None
    ) = None
    password: _Password | None = None
    transport: _Transport = "token"
    device_token: _DeviceToken | None = None


class Answers(Body):
    """Answers to prompts, by their names."""

    answers: Annotated[dict[str, _Password | dict[str, Any]], Field(max_length=10, examples=[{"password": "…"}])]


class AnswersBody(Answers):
    """Answers to prompts, by their names, and how to go on."""

    transport: _Transport = "token"
    device_token: _DeviceToken | None = None
    trust_device: Annotated[
        bool, Field(description="Whether to ask for no second factor on this device for some days.")
    ] = False


class RefreshBody(Body):
    """The newest refresh token of a session."""

    refresh_token: Annotated[str, Field(max_length=1024)]


@operations.add(
    "POST",
    "/v1/sign-up",
    status=201,
    answer=OwnUserView,
    public=True,
    limit="sign_up",
    problems=[SignUpClosed, ChallengeRequired, LinkInvalid, problems.UsernameTaken, problems.EmailTaken, HashingBusy],
)
async def sign_up_(asked: Asked, body: SignUpBody) -> Reply:
    """Sign up.

    Without a password the answer is 202 with a prompt for a passkey; answering it makes the account and signs in. Where
    the operator hides which addresses have accounts, the answer is 202 with a pending sign-in to carry on; where they must be
    verified too, with a prompt for the code of the mail, and entering that makes the account and signs in.
    """
    fields = body.model_dump(exclude={"password", "invitation"}, exclude_unset=True)

    async def use_case(tx: Tx) -> Reply:
        made = await sign_up(
            tx,
            fields,
            password=body.password,
            invitation=body.invitation,
            challenge=asked.call.header(HEADER),
        )
        if isinstance(made, Pending):
            return reply(outcome_view(made), status=202)
        return reply(own_user_view(made), status=201)

    return await asked.write(use_case)


def _client(asked: Asked, body: SignInBody | AnswersBody) -> Client:
    """The device that asks."""
    trust = isinstance(body, AnswersBody) and body.trust_device
    if body.transport == "cookie":
        return Client(read_device_cookie(asked.call), keeps=True, trust=trust)
    return Client(body.device_token, keeps=body.device_token is not None or trust, trust=trust)


def outcome_reply(outcome: Complete | Pending) -> Reply:
    """The outcome of signing in, with the cookie that belongs to it."""
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(outcome, Complete) and outcome.cookie is not None:
        session = outcome.session
        headers = (session_cookie(outcome.cookie, now=session.created_at, ends_at=session.expires_at),)
        if outcome.device_secret is not None:
            headers = (*headers, device_cookie(outcome.device_secret))
    return reply(outcome_view(outcome), headers=headers)


@operations.add(
    "POST",
    "/v1/sign-in",
    answer=CompleteView | PendingView,
    public=True,
    limit="sign_in",
    hot=True,
    keeps_answers=False,
    problems=[SignInFailed, TooManyAttempts, problems.UserSuspended, problems.UserDeleted, HashingBusy],
)
async def begin(asked: Asked, body: SignInBody) -> Reply:
    """Sign in.

    With the password the answer is `complete`; without it, `pending` with what to ask for. The same for known and
    unknown identifiers.
    """

    async def use_case(tx: Tx) -> Reply:
        return outcome_reply(
            await begin_sign_in(
                tx, identifier=body.identifier, password=body.password, kind=body.transport, client=_client(asked, body)
            )
        )

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/sign-in/{attempt}/answers",
    answer=CompleteView | PendingView,
    public=True,
    limit="sign_in",
    keeps_answers=False,
    problems=[
        SignInFailed,
        AttemptInvalid,
        TooManyAttempts,
        LinkInvalid,
        SignUpClosed,
        PasskeyNotAccepted,
        PasskeyTaken,
        problems.EmailTaken,
        problems.UsernameTaken,
        problems.UserSuspended,
        problems.UserDeleted,
        HashingBusy,
    ],
)
async def answer(asked: Asked, attempt: str, body: AnswersBody) -> Reply:
    """Carry on signing in."""

    async def use_case(tx: Tx) -> Reply:
        return outcome_reply(
            await answer_sign_up(
                tx, attempt=attempt, answers=body.answers, kind=body.transport, client=_client(asked, body)
            )
        )

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/tokens/refresh",
    answer=TokensView,
    public=True,
    limit="refresh",
    hot=True,
    keeps_answers=False,
    problems=[RefreshTokenInvalid, RefreshTokenReuse],
)
async def refresh(asked: Asked, body: RefreshBody) -> Reply:
    """Refresh your tokens.

    The refresh token is replaced each time. Using one again after a short grace time ends the session.
    """

    async def use_case(tx: Tx) -> Reply:
        refreshed = await refresh_tokens(tx, body.refresh_token)
        return reply(
            {
                "access_token": refreshed.access_token,
                "refresh_token": refreshed.refresh_token,
                "token_type": "Bearer",
                "expires_in": refreshed.expires_in,
            }
        )

    return await asked.write(use_case)


@operations.add("POST", "/v1/sign-out", status=204, keeps_answers=False, problems=[SessionNotFound])
async def sign_out(asked: Asked) -> Reply:
    """Sign out: end this session and everything that was handed out for it."""

    async def use_case(tx: Tx) -> Reply:
        await end_session_of(tx, asked.who.user.id, asked.who.session.session_id)
        return Reply(204, b"", (no_session_cookie(),))

    return await asked.write(use_case)
