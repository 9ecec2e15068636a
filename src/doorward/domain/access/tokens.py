"""Access tokens: short-lived JWTs (RFC 9068) that name a session, which is looked up at every use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from doorward.domain.access.settings import TokensSettings
from doorward.domain.keys.ring import ring
from doorward.domain.sessions.assurance import assurance
from doorward.domain.sessions.settings import SessionsSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import SESSION, USER, encode
from doorward.kernel.secret import new_secret

KIND: Final = "at+jwt"
# The client of the REST API's own sign-in (RFC 9068 section 2.2 asks for one in every token).
FIRST_PARTY: Final = "doorward"


async def issue_access_token(
    tx: Tx, *, user_id: UUID, session_id: UUID, authenticated_at: datetime, methods: Sequence[str], ends_at: datetime
) -> tuple[str, int]:
    """A signed access token for a session, and its lifetime in seconds. ends_at: when the session ends; no token outlives it."""
    settings = tx.section(TokensSettings)
    lifetime = timedelta(seconds=tx.section(SessionsSettings).access_token_seconds)
    seconds = int(min(lifetime, ends_at - tx.now).total_seconds())
    signer = (await ring(tx)).signer(tx.now)
    issued = int(tx.now.timestamp())
    claims = {
        "iss": settings.issuer,
        "sub": encode(USER, user_id),
        "aud": settings.audience,
        "exp": issued + seconds,
        "iat": issued,
        "jti": new_secret()[:22],
        "sid": encode(SESSION, session_id),
        "client_id": FIRST_PARTY,
        "auth_time": int(authenticated_at.timestamp()),
        "amr": list(methods),
        "acr": assurance(methods),
    }
    return signer.sign(claims, KIND), seconds
