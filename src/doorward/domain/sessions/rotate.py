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
class Presented:
    """A refresh token that we made, and the session it belongs to."""

    token: RefreshToken
    session: RotationRow


@dataclass(frozen=True, slots=True)
class Rotated:
    """A session after its refresh token was exchanged. refresh_token: the successor."""

    session: RotationRow
    refresh_token: str = field(repr=False)


async def recognize(tx: Tx, text: str) -> Presented:
    """Finds the session of a refresh token. Raises RefreshTokenInvalid. Whether it may still be used, `rotate` decides."""
    token = read_token(tx.tools.stamper, text)
    if token is None:
        raise RefreshTokenInvalid
    session = await tx.db.first(store.FOR_ROTATION, id=token.session_id)
    if session is None or session.ended_at is not None:
        raise RefreshTokenInvalid
    limits = tx.section(SessionsSettings)
    if session.expires_at <= tx.now or session.last_used_at <= tx.now - timedelta(seconds=limits.idle_seconds):
        raise RefreshTokenInvalid
    return Presented(token, session)


async def rotate(tx: Tx, presented: Presented) -> Rotated:
    """Exchanges the token. Raises RefreshTokenReuse, which ends the session, when it was exchanged before the grace time.

    The user's state was asked in this transaction, or the caller's gate did it (see `access.refresh`).
    """
    token = presented.token
    successor = token.successor(tx.tools.sealer)
    origin = tx.actor.origin
    won = await tx.db.first(
        store.ROTATE,
        id=token.session_id,
        presented=token.stored,
        successor=successor.stored,
        now=tx.now,
        address=origin.address,
        user_agent=origin.user_agent[:512] if origin.user_agent else None,
    )
    if won is not None:
        tx.emit(
            SessionRefreshed(
                user_id=presented.session.user_id,
                target=encode(SESSION, token.session_id),
                generation=successor.generation,
            )
        )
        return Rotated(presented.session, write_token(tx.tools.stamper, successor))
    # Somebody was faster, or long before us. Look again: within this transaction the answer cannot change any more.
    session = await tx.db.first(store.FOR_ROTATION, id=token.session_id)
    if session is None or session.ended_at is not None or session.expires_at <= tx.now:
        raise RefreshTokenInvalid
    grace = timedelta(seconds=tx.section(SessionsSettings).refresh_grace_seconds)
    in_grace = session.rotated_at is not None and tx.now - session.rotated_at <= grace
    if in_grace and same(session.secret_hash, successor.stored):
        return Rotated(session, write_token(tx.tools.stamper, successor))
    await _end_family(tx, session, token)
    raise RefreshTokenReuse


async def _end_family(tx: Tx, session: RotationRow, token: RefreshToken) -> None:
    ended = await tx.db.first(store.END_ONE, id=session.id, user_id=session.user_id, now=tx.now, reason="token-reuse")
    target = encode(SESSION, session.id)
    tx.emit(RefreshTokenReused(user_id=session.user_id, target=target, generation=token.generation))
    if ended is not None:
        tx.emit(SessionEnded(user_id=session.user_id, target=target, reason="token-reuse"))
