"""Remove a credential under the rules for second factors, which what is left must still meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from doorward.domain.credentials.events import FactorRemoved
from doorward.domain.credentials.keep import credentials_of, remove_credentials
from doorward.domain.credentials.problems import LastCredential
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.credentials import remove_credential_of
from doorward.domain.methods.recovery_code.codes import NAME as RECOVERY_CODE
from doorward.domain.sign_in.standing import at_least_two, factors_of, second_factor_for
from doorward.infra.database.unit_of_work import Tx


async def remove_factor(tx: Tx, user_id: UUID, credential_id: UUID) -> Mapping[str, Any]:
    """Removes a credential; answers what the client does about it. Recovery codes go with the last factor they stand in for.

    Raises CredentialNotFound, CredentialNotRemovable, LastCredential, StepUpRequired or Forbidden.
    """
    # It asks for permission first, and holds the user's row; a refusal here takes its change back.
    answer = await remove_credential_of(tx, user_id, credential_id)
    left = factors_of(tx, await credentials_of(tx, user_id))
    lasting = [row for row in left if row.method != RECOVERY_CODE]
    if tx.actor.user_id == user_id:
        await _require_enough(tx, user_id, left, lasting)
    if left and not lasting:
        if tx.actor.user_id != user_id:
            raise LastCredential(
                "It is the only second factor. An administrator resets factors with a reason and a delay."
            )
        await remove_credentials(tx, user_id, RECOVERY_CODE)
        tx.emit(FactorRemoved(user_id=user_id, method=RECOVERY_CODE))
    return answer


async def _require_enough(
    tx: Tx, user_id: UUID, left: Sequence[CredentialRow], lasting: Sequence[CredentialRow]
) -> None:
    if not lasting and await second_factor_for(tx, user_id) == "required":
        raise LastCredential("A second factor is required here. Set up another one first.")
    if len(left) == 1 and at_least_two(tx):
        raise LastCredential("At least two authenticators are asked for here. Set up another one first.")
