"""What is shown of sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.sessions.assurance import Assurance, assurance
from doorward.domain.sessions.device import device_name
from doorward.domain.sessions.store import SessionRow
from doorward.kernel.ids import SESSION, encode


class SessionView(TypedDict):
    """A session."""

    id: Annotated[str, Field(examples=["ses_01h455vb4pex5vsknk084sn02q"])]
    kind: Annotated[str, Field(description="`cookie` for a browser, `token` for a program.")]
    device: Annotated[str, Field(examples=["Chrome on Linux"])]
    address: Annotated[str | None, Field(description="The IP address it was started or last refreshed from.")]
    current: Annotated[bool, Field(description="Whether it is the session that asks.")]
    methods: Annotated[
        list[str], Field(description="How the user signed in (RFC 8176).", examples=[["pwd", "otp", "mfa"]])
    ]
    acr: Annotated[Assurance, Field(description="`aal2` after two factors of different kinds (SP 800-63B).")]
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    expires_at: datetime


def session_view(row: SessionRow, *, current: UUID | None = None) -> SessionView:
    """A session as it is shown. current: the id of the session that asks."""
    return {
        "id": encode(SESSION, row.id),
        "kind": row.kind,
        "device": device_name(row.user_agent),
        "address": row.address,
        "current": row.id == current,
        "methods": row.methods,
        "acr": assurance(row.methods),
        "created_at": row.created_at,
        "authenticated_at": row.authenticated_at,
        "last_used_at": row.last_used_at,
        "expires_at": row.expires_at,
    }
