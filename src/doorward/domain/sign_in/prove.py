"""Ask the methods whether the answers prove anything."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.methods.method import Methods, Proof
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import FieldError, InvalidInput


async def prove(tx: Tx, user_id: UUID | None, answers: dict[str, str]) -> Proof | None:
    """The proof of the first method whose prompt was answered. Raises InvalidInput when no method asked for such answers."""
    for method in tx.tools.hold(Methods).all:
        if any(prompt.name in answers for prompt in method.prompts()):
            return await method.prove(tx, user_id, answers)
    raise InvalidInput(
        FieldError("/answers", "answers-unknown", "Answer one of the prompts, under the name that the prompt has.")
    )
