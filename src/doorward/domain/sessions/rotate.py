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
from doorward.infra.outbox.recorded import Recorded
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


async def rotate(tx: Tx, token: RefreshToken, query: Recorded[RotationRow]) -> Rotated | None:
    """Exchanges the token, if it is unspent and nothing stands in its way; None, and nothing was changed, if not.

    query: `store.rotation` with what it asks of the account (see `access.store`).
    """
    successor = next(token.successors(tx.tools.sealer))
    origin = tx.actor.origin
    rotated = await tx.change_once(
        query,
        SessionRefreshed(target=encode(SESSION, token.session_id), generation=successor.generation),
        id=token.session_id,
        presented=token.stored,
        successor=successor.stored,
        now=tx.now,
        idle=tx.now - timedelta(seconds=tx.section(SessionsSettings).idle_seconds),
        address=origin.address,
        user_agent=origin.user_agent[:512] if origin.user_agent else None,
    )
    return None if rotated is None else Rotated(rotated, write_token(tx.tools.stamper, successor))


async def answer_spent(tx: Tx, token: RefreshToken, session: RotationRow) -> Rotated | None:
    """What a token gets that could not be exchanged: within the grace time its successor again, and None if it is unspent.

    session: the token's, as it was read after that. Raises RefreshTokenInvalid when it has ended, and RefreshTokenReuse,
    which ends the session, when the token was exchanged before the grace time.
    """
    settings = tx.section(SessionsSettings)
    idle = timedelta(seconds=settings.idle_seconds)
    if session.ended_at is not None or session.expires_at <= tx.now or session.last_used_at + idle <= tx.now:
        raise RefreshTokenInvalid
    if same(session.secret_hash, token.stored):
        return None
    # Somebody was faster, or long before us: whatever spent this token is committed and cannot be undone.
    grace = timedelta(seconds=settings.refresh_grace_seconds)
    if session.rotated_at is not None and tx.now - session.rotated_at <= grace:
        for each in token.successors(tx.tools.sealer):
            if same(session.secret_hash, each.stored):
                return Rotated(session, write_token(tx.tools.stamper, each))
    await _end_family(tx, session, token)
    raise RefreshTokenReuse


async def _end_family(tx: Tx, session: RotationRow, token: RefreshToken) -> None:
    ended = await tx.db.first(store.END_ONE, id=session.id, user_id=session.user_id, now=tx.now, reason="token-reuse")
    target = encode(SESSION, session.id)
    tx.emit(RefreshTokenReused(user_id=session.user_id, target=target, generation=token.generation))
    if ended is not None:
        tx.emit(SessionEnded(user_id=session.user_id, target=target, reason="token-reuse"))
