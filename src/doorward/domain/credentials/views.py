"""What is shown of credentials: never their data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.credentials.store import CredentialRow
from doorward.kernel.ids import CREDENTIAL, encode


class CredentialView(TypedDict):
    """A credential as its owner sees it."""

    id: str
    method: str
    label: str | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    details: NotRequired[
        Annotated[dict[str, Any], Field(description="What its kind has to say, such as whether a passkey is synced.")]
    ]


def credential_view(row: CredentialRow) -> CredentialView:
    """A credential as it is shown."""
    return {
        "id": encode(CREDENTIAL, row.id),
        "method": row.method,
        "label": row.label,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_used_at": row.last_used_at,
    }
