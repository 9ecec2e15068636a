"""Resetting somebody's second factors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.factor_reset import begin_factor_reset, cancel_factor_reset
from doorward.domain.users import problems
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import USER, find
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Users")


class FactorResetBody(Body):
    """Why."""

    reason: Annotated[
        str, Field(max_length=2000, description="The user is told.", examples=["Lost phone, ticket 4711"])
    ]


class FactorResetView(TypedDict):
    """A reset that was begun."""

    applies_at: Annotated[datetime, Field(description="Until then the user can take it back.")]


@operations.add(
    "POST",
    "/v1/users/{user_id}/factor-reset",
    status=202,
    answer=FactorResetView,
    problems=[problems.UserNotFound, StepUpRequired],
)
async def begin(asked: Asked, user_id: str, body: FactorResetBody) -> Reply:
    """Begin to reset a user's second factors.

    Every address of the user is told, with a link that takes it back. It takes place after a delay.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply({"applies_at": await begin_factor_reset(tx, find(USER, user_id), reason=body.reason)}, status=202)

    return await asked.write(use_case)


@operations.add("DELETE", "/v1/users/{user_id}/factor-reset", status=204, problems=[problems.UserNotFound])
async def cancel(asked: Asked, user_id: str) -> Reply:
    """Take the reset of a user's second factors back."""

    async def use_case(tx: Tx) -> Reply:
        await cancel_factor_reset(tx, find(USER, user_id))
        return nothing()

    return await asked.write(use_case)
