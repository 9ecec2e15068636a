"""Who is asking: the token or cookie verified in full, and session, account and permissions read fresh each time.

So a suspended, deleted or signed-out user is out with the commit of that change, whatever their tokens say.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from doorward.domain.access import store
from doorward.domain.access.settings import TokensSettings
from doorward.domain.access.store import AccessRow
from doorward.domain.access.tokens import KIND
from doorward.domain.keys.ring import KeyRing
from doorward.domain.roles.rules import MEMBER_PERMISSIONS
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.touch import touch_session
from doorward.domain.users.gate import is_usable
from doorward.domain.users.store import UserRow
from doorward.infra.crypto.signing import KeyUnknown, TokenInvalid
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, anonymous
from doorward.kernel.ids import SESSION, USER, decode, encode
from doorward.kernel.problem import Unauthenticated
from doorward.kernel.secret import fingerprint

_REQUIRED: Final = ("sub", "sid", "iat", "client_id")
_LONGEST_COOKIE: Final = 256
# On whose behalf is read who it is.
_NOBODY: Final = anonymous()


class Identity(NamedTuple):
    """Somebody who is signed in. user_id: as it is written outside."""

    actor: Actor
    user_id: str
    user: UserRow
    session: AccessRow


async def authenticate_token(tools: Tools, token: str, origin: Origin) -> Identity:
    """The one who holds an access token. Raises Unauthenticated."""
    tx = tools.reader(_NOBODY)
    ring = tools.hold(KeyRing)
    if ring.is_fresh(tx):
        # Here, and not by `refresh`, for each coroutine costs its own.
        ring.hits += 1
    else:
        await ring.refresh(tx)
    try:
        try:
            claims = _verified(tx, ring, token)
        except KeyUnknown:
            # Another process may have made the key a moment ago, such as one that replaces a leaked key at once.
            if not await ring.look_again(tx):
                raise
            claims = _verified(tx, ring, token)
        session_id = decode(SESSION, claims["sid"])
    except (TokenInvalid, ValueError, TypeError, AttributeError):
        raise Unauthenticated(
            "The access token is not valid or has expired. Refresh it, or sign in again.", error="invalid_token"
        ) from None
    row = await tx.db.first(store.BY_SESSION, session_id=session_id)
    identity = _admit(tx, row, origin, subject=claims["sub"])
    if _is_due(tx, identity.session):
        await touch_session(tx.tools, identity.session.session_id)
    return identity


def _verified(tx: Tx, ring: KeyRing, token: str) -> dict[str, Any]:
    settings = tx.tools.section(TokensSettings)
    return ring.verifier.verify(
        token,
        typ=KIND,
        issuer=settings.issuer,
        audience=settings.audience,
        now=tx.now.timestamp(),
        leeway=settings.leeway_seconds,
        required=_REQUIRED,
    )


async def authenticate_cookie(tools: Tools, secret: str, origin: Origin) -> Identity:
    """The one whose browser holds a session cookie. Raises Unauthenticated."""
    if len(secret) > _LONGEST_COOKIE:
        raise Unauthenticated
    tx = tools.reader(_NOBODY)
    row = await tx.db.first(store.BY_COOKIE, secret_hash=fingerprint(secret))
    identity = _admit(tx, row, origin)
    if _is_due(tx, identity.session):
        await touch_session(tx.tools, identity.session.session_id)
    return identity


def _is_due(tx: Tx, row: AccessRow) -> bool:
    """Whether the use of the session is to be recorded: now and then is enough."""
    return (tx.now - row.last_used_at).total_seconds() >= tx.tools.section(SessionsSettings).touch_seconds


def _admit(tx: Tx, row: AccessRow | None, origin: Origin, *, subject: str | None = None) -> Identity:
    """The gate of every request: the session is open, is that of the subject if one is named, and the account may be used."""
    now = tx.now
    limits = tx.tools.section(SessionsSettings)
    if row is None:
        raise _ended()
    user = row.user
    user_id = encode(USER, user.id)
    if (
        subject not in (None, user_id)
        or row.session_ended_at is not None
        or row.session_expires_at <= now
        or (now - row.last_used_at).total_seconds() >= limits.idle_seconds
        or not is_usable(user.status, user.suspended_until, now)
    ):
        raise _ended()
    permissions = MEMBER_PERMISSIONS if row.permissions is None else MEMBER_PERMISSIONS.union(row.permissions.split())
    actor = Actor("user", user.id, row.session_id, permissions, row.authenticated_at, origin)
    return Identity(actor, user_id, user, row)


def _ended() -> Unauthenticated:
    return Unauthenticated("The session has ended. Sign in again.", error="invalid_token")
