"""What is shown of invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.invitations.store import InvitationRow
from doorward.kernel.ids import INVITATION, USER, encode


class InvitationView(TypedDict):
    """An open invitation."""

    id: Annotated[str, Field(examples=["inv_01h455vb4pex5vsknk084sn02q"])]
    email: str
    roles: list[str]
    invited_by: Annotated[str | None, Field(description="Who invited; null for the command line.")]
    created_at: datetime
    expires_at: datetime
    link: NotRequired[
        Annotated[str, Field(description="To hand over by hand, in the answer to making it, where no mail takes it.")]
    ]


def invitation_view(row: InvitationRow, link: str | None = None) -> InvitationView:
    """An invitation as it is shown. link: only to whoever has just made it."""
    view: InvitationView = {
        "id": encode(INVITATION, row.id),
        "email": row.address,
        "roles": list(row.roles),
        "invited_by": encode(USER, row.invited_by) if row.invited_by is not None else None,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }
    if link is not None:
        view["link"] = link
    return view
