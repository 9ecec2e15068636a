"""What people sign in with: passkeys added, and credentials of every kind renamed and removed."""

from __future__ import annotations

from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.credentials.problems import CredentialNotFound, CredentialNotRemovable, LastCredential
from doorward.domain.credentials.views import CredentialView
from doorward.domain.methods.credentials import (
    list_credentials_of,
    rename_my_credential,
    show_credential,
)
from doorward.domain.methods.passkey.enroll import add_passkey, begin_adding
from doorward.domain.methods.passkey.problems import PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.remove_factor import remove_factor
from doorward.domain.users import problems
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import CREDENTIAL, USER, find
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.lists import ListView
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Credentials")

_Label = Annotated[str, Field(max_length=256, description="A name to know it by.", examples=["Work laptop"])]


class NewPasskeyBody(Body):
    """The passkey that the browser made."""

    credential: Annotated[
        dict[str, Any],
        Field(max_length=20, description="What `navigator.credentials.create` gave, by its `toJSON()`."),
    ]
    label: _Label | None = None


class LabelBody(Body):
    """Another name."""

    label: _Label


class PasskeyOptionsView(TypedDict):
    """What to ask the browser for."""

    options: Annotated[
        dict[str, Any],
        Field(
            description="For `navigator.credentials.create({publicKey})`, by `PublicKeyCredential.parseCreationOptionsFromJSON`."
        ),
    ]


class SignalView(TypedDict):
    """What remains; for `PublicKeyCredential.signalAllAcceptedCredentials`."""

    rpId: str
    userId: str
    allAcceptedCredentialIds: list[str]


class RemovedView(TypedDict):
    """A credential was removed."""

    signal: NotRequired[Annotated[SignalView, Field(description="Of passkeys: lets the browser forget it too.")]]


@operations.add(
    "POST",
    "/v1/me/passkeys/options",
    answer=PasskeyOptionsView,
    keeps_answers=False,
    problems=[TooManyPasskeys, StepUpRequired],
)
async def passkey_options(asked: Asked) -> Reply:
    """Ask for the options to make a passkey.

    They serve once, in this session, for ten minutes unless set otherwise.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply({"options": await begin_adding(tx)})

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/passkeys",
    status=201,
    answer=CredentialView,
    problems=[PasskeyNotAccepted, PasskeyTaken, TooManyPasskeys, StepUpRequired],
)
async def add(asked: Asked, body: NewPasskeyBody) -> Reply:
    """Add the passkey that the browser made."""

    async def use_case(tx: Tx) -> Reply:
        row = await add_passkey(tx, body.credential, label=body.label)
        return reply(await show_credential(tx, row.user_id, row.id), status=201)

    return await asked.write(use_case)


@operations.add(
    "PATCH",
    "/v1/me/credentials/{credential_id}",
    answer=CredentialView,
    problems=[CredentialNotFound, CredentialNotRemovable],
)
async def rename(asked: Asked, credential_id: str, body: LabelBody) -> Reply:
    """Rename a credential."""

    async def use_case(tx: Tx) -> Reply:
        return reply(await rename_my_credential(tx, find(CREDENTIAL, credential_id), body.label))

    return await asked.write(use_case)


@operations.add(
    "DELETE",
    "/v1/me/credentials/{credential_id}",
    answer=RemovedView,
    problems=[CredentialNotFound, CredentialNotRemovable, LastCredential, StepUpRequired],
)
async def remove(asked: Asked, credential_id: str) -> Reply:
    """Remove a credential. The last way to sign in stays."""

    async def use_case(tx: Tx) -> Reply:
        return reply(await remove_factor(tx, asked.who.user.id, find(CREDENTIAL, credential_id)))

    return await asked.write(use_case)


@operations.add(
    "GET", "/v1/users/{user_id}/credentials", answer=ListView[CredentialView], problems=[problems.UserNotFound]
)
async def list_of_user(asked: Asked, user_id: str) -> Reply:
    """List what a user signs in with."""

    async def use_case(tx: Tx) -> Reply:
        items = await list_credentials_of(tx, find(USER, user_id))
        return reply({"items": items, "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add(
    "DELETE",
    "/v1/users/{user_id}/credentials/{credential_id}",
    answer=RemovedView,
    problems=[problems.UserNotFound, CredentialNotFound, CredentialNotRemovable, LastCredential, StepUpRequired],
)
async def remove_of_user(asked: Asked, user_id: str, credential_id: str) -> Reply:
    """Remove a credential of a user, such as a lost passkey.

    Their last way to sign in stays, and their last second factor: that is a factor reset.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply(await remove_factor(tx, find(USER, user_id), find(CREDENTIAL, credential_id)))

    return await asked.write(use_case)
