"""Exchange a refresh token for its successor (RFC 9700 section 4.14.2): rotation, a short grace, reuse detection."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from doorward.domain.sessions import store
from doorward.domain.sessions.events import RefreshTokenReused, SessionEnded, SessionRefreshed
from doorward.domain.sessions.problems import RefreshTokenInvalid, RefreshTokenReuse
from doorward.domain.sessions.refresh_token import RefreshToken, read_token, write_token
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.store import RotationRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import SESSION, encode
from doorward.kernel.secret import same


@dataclass(frozen=True, slots=True)
class Rotated:
    """A session after its refresh token was exchanged. refresh_token: the successor."""

    session: RotationRow
    refresh_token: str = field(repr=False)


def recognize(tx: Tx, text: str) -> RefreshToken:
    """A refresh token that we made. Raises RefreshTokenInvalid. Whether it may still be used, `rotate` decides."""
    token = read_token(tx.tools.stamper, text)
    if token is None:
        raise RefreshTokenInvalid
    return token


async def rotate(tx: Tx, token: RefreshToken, session: RotationRow) -> Rotated:
    """Exchanges the token. Raises RefreshTokenReuse, which ends the session, when it was exchanged before the grace time.

    session: the token's, as the caller read it together with the state of the account (see `access.refresh`). Raises
    RefreshTokenInvalid when it has ended.
    """
    idle = timedelta(seconds=tx.section(SessionsSettings).idle_seconds)
    if session.ended_at is not None or session.expires_at <= tx.now or session.last_used_at + idle <= tx.now:
        raise RefreshTokenInvalid
    successor = next(token.successors(tx.tools.sealer))
    origin = tx.actor.origin
    target = encode(SESSION, token.session_id)
    won = await tx.change_once(
        store.ROTATE,
        SessionRefreshed(user_id=session.user_id, target=target, generation=successor.generation),
        id=token.session_id,
        presented=token.stored,
        successor=successor.stored,
        now=tx.now,
        address=origin.address,
        user_agent=origin.user_agent[:512] if origin.user_agent else None,
    )
    if won is not None:
        return Rotated(session, write_token(tx.tools.stamper, successor))
    # Somebody was faster, or long before us. Look again: whatever spent this token is committed and cannot be undone.
    present = await tx.db.first(store.FOR_ROTATION, id=token.session_id)
    if present is None or present.ended_at is not None or present.expires_at <= tx.now:
        raise RefreshTokenInvalid
    grace = timedelta(seconds=tx.section(SessionsSettings).refresh_grace_seconds)
    in_grace = present.rotated_at is not None and tx.now - present.rotated_at <= grace
    if in_grace:
        for each in token.successors(tx.tools.sealer):
            if same(present.secret_hash, each.stored):
                return Rotated(present, write_token(tx.tools.stamper, each))
    await _end_family(tx, present, token)
    raise RefreshTokenReuse


async def _end_family(tx: Tx, session: RotationRow, token: RefreshToken) -> None:
    ended = await tx.db.first(store.END_ONE, id=session.id, user_id=session.user_id, now=tx.now, reason="token-reuse")
    target = encode(SESSION, session.id)
    tx.emit(RefreshTokenReused(user_id=session.user_id, target=target, generation=token.generation))
    if ended is not None:
        tx.emit(SessionEnded(user_id=session.user_id, target=target, reason="token-reuse"))
