"""A new access token for a refresh token, and the refresh token's successor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from doorward.domain.access import store
from doorward.domain.access.tokens import issue_access_token
from doorward.domain.sessions.problems import RefreshTokenInvalid
from doorward.domain.sessions.refresh_token import RefreshToken
from doorward.domain.sessions.rotate import Rotated, answer_spent, recognize, rotate
from doorward.domain.users.gate import is_usable
from doorward.infra.database.unit_of_work import Tx

# Once for the reason, and once more for whoever was overtaken right after it and has the grace time.
_LOOKS: Final = 2


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A pair of new tokens. expires_in: seconds until the access token ends."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int = 0


async def refresh_tokens(tx: Tx, refresh_token: str) -> Refreshed:
    """Exchanges a refresh token. Raises RefreshTokenInvalid, or RefreshTokenReuse, which ends the session."""
    token = recognize(tx, refresh_token)
    rotated = await rotate(tx, token, store.ROTATE) or await _explained(tx, token)
    access_token, expires_in = await issue_access_token(
        tx,
        user_id=rotated.session.user_id,
        session_id=rotated.session.id,
        authenticated_at=rotated.session.authenticated_at,
        methods=rotated.session.methods,
        ends_at=rotated.session.expires_at,
    )
    return Refreshed(access_token, rotated.refresh_token, expires_in)


async def _explained(tx: Tx, token: RefreshToken) -> Rotated:
    """Why a token could not be exchanged: raises that, unless it is answered all the same."""
    for _ in range(_LOOKS):
        found = await tx.db.first(store.REFRESHING, id=token.session_id)
        if found is None or not is_usable(found.status, found.suspended_until, tx.now):
            raise RefreshTokenInvalid
        # Where it is unspent, what stood in the way at that moment is gone, such as a suspension.
        rotated = await answer_spent(tx, token, found.session) or await rotate(tx, token, store.ROTATE)
        if rotated is not None:
            return rotated
    raise RefreshTokenInvalid
