"""What a user sees of their own account beside the account itself."""

from __future__ import annotations

from doorward.domain.credentials.keep import credentials_of
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.users.permissions import READ_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require


async def list_my_credentials(tx: Tx) -> list[CredentialRow]:
    """What one can sign in with, oldest first."""
    require(tx.actor, READ_ME)
    if tx.actor.user_id is None:
        raise UserNotFound
    return await credentials_of(tx, tx.actor.user_id)
