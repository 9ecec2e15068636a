"""Why a sign-in was refused."""

from __future__ import annotations

from typing import Final

from doorward.domain.sign_in.explain import ExplanationView, SupportCodeNotFound, explain
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Operations

operations: Final = Operations("Audit")


@operations.add("GET", "/v1/support-codes/{support_code}", answer=ExplanationView, problems=[SupportCodeNotFound])
async def show(asked: Asked, support_code: str) -> Reply:
    """Explain a refused sign-in.

    The person was given a support code with the refusal, and nothing else of this.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply(await explain(tx, support_code))

    return await asked.read(use_case)
